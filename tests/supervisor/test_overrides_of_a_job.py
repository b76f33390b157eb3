"""Restarts with overrides: the way of an upgrade, what is recorded, and what a later change of the file does with them."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from runner.home import Home
from runner.model import Event
from runner.requests import RestartRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, SpecInvalid

FINISHED, STOPPED, RUNNING = ExecutionState.FINISHED, ExecutionState.STOPPED, ExecutionState.RUNNING
FASTER = {"env.read_limit.rows_per_second": "1000000"}


async def test_a_running_job_goes_on_with_what_was_set(flow, copy):
    """Stopped with a savepoint, the new generation goes on from it; each row once; the generation says what was set."""
    await flow.service.submit(copy.request())
    before = await flow.progressed("copy")
    job = await flow.service.restart("copy", RestartRequest(overrides=FASTER))
    assert (job.generation, job.overrides) == (2, FASTER)
    await flow.reach("copy", FINISHED)
    copy.assert_exact()
    first, second = await flow.service.generations("copy")
    assert (first.overrides, second.overrides) == ({}, FASTER)
    assert second.spec["env"]["rows_per_second"] == 1_000_000
    assert second.text == first.text
    old = await flow.service.execution(before.execution.id)
    assert (old.state, old.savepoint_id) == (STOPPED, (await flow.service.job("copy")).execution.restored_from)


async def test_overrides_stay_and_add_up_until_the_file_is_submitted(flow, copy):
    """A plain restart keeps them, another one adds to them, the same again makes no generation, a submit ends them."""
    small = copy.but(rows=10)
    await flow.service.submit(small.request())
    await flow.reach("copy", FINISHED)
    steps = ((FASTER, 2), ({}, 2), (FASTER, 2), ({"transform.0.field_mapper.word": "other"}, 3))
    for overrides, generation in steps:
        request = RestartRequest(restore="none", overrides=overrides)
        assert (await flow.service.restart("copy", request)).generation == generation
        await flow.reach("copy", FINISHED)
    assert set((await flow.service.job("copy")).overrides) == {*FASTER, "transform.0.field_mapper.word"}
    job = await flow.service.submit(small.request())
    assert (job.generation, job.overrides) == (4, {})
    await flow.reach("copy", FINISHED)


async def test_what_cannot_be_is_refused_before_anything_is_stopped(flow, copy):
    """Unknown options, wrong values, and what would misread the positions: the same execution runs on."""
    await flow.service.submit(copy.request())
    before = await flow.progressed("copy")
    with pytest.raises(SpecInvalid, match=r'--set sink\.0\.file_format_typ: unknown option "file_format_typ"') as refused:
        await flow.service.restart("copy", RestartRequest(overrides={"sink.0.file_format_typ": "csv"}))
    assert 'did you mean "file_format_type"' in refused.value.hint
    with pytest.raises(SpecInvalid, match="parallelism"):
        await flow.service.restart("copy", RestartRequest(overrides={"env.parallelism": "none"}))
    with pytest.raises(Conflict, match=r"source\.numbers\.path"):
        await flow.service.restart("copy", RestartRequest(overrides={"source.numbers.path": str(copy.but(rows=5).source)}))
    after = await flow.service.job("copy")
    assert (after.execution.id, after.generation, after.overrides) == (before.execution.id, 1, {})
    await flow.service.stop("copy", StopRequest())


async def test_a_generation_that_does_not_start_is_rolled_back(flow, copy, directory):
    """The old one goes on from the savepoint, and what was set is gone with the new one."""
    (directory / "a-file").write_text("no directory")
    await flow.service.submit(copy.but(mode="STREAMING").request())
    await flow.progressed("copy")
    with pytest.raises(Conflict, match="rolled back to generation 1"):
        await flow.service.restart("copy", RestartRequest(overrides={"sink.0.path": f'"{directory}/a-file/below"'}))
    await flow.reach("copy", RUNNING)
    job = await flow.service.job("copy")
    assert (job.generation, job.overrides) == (1, {})
    told = [event.message for event in await flow.service.observation.events_since(0) if event.kind == "job.restart"]
    assert "rolled back" in told[-1]
    await flow.service.stop("copy", StopRequest())


DAEMON = """
import asyncio, os, signal, sys
import msgspec
from runner.home import Home
from runner.model import Event
from runner.requests import RestartRequest, SubmitRequest
from runner.supervisor.supervisor import Supervisor

