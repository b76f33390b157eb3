"""The asynchronous client: the same verbs, many at a time, in an event loop that nothing blocks."""

import asyncio
import inspect
import subprocess
import sys

import pytest

from runner.async_client import AsyncClient
from runner.client import ApiError, Client, DaemonUnreachable, WaitTimeout
from runner.home import Home
from runner.requests import SavepointRequest, SubmitRequest
from runner.verbs import Verbs
from runner.verbs.verb import Described

VERBS = sorted(name for room in Verbs.__mro__ for name, value in vars(room).items() if isinstance(value, Described))


def test_both_clients_have_every_verb():
    """A verb is a method of each client, with the same signature and the same explanation."""
    assert len(VERBS) > 30
    home = Home("/nowhere")
    for name in VERBS:
        near, far = getattr(Client(home), name), getattr(AsyncClient(home), name)
        assert inspect.signature(near) == inspect.signature(far)
        assert "self" not in inspect.signature(near).parameters
        assert inspect.getdoc(near) == inspect.getdoc(far) == inspect.getdoc(getattr(Client, name))
        assert inspect.getdoc(near)


def test_the_asynchronous_part_costs_the_other_nothing():
    """Importing the blocking client imports no event loop."""
    code = "import sys, runner.client, flowdeck; print({'asyncio', 'h11', 'runner.async_client'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "set()"
    import flowdeck

    assert flowdeck.AsyncClient is AsyncClient


async def test_a_job_from_submit_to_its_end(daemon, tmp_path, stream_text):
    """Submit, wait, savepoint, stop, delete."""
    (tmp_path / "job.conf").write_text(stream_text.replace('"stream"', '"asynchronous"'))
    request = SubmitRequest(text=(tmp_path / "job.conf").read_text(), file=str(tmp_path / "job.conf"))
    async with await AsyncClient.connect(daemon.home, start=False) as client:
        job = await client.submit(request)
        running = await client.wait_until(job.id, daemon.is_running, 30)
        assert running.name == "asynchronous"
        savepoint = await client.savepoint(job.id, SavepointRequest(description="by a task"))
        assert savepoint.id in {entry.id for entry in await client.savepoints(job.id)}
        await client.stop(job.id)
        stopped = await client.wait_until(job.id, daemon.is_over, 30)
        assert stopped.execution.savepoint_id is not None
        await client.delete(job.id)
        with pytest.raises(ApiError) as refused:
            await client.job(job.id)
    assert (refused.value.status, refused.value.code) == (404, "not-found")


async def test_many_calls_at_the_same_time(daemon, batch):
    """More calls than connections: each gets its own answer."""
    async with AsyncClient(daemon.home) as client:
        answers = await asyncio.gather(*(client.jobs(limit=number) for number in range(1, 60)), client.job(batch))
    assert answers[-1].id == batch
    assert all(len(page.jobs) == 1 for page in answers[:-1] if page.total == 1)


async def test_a_canceled_call_spoils_no_other(daemon, batch):
    """A task that gives up while its answer is under way leaves nothing that another could read."""
    async with AsyncClient(daemon.home) as client:
        for _ in range(10):
            task = asyncio.create_task(client.status())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            assert (await client.job(batch)).id == batch


async def test_events_arrive(daemon, tmp_path, batch_text):
    """What happens after the feed is open is seen, in order."""
    async with AsyncClient(daemon.home) as client, client.events(None) as feed:
        (tmp_path / "job.conf").write_text(batch_text.replace('"batch"', '"evented"'))
        job = await client.submit(SubmitRequest(text=(tmp_path / "job.conf").read_text(), file=str(tmp_path / "job.conf")))
        revisions = []
        async for event in feed:
            revisions.append(event.revision)
            if event.job_id == job.id and "FINISHED" in str(event.data) + event.message:
                break
        assert revisions == sorted(set(revisions))
        assert await feed.next_within(0.01) is None or not feed.ended


async def test_a_refused_feed_says_why(daemon):
    """The refusal of the stream is an ApiError."""
    with pytest.raises(ApiError):
        async with AsyncClient(daemon.home).events(-5):
            pass


async def test_waiting_is_bounded(daemon, batch):
    """wait_until gives up in time and says where the job stands."""
    async with AsyncClient(daemon.home) as client:
        with pytest.raises(WaitTimeout, match="FINISHED"):
            await client.wait_until(batch, lambda _job: False, 0.1)


async def test_no_daemon(tmp_path):
    """Without a daemon the error names the command that helps; so for a call and for events."""
    client = AsyncClient(Home(tmp_path / "home"))
    with pytest.raises(DaemonUnreachable, match="no daemon is running") as refused:
        await client.status()
    assert "flowdeck up" in refused.value.hint
    with pytest.raises(DaemonUnreachable, match="no daemon is running"):
        async with client.events(None):
            pass


async def test_a_client_survives_a_restart_of_the_daemon(fresh_daemon):
    """An idle connection to a daemon that has gone does not spoil the next call."""
    async with AsyncClient(fresh_daemon.home) as client:
        before = (await client.status()).pid
        assert await asyncio.to_thread(fresh_daemon.stop) == 0
        await asyncio.to_thread(fresh_daemon.start)
        assert (await client.status()).pid != before
