"""What is kept up to date by changes alone, look by look, is the same as computed anew from all jobs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, ErrorInfo, Event, Execution, Generation, Job, Totals
from runner.states import ExecutionState
from runner.supervisor.job_changes import change_event, fields_of
from tui.data.jobfeed import JobFeed
from tui.data.models import Link, LinkState
from tui.data.reading import Reader
from tui.data.replica import Replica
from tui.data.snapshot import Snapshot
from tui.data.tally import Tally
from tui.data.worries import REJECTIONS_WINDOW
from tui.query.attention import reason
from tui.query.fields import FIELDS
from tui.query.order import RENEWED_EVERY, Arrangement, Order

JOBS = 30
LOOKS = 60
INTERVAL = 10.0


class Daemon:
    """Answers what a look asks for."""

    def status(self) -> None:
        """Nothing of interest."""

    def metric_series(self, *_: Any) -> tuple[()]:
        """No history."""
        return ()

    def generation(self, reference: str, number: int) -> Generation:
        """Every job takes checkpoints."""
        spec = {"env": {"checkpoint": {"interval": INTERVAL}}}
        return Generation(job_id=reference, number=number, content_hash="", created_at=0.0, text="", spec=spec)


class World:
    """Jobs that change at random, told as a daemon tells it; and the reader that follows them."""

    def __init__(self, seed: int, make: Any, order: Order) -> None:
        self.chance = random.Random(seed)
        self.now = 1_790_000_000.0
        self.make = make
        self.jobs: dict[str, Job] = {}
        self.rejected: dict[str, list[tuple[float, int]]] = {}
        self.tick = 0.0
        self.arrangement = Arrangement(lambda: self.tick)
        self.arrangement.choose(order)
        self.reader = Reader(lambda: self.now, self.arrangement)
        self.replica = Replica()
        for number in range(JOBS):
            job = self.new(number)
            self.jobs[job.id] = job
        self.replica.hear(sent(Event(revision=1, at=0.0, kind="snapshot", data={"jobs": list(self.jobs.values())})))
        self.told = {job_id: fields_of(job) for job_id, job in self.jobs.items()}

    def new(self, number: int) -> Job:
        """A job in some state."""
        return self.changed(self.make(f"job-{number}", ExecutionState.RUNNING, job_id=f"{number:012x}"))

    def changed(self, job: Job) -> Job:
        """Another moment of the same job."""
        chance, execution = self.chance, job.execution
        assert execution is not None
        totals = Totals(
            rows_in_per_second=chance.choice([None, 0.1, chance.random() * 1e6]),
            rows_out_per_second=chance.choice([None, chance.random() * 1e6]),
            rows_rejected=max(execution.totals.rows_rejected + chance.choice([0, 0, 0, 5, -100]), 0),
            lag_seconds=chance.choice([None, 1.0, 500.0]),
        )
        execution = msgspec.structs.replace(execution, totals=totals, restarts=chance.choice([0, 0, 4]))
        if chance.random() < 0.4:
            state = chance.choice(list(ExecutionState))
            error = ErrorInfo(code="E", message="disk full") if state is ExecutionState.FAILED else None
            execution = msgspec.structs.replace(
                execution, state=state, state_since=self.now - chance.randrange(90), error=error
            )
        last = job.last_checkpoint if chance.random() < 0.7 else self.checkpoint(job, execution)
        return msgspec.structs.replace(job, execution=execution, last_checkpoint=last, version=job.version + 1)

    def checkpoint(self, job: Job, execution: Execution) -> Checkpoint:
        """One that was taken lately, or failed."""
        return Checkpoint(
            id=1,
            job_id=job.id,
            execution_id=execution.id,
            generation=1,
            kind=CheckpointKind.PERIODIC,
            status=self.chance.choice(list(CheckpointStatus)),
            triggered_at=self.now - self.chance.randrange(40),
        )

    def step(self) -> None:
        """Some time passes; some jobs change, one comes, one goes."""
        self.now += self.chance.choice([1, 1, 1, 5, 30])
        self.tick += self.chance.choice([0.5, 1.0, RENEWED_EVERY])
        for job_id in self.chance.sample(sorted(self.jobs), self.chance.randrange(6)):
            self.jobs[job_id] = self.changed(self.jobs[job_id])
            self.tell(job_id)
        if self.chance.random() < 0.1:
            gone = self.chance.choice(sorted(self.jobs))
            del self.jobs[gone], self.told[gone]
            self.rejected.pop(gone, None)
            self.replica.hear(Event(revision=2, at=0.0, kind="job.deleted", job_id=gone))
        if self.chance.random() < 0.1:
            job = self.new(self.chance.randrange(100, 10**6))
            self.jobs[job.id] = job
            self.tell(job.id)

    def tell(self, job_id: str) -> None:
        """What differs from what was told last."""
        fields, known = fields_of(self.jobs[job_id]), self.told.get(job_id, {})
        changes = {name: value for name, value in fields.items() if name not in known or known[name] != value}
        self.told[job_id] = fields
        self.replica.hear(msgspec.json.decode(msgspec.json.encode(change_event(self.jobs[job_id], changes, 2)), type=Event))

    def look(self) -> Snapshot:
        """One look."""
        snapshot = self.reader.look(Daemon(), Link(LinkState.LIVE, 0.0), self.replica.changes())  # type: ignore[arg-type]
        for job in self.jobs.values():
            self._count(job)
        return snapshot

    def _count(self, job: Job) -> None:
        assert job.execution is not None
        total = job.execution.totals.rows_rejected
        counts = self.rejected.setdefault(job.id, [(self.now, total)])
        if job.execution.state.is_terminal:
            del self.rejected[job.id]
        elif total < counts[-1][1]:
            self.rejected[job.id] = [(self.now, total)]
        elif total > counts[-1][1]:
            counts.append((self.now, total))

    def new_rejections(self, job_id: str) -> int:
        """How many rows of the job were rejected within the window."""
        counts = self.rejected.get(job_id, [(0.0, 0)])
        old = [total for at, total in counts if at < self.now - REJECTIONS_WINDOW] or [counts[0][1]]
        return counts[-1][1] - old[-1]


def sent(event: Event) -> Event:
    """The event as it arrives through the stream."""
    block = b"event: " + event.kind.encode() + b"\ndata: " + msgspec.json.encode(event)
    found = JobFeed.parse(object.__new__(JobFeed), block)
    assert found is not None
    return found


def worlds(make: Any) -> Iterator[World]:
    """In several orders."""
    for seed, order in enumerate((Order(), Order("in"), Order("name", reverse=True))):
        yield World(seed, make, order)


def test_looks_find_what_a_count_of_everything_finds(samples: ModuleType) -> None:
    """After any changes at any times: the same tallies, reasons, counts of rejected rows, and places."""
    for world in worlds(samples.make_job):
        for _ in range(LOOKS):
            world.step()
            snapshot = world.look()
            assert {view.id: view.job for view in snapshot.jobs} == world.jobs
            assert snapshot.tally == Tally.of(snapshot.jobs)
            assert [snapshot.places[view.id] for view in snapshot.jobs] == list(range(snapshot.total))
            for view in snapshot.jobs:
                assert view.need == reason(view.job, world.now, view.known), view
                assert view.known.interval in {None, INTERVAL}
                assert (view.known.rejected or 0) == world.new_rejections(view.id)
        world.tick += RENEWED_EVERY
        jobs = [view.job for view in world.look().jobs]
        order = world.arrangement.order
        ordered = order.arranged(jobs, world.now)
        read = FIELDS[order.field].read if order.field else lambda job, _now: job.id
        assert [read(job, world.now) for job in jobs] == [read(job, world.now) for job in ordered]


def test_a_look_at_no_change_gives_the_same_objects(samples: ModuleType) -> None:
    """What has not changed is not made anew: screens see at once that there is nothing to do."""
    world = World(1, samples.make_job, Order())
    for _ in range(JOBS):  # the intervals of all jobs are asked for
        first = world.look()
    world.tick += RENEWED_EVERY
    again = world.look()
    assert again.jobs is first.jobs
    assert again.places is first.places
    world.jobs[first.jobs[0].id] = world.changed(first.jobs[0].job)
    world.tell(first.jobs[0].id)
    third = world.look()
    assert [view for view in third.jobs if view not in first.jobs] == [third.find(first.jobs[0].id)]
    assert sum(new is not old for new, old in zip(third.jobs, first.jobs, strict=True)) <= 2


def test_a_clock_that_is_put_back_takes_reasons_back(samples: ModuleType) -> None:
    """What was too late then is not now."""
    world = World(2, samples.make_job, Order())
    for offset in (0.0, 3600.0, -1800.0, 10.0):
        world.now += offset
        for view in world.look().jobs:
            assert view.need == reason(view.job, world.now, view.known)


@pytest.mark.parametrize("field", ["labels", "overrides"])
def test_what_many_jobs_have_in_common_is_kept_once(field: str, samples: ModuleType) -> None:
    """Empty mappings, names of queues, and the id within the parts of a job."""
    world = World(3, samples.make_job, Order())
    one, other, *_ = (view.job for view in world.look().jobs)
    assert getattr(one, field) is getattr(other, field)
    assert one.queue is other.queue
    assert one.execution is not None
    assert one.execution.job_id is one.id
    assert one.execution.job_name is one.name
