"""Workers join, leave, finish, fail and are lost in any order: each row is durable once, and nobody waits for who has gone."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runner.model import CheckpointKind
from runner.protocol import Prepared, Split
from runner.supervisor.coordinator import Coordinator, Phase, Trigger
from runner.supervisor.splits import SplitPool
from spec.job import CheckpointSettings

ROWS, SOURCE = 2, "a"
SETTINGS = CheckpointSettings(interval=1.0, timeout=5.0, tolerated_failures=10**6)


@dataclass
class SimulatedWorker:
    """Reads one row of one split at a time; what it has read since its last barrier is in ``output``."""

    held: dict[str, Split] = field(default_factory=dict)
    output: list[tuple[str, int]] = field(default_factory=list)
    passed: list[tuple[str, int]] = field(default_factory=list)
    exhausted: bool = False
    asked: bool = False
    stopped_by: int | None = None

    def unread(self) -> Split | None:
        """The split it reads now."""
        return next((split for split in self.held.values() if not split.finished), None)

    def read(self) -> None:
        """One row; the last one finishes the split."""
        split = self.unread()
        if split is None or self.stopped_by is not None:
            return
        at = split.position["at"]
        self.output.append((split.id, at))
        position = {"at": at + 1}
        self.held[split.id] = Split(source=SOURCE, id=split.id, data={}, position=position, finished=at + 1 == ROWS)

    def pass_barrier(self, checkpoint: int, *, stop: bool) -> list[Split]:
        """What it reports; what it has read belongs to this checkpoint, and to the next one if this one fails."""
        self.passed, self.output = self.passed + self.output, []
        self.stopped_by = checkpoint if stop else None
        return list(self.held.values())


def worker_part(worker: int, checkpoint: int, splits: list[Split]) -> Prepared:
    """The message that a barrier has passed."""
    numbers = {"attempt": 1, "epoch": 1, "worker": worker, "checkpoint": checkpoint, "rows_in": 0, "rows_out": 0}
    return Prepared(execution="e", splits=splits, tokens=[], states=[], drained=False, **numbers)


class CrewMachine(RuleBasedStateMachine):
    """The coordinator and the pool do what an attempt lets them do; the workers are simulated."""

    def __init__(self):
        super().__init__()
        self.now, self.number, self.hired, self.rows = 0.0, 0, 0, 0
        self.durable: list[tuple[str, int]] = []
        self.start([], workers=1)

    @initialize(splits=st.integers(1, 4), workers=st.integers(1, 3))
    def first(self, splits, workers):
        """The first attempt."""
        self.rows = splits * ROWS
        self.start([Split(source=SOURCE, id=f"s{n}", data={}, position={"at": 0}) for n in range(splits)], workers)

    def start(self, splits: list[Split], workers: int) -> None:
        """An attempt begins at ``splits``."""
        self.pool = SplitPool([SOURCE], bounded=True)
        self.pool.add(splits)
        self.snapshot = splits
        self.coordinator = Coordinator(workers, SETTINGS, now=self.now)
        self.workers = {number: SimulatedWorker() for number in range(workers)}
        self.hired = workers

    def worker(self, choice: int) -> int:
        """One of the workers that are there."""
        present = sorted(self.workers)
        return present[choice % len(present)]

    # what workers do

    @rule(choice=st.integers(0, 4), rows=st.integers(0, 4))
    def work(self, choice, rows):
        """Who has nothing asks, and one of them reads on."""
        self.idle()
        for _ in range(rows):
            self.workers[self.worker(choice)].read()

    def idle(self):
        """Readers that have nothing ask for work, and the pool answers."""
        for number, worker in self.workers.items():
            if worker.unread() is None and not worker.asked and not worker.exhausted:
                worker.asked = True
                self.pool.ask(number, SOURCE)
        self.hand_out()

    def hand_out(self):
        """No split is given while somebody has it, and each goes on where it was durable last."""
        for assignment in self.pool.hand_out(self.coordinator.staying):
            worker = self.workers[assignment.worker]
            worker.asked = False
            worker.exhausted = assignment.split is None
            if assignment.split is not None:
                assert all(assignment.split.id not in other.held for other in self.workers.values())
                assert assignment.split in self.snapshot
                worker.held[assignment.split.id] = assignment.split

    # who comes and goes

    @rule()
    def join(self):
        """A hired worker is ready."""
        if len(self.workers) == 4:
            return
        self.workers[self.hired] = SimulatedWorker()
        self.coordinator.join(self.hired)
        self.hired += 1

    @rule(choice=st.integers(0, 4), stays=st.sampled_from([False, False, True]))
    def leave(self, choice, stays):
        """A worker is to leave, but not the last one; or to stay after all."""
        if stays:
            self.coordinator.keep(self.worker(choice))
        else:
            self.coordinator.release(self.worker(choice))

    # checkpoints

    @rule(savepoint=st.booleans(), seconds=st.sampled_from([0.0, 0.5, 5.0]))
    def begin(self, savepoint, seconds):
        """What is due is taken."""
        self.now += seconds
        if savepoint and self.coordinator.waiting < 2:
            self.coordinator.ask(Trigger(CheckpointKind.SAVEPOINT))
        trigger = self.coordinator.due(self.now, drained=False)
        if trigger is None:
            return
        self.number += 1
        idle = [number for number, worker in self.workers.items() if worker.exhausted and worker.unread() is None]
        flight = self.coordinator.begin(self.number, trigger, self.now, idle=idle if self.pool.all_handed_out else ())
        assert flight.workers == set(self.workers)
        assert flight.workers - flight.leaving, "somebody stays"

    def prepare(self, choice):
        """The barrier has passed one more worker; when it has passed all, the checkpoint is durable."""
        flight = self.coordinator.in_flight
        waiting = self.coordinator.missing()
        number = waiting[choice % len(waiting)]
        splits = self.workers[number].pass_barrier(flight.id, stop=flight.stops(number))
        if self.coordinator.prepared(number, worker_part(number, flight.id, splits)):
            self.save()

    def save(self):
        """A checkpoint has every split once, at the position up to which the rows of all durable checkpoints go."""
        flight = self.coordinator.in_flight
        for number, part in flight.prepared.items():
            self.pool.report(number, part.splits)
            worker = self.workers[number]
            self.durable += worker.passed
            worker.passed = []
            worker.held = {split.id: split for split in worker.held.values() if split not in part.splits or not split.finished}
        self.snapshot = self.pool.snapshot()
        assert sorted(split.id for split in self.snapshot) == [f"s{number}" for number in range(self.rows // ROWS)]
        expected = [(split.id, row) for split in self.snapshot for row in range(split.position["at"])]
        assert sorted(self.durable) == sorted(expected)
        self.coordinator.saved(self.now)
        for number in flight.leaving:
            self.pool.release(number)
            self.workers[number].held = {}

    def commit(self, choice):
        """A worker has committed; when all have, who leaves has left."""
        waiting = self.coordinator.missing()
        number = waiting[choice % len(waiting)]
        if self.coordinator.committed(number, self.coordinator.in_flight.id):
            flight = self.coordinator.end(self.now)
            for gone in flight.leaving:
                del self.workers[gone]

    @rule(choice=st.integers(0, 4), steps=st.integers(1, 8))
    def go_on(self, choice, steps):
        """The workers prepare and commit what is in flight, one after the other."""
        for _ in range(steps):
            if self.flight_is(Phase.PREPARING):
                self.prepare(choice)
            elif self.flight_is(Phase.COMMITTING):
                self.commit(choice)

    @rule(fails=st.booleans(), workers=st.integers(1, 3))
    def fail(self, fails, workers):
        """What is in flight takes too long, and all are still there and read on; or a worker is lost, and the next attempt
        starts from the last durable checkpoint."""
        flight = self.coordinator.in_flight
        if not fails:
            self.start(self.snapshot, workers)
        elif self.flight_is(Phase.PREPARING):
            self.coordinator.abort(self.now)
            assert flight.leaving <= self.coordinator.members
            for worker in self.workers.values():
                worker.stopped_by = None if worker.stopped_by == flight.id else worker.stopped_by

    def flight_is(self, phase: Phase) -> bool:
        """Whether a checkpoint is in flight, and so far."""
        return self.coordinator.in_flight is not None and self.coordinator.in_flight.phase is phase

    # what holds

    @invariant()
    def nobody_waits_for_who_has_gone(self):
        """Everybody who is waited for is there, members are those who are there, and somebody always stays."""
        assert set(self.coordinator.missing()) <= set(self.workers)
        assert self.coordinator.members == set(self.workers)
        assert self.coordinator.staying

    @invariant()
    def each_split_is_in_one_hand(self):
        """No two workers hold the same split."""
        held = [split for worker in self.workers.values() for split in worker.held]
        assert len(held) == len(set(held))

    def teardown(self):
        """From wherever it is, everything is read to the end by those that stay, once."""
        for _ in range(200):
            if self.flight_is(Phase.PREPARING):
                self.prepare(0)
            elif self.flight_is(Phase.COMMITTING):
                self.commit(0)
            elif len(self.durable) == self.rows:
                return
            else:
                for choice in range(len(self.workers)):
                    self.work(choice, ROWS)
                self.begin(savepoint=False, seconds=SETTINGS.timeout)
        raise AssertionError(f"{self.rows - len(self.durable)} rows are read by nobody")


CrewMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCrew = CrewMachine.TestCase
