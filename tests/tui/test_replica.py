"""The copy of the daemon's jobs: whatever the daemon tells, field by field, makes the copy equal to the original."""

from __future__ import annotations

from types import ModuleType

import msgspec
import pytest

from runner.model import Event, Job
from runner.supervisor.job_changes import change_event, fields_of
from tui.data.replica import Replica


def sent(event: Event) -> Event:
    """The event as it arrives."""
    return msgspec.json.decode(msgspec.json.encode(event), type=Event)


def snapshot(*jobs: Job, more: bool = False) -> Event:
    """The daemon tells the present state."""
    return sent(Event(revision=1, at=0.0, kind="snapshot", data={"jobs": list(jobs), "more": more}))


def told(before: Job | None, after: Job) -> Event:
    """The daemon tells what has changed."""
    known = fields_of(before) if before is not None else {}
    changes = {name: value for name, value in fields_of(after).items() if name not in known or known[name] != value}
    return sent(change_event(after, changes, 2))


def test_every_change_between_two_jobs_arrives(samples: ModuleType) -> None:
    """A job turns into each of the others under its id: with and without execution, checkpoint, error or reload."""
    jobs: list[Job] = samples.sample_jobs()
    turns = [*jobs, msgspec.structs.replace(jobs[0], execution=None, last_checkpoint=None), *jobs]
    replica = Replica()
    now = msgspec.structs.replace(turns[0], id="x")
    replica.hear(snapshot(now))
    for turn in turns[1:]:
        before, now = now, msgspec.structs.replace(turn, id="x")
        replica.hear(told(before, now))
        assert replica.jobs() == [now]


def test_it_is_complete_with_the_last_part(samples: ModuleType) -> None:
    """A large state comes in parts; only all of them are all jobs."""
    first, second, *_ = samples.sample_jobs()
    replica = Replica()
    assert not replica.hear(snapshot(first, more=True))
    assert not replica.complete
    assert replica.hear(snapshot(second))
    assert replica.complete
    assert {job.id: job for job in replica.jobs()} == {first.id: first, second.id: second}


def test_counters_alone_are_not_urgent(samples: ModuleType) -> None:
    """New counters wait for the next tick, another state does not; what did not change stays the same object."""
    job, other, *_ = samples.sample_jobs()
    replica = Replica()
    replica.hear(snapshot(job, other))
    before = {one.id: one for one in replica.jobs()}
    totals = msgspec.structs.replace(job.execution.totals, rows_in=job.execution.totals.rows_in + 1)
    counted = msgspec.structs.replace(job, execution=msgspec.structs.replace(job.execution, totals=totals))
    assert not replica.hear(told(job, counted))
    after = {one.id: one for one in replica.jobs()}
    assert after[job.id] == counted
    assert after[other.id] is before[other.id]
    assert replica.hear(told(counted, msgspec.structs.replace(counted, generation=99)))


@pytest.mark.parametrize("kind", ["job.deleted", "job.purged"])
def test_a_deleted_job_is_gone_until_all_of_it_is_told_again(kind: str, samples: ModuleType) -> None:
    """A part of a job that is not known makes no job."""
    job = samples.sample_jobs()[0]
    replica = Replica()
    replica.hear(snapshot(job))
    replica.hear(Event(revision=2, at=0.0, kind=kind, job_id=job.id))
    assert replica.jobs() == []
    replica.hear(sent(Event(revision=3, at=0.0, kind="job.changed", job_id=job.id, data={"changes": {"generation": 2}})))
    assert replica.jobs() == []
    replica.hear(told(job, msgspec.structs.replace(job, deleted_at=5.0)))
    assert replica.jobs() == []
    replica.hear(told(None, job))
    assert replica.jobs() == [job]
