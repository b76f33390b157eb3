"""The split pool: every split is read once, by one worker, and a snapshot is the position of the whole input."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from runner.protocol import Split
from runner.supervisor.errors import AttemptFailed
from runner.supervisor.splits import SplitPool

EVERYBODY = range(4)


def split(source: str, number: int, **fields) -> Split:
    """A split named after its source and number."""
    return Split(source=source, id=f"{source}-{number}", data={"number": number}, **fields)


def test_idle_readers_are_served_in_the_order_they_asked():
    """Three workers that ask one after the other get one split each before the first gets a second one."""
    pool = SplitPool(["a"], bounded=True)
    pool.add(split("a", number) for number in range(4))
    for worker in (2, 0, 1, 2):
        pool.ask(worker, "a")
    assert [(given.worker, given.split.id) for given in pool.hand_out(EVERYBODY)] == [
        (2, "a-0"),
        (0, "a-1"),
        (1, "a-2"),
        (2, "a-3"),
    ]


def test_bounded_input_ends_and_unbounded_input_waits():
    """When nothing is left a reader of a batch is dismissed, once; a reader of a stream is kept waiting."""
    bounded, unbounded = SplitPool(["a"], bounded=True), SplitPool(["a"], bounded=False)
    for pool in (bounded, unbounded):
        pool.ask(0, "a")
        pool.ask(0, "a")
    assert [(given.worker, given.split) for given in bounded.hand_out(EVERYBODY)] == [(0, None)]
    bounded.ask(0, "a")
    assert bounded.hand_out(EVERYBODY) == []
    assert unbounded.hand_out(EVERYBODY) == []
    unbounded.add([split("a", 0)])
    assert [given.split.id for given in unbounded.hand_out(EVERYBODY)] == ["a-0"]


def test_finished_splits_of_a_restore_point_are_kept_and_not_read_again():
    """A restored split that is finished is in every later snapshot and is handed to nobody."""
    pool = SplitPool(["a"], bounded=True)
    pool.add([split("a", 0, finished=True), split("a", 1, position={"at": 7})])
    for _ in range(2):
        pool.ask(0, "a")
    assert [given.split and given.split.position for given in pool.hand_out(EVERYBODY)] == [{"at": 7}, None]
    assert {found.id: found.finished for found in pool.snapshot()} == {"a-0": True, "a-1": False}
    assert pool.all_handed_out
    assert pool.unfinished == 1


def test_what_a_worker_leaves_behind_is_read_by_others():
    """Unfinished splits go on at their last position, before those that nobody has had, also in a worker that was told that
    nothing is left; what was finished stays finished."""
    pool = SplitPool(["a"], bounded=True)
    pool.add(split("a", number) for number in range(3))
    for worker in (0, 0, 0, 1):
        pool.ask(worker, "a")
    assert [found.split for found in pool.hand_out(EVERYBODY)][-1] is None
    pool.report(0, [split("a", 0, finished=True), split("a", 1, position={"at": 5})])
    assert pool.release(0) == 2
    assert (pool.pending, pool.finished, pool.total) == (2, 1, 3)
    assert [(found.worker, found.split.id, found.split.position) for found in pool.hand_out([1])] == [(1, "a-1", {"at": 5})]
    assert pool.hand_out([1]) == []
    pool.ask(1, "a")
    assert [(found.worker, found.split.id) for found in pool.hand_out([1])] == [(1, "a-2")]
    assert pool.given(1) == 2
    with pytest.raises(AttemptFailed):
        pool.report(0, [split("a", 1, position={"at": 9})])


def test_who_is_about_to_leave_is_given_nothing():
    """Its requests wait, and are answered if it stays after all."""
    pool = SplitPool(["a"], bounded=True)
    pool.add([split("a", 0)])
    pool.ask(0, "a")
    assert pool.hand_out([1]) == []
    assert [found.worker for found in pool.hand_out([0, 1])] == [0]


@pytest.mark.parametrize(
    "misuse",
    [
        lambda pool: pool.add([split("b", 0)]),
        lambda pool: pool.add([split("a", 0)]),
        lambda pool: pool.ask(0, "b"),
        lambda pool: pool.report(1, [split("a", 0, position={"at": 1})]),
        lambda pool: pool.report(0, [split("a", 9)]),
    ],
)
def test_a_confused_worker_is_not_believed(misuse):
    """Unknown sources, repeated ids and reports about splits that the worker does not hold fail the attempt."""
    pool = SplitPool(["a"], bounded=True)
    pool.add([split("a", 0)])
    pool.ask(0, "a")
    pool.hand_out(EVERYBODY)
    with pytest.raises(AttemptFailed) as failure:
        misuse(pool)
    assert failure.value.code == "protocol-violation"


class PoolMachine(RuleBasedStateMachine):
    """Workers ask, read and report in any order; the model knows the position of each split at the last barrier."""

    held = Bundle("held")

    @initialize(count=st.integers(0, 6), bounded=st.booleans())
    def start(self, count, bounded):
        """Some splits of two sources."""
        self.pool = SplitPool(["a", "b"], bounded=bounded)
        splits = [split(source, number) for source in "ab" for number in range(count)]
        self.pool.add(splits)
        self.model = {(found.source, found.id): found for found in splits}
        self.given = {}

    @rule(worker=st.integers(0, 3), source=st.sampled_from("ab"))
    def ask(self, worker, source):
        """A reader is idle."""
        self.pool.ask(worker, source)

    @rule(target=held)
    def hand_out(self):
        """Idle readers get what nobody has had, at its last position."""
        given = [assignment for assignment in self.pool.hand_out(EVERYBODY) if assignment.split is not None]
        for assignment in given:
            key = (assignment.source, assignment.split.id)
            assert key not in self.given, "handed out twice"
            self.given[key] = assignment.worker
            assert assignment.split == self.model[key], "not at its last position"
        return given

    @rule(held=consumes(held), positions=st.lists(st.integers(0, 9), min_size=12, max_size=12), finished=st.booleans())
    def report(self, held, positions, finished):
        """A worker reports some of what it holds at a barrier."""
        for assignment, at in zip(held, positions, strict=False):
            moved = msgspec.structs.replace(assignment.split, position={"at": at}, finished=finished)
            self.pool.report(assignment.worker, [moved])
            self.model[assignment.source, moved.id] = moved

    @invariant()
    def snapshot_is_the_model(self):
        """What was not reported keeps its former position."""
        if hasattr(self, "pool"):
            assert {(found.source, found.id): found for found in self.pool.snapshot()} == self.model


PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestPool = PoolMachine.TestCase


@given(st.lists(st.integers(0, 2), max_size=30), st.integers(0, 10))
def test_a_batch_ends_for_every_worker_that_keeps_asking(asks, count):
    """Whatever the order of requests, all splits are read, and each worker is dismissed exactly once."""
    pool = SplitPool(["a"], bounded=True)
    pool.add(split("a", number) for number in range(count))
    given = []
    for worker in [*asks, *[0, 1, 2] * (count + 1)]:
        pool.ask(worker, "a")
        given += pool.hand_out(EVERYBODY)
    assert sorted(found.split.id for found in given if found.split) == sorted(f"a-{number}" for number in range(count))
    assert sorted(found.worker for found in given if not found.split) == [0, 1, 2]
