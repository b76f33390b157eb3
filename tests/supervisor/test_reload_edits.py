"""A running job whose file is edited again and again: no row is lost, none is there twice, and each edit ends in one way."""

from __future__ import annotations

from dataclasses import dataclass

from runner.reload import ReloadState, Verdict
from runner.states import ExecutionState
from tests.supervisor.conftest import CopyJob
from tests.supervisor.watched_job import WatchedJob

S = ReloadState
INVALID = "env { job.mode = STREAMING\nsource {"


@dataclass(frozen=True)
class Edit:
    """What to save, where the file ends, and whether the execution is another one afterwards."""

    state: ReloadState
    fields: dict[str, object] | None = None
    restarts: bool = False


def edits() -> list[Edit]:
    """Twenty of them: invalid, live, scale and restart mixed, a breaking one and one that says the same in other words."""
    found: list[Edit] = []
    for number in range(4):
        found += [
            Edit(S.SYNCED, {"interval": 110 + number}),
            Edit(S.INVALID),
            Edit(S.SYNCED, {"fields": f"id = id, word = word{number}"}, restarts=True),
            Edit(S.SYNCED, {"workers": 2 - number % 2}),
        ]
    found[7:7] = [Edit(S.BLOCKED, {"rows": 50}), Edit(S.SYNCED, {})]
    found[12:12] = [Edit(S.SYNCED, {"settings": "restart.attempts = 7, restart.delay = 0"}), Edit(S.SYNCED, {})]
    return found


async def test_output_is_exact_across_twenty_edits_of_a_running_job(opened, directory):
    """Each edit ends where it should; with one saved during an upgrade too, every row is there once, and every content that was
    seen was applied, rejected or superseded."""
    copy = CopyJob(directory, mode="STREAMING", rows=200_000, files=4, rows_per_second=1500, interval=100)
    watched = WatchedJob(directory / "jobs", copy)
    async with opened(watched.directory, observing=0.1) as flow:
        record = await watched.reach(flow, S.SYNCED)
        current = copy
        for number, edit in enumerate(edits()):
            before = (await flow.service.job("copy")).execution
            if edit.fields is None:
                watched.save_text(INVALID)
            else:
                tried = current.but(**edit.fields)
                watched.save(tried, note=str(number))
                current = tried if edit.state is S.SYNCED else current
            record = await watched.reach(flow, edit.state, seen=record.observed_generation + 1)
            after = (await flow.service.job("copy")).execution
            assert (after.id != before.id) is edit.restarts, (edit, record)
        watched.save(current.but(fields="id = id, word = before"))
        async with flow.waiting():
            while watched.record(flow).state is not S.UPGRADING:
                await flow.a_moment()
        watched.save(current.but(fields="id = id, word = last", rows_per_second=None))
        await watched.reach(flow, S.SYNCED, seen=record.observed_generation + 2)
        await flow.reach("copy", ExecutionState.RUNNING)
        await flow.progressed("copy", copy.rows)
        assert copy.figures() == (copy.rows, copy.rows, copy.rows - 1)
        assert {"word0", "word3", "last"} <= {name for name, count in watched.words().items() if count}
        events = await watched.events(flow)
        seen = [event.data["observed_generation"] for event in events]
        assert seen == sorted(seen)
        assert None not in watched.verdicts(flow).values()
        assert set(watched.verdicts(flow).values()) >= {Verdict.APPLIED, Verdict.REJECTED}
        assert len(edits()) == 20