async def main():
    async with Supervisor.open(Home(sys.argv[1])) as supervisor:
        with supervisor.service.observation.subscribe() as events:
            await supervisor.service.submit(msgspec.json.decode(sys.argv[2], type=SubmitRequest))
            restart = None
            async for event in events:
                if event.kind == "checkpoint.committed" and restart is None:
                    request = RestartRequest(restore="none", overrides={sys.argv[3]: sys.argv[4]})
                    restart = asyncio.create_task(supervisor.service.restart("copy", request))
                if event.kind == "execution.state" and event.data["state"] == "STOPPING":
                    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def killed_while_it_stops(home: Home, request: str) -> None:
    """Run a daemon with one job until it stops it for a restart with other values, then SIGKILL it."""
    command = [sys.executable, "-c", DAEMON, str(home.path), request, *next(iter(FASTER.items()))]
    assert subprocess.run(command, check=False, timeout=30).returncode == -9


async def test_what_was_set_survives_the_daemon(opened, home, copy):
    """Killed while it stops the job for a restart from the beginning with other values: the next one starts it with them."""
    fresh = copy.but(save_mode="DROP_DATA", rows_per_second=1000)  # it must not be over before it is stopped
    request = msgspec.json.encode(fresh.request()).decode()
    killed_while_it_stops(home, request)
    async with opened() as flow:
        job = await flow.until("copy", lambda job: job.generation == 2 and job.execution.state is FINISHED)
        assert (job.generation, job.overrides, job.restarting_as) == (2, FASTER, None)
        assert job.execution.restored_from is None
        fresh.assert_exact()


def is_a_later_look(event: Event) -> bool:
    """Whether it tells the end of a look at a content of the file that is not the first."""
    return event.data.get("outcome") == "synced" and event.data["observed_generation"] > 1


async def test_the_file_counts_again_once_it_means_something_else(opened, directory, copy):
    """A save that changes nothing, and the next daemon, leave what was set; a change of the file ends it, and says so."""
    stream = copy.but(mode="STREAMING", rows=1000)
    jobs = directory / "jobs"
    jobs.mkdir()
    (jobs / "copy.conf").write_text(stream.text())
    async with opened(jobs, observing=0.2) as flow:
        async with flow.waiting():
            while not (await flow.service.jobs())[1]:
                await flow.a_moment()
        await flow.progressed("copy")
        await flow.service.restart("copy", RestartRequest(overrides=FASTER))
        (jobs / "copy.conf").write_text(stream.text() + "# only a comment\n")
        async with flow.waiting():  # the second content of the file has been looked at, which waits for the restart
            while not any(map(is_a_later_look, await flow.service.observation.events_since(0))):
                await flow.a_moment()
        assert (await flow.service.job("copy")).overrides == FASTER
    async with opened(jobs, observing=0.2) as flow:
        await flow.reach("copy", RUNNING)
        before = await flow.service.job("copy")
        assert (before.generation, before.overrides) == (2, FASTER)
        (jobs / "copy.conf").write_text(stream.but(fields="id = id, word = changed").text())
        job = await flow.until("copy", lambda job: job.reload != before.reload and job.reload.outcome == "synced")
        assert (job.generation, job.overrides) == (3, {})
        assert "read_limit.rows_per_second" in job.reload.message
        await flow.service.stop("copy", StopRequest())
