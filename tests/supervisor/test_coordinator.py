"""The checkpoint coordinator: one checkpoint at a time, complete only when every worker has done its part."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import CheckpointKind
from runner.protocol import Prepared
from runner.supervisor.coordinator import Coordinator, Phase, Trigger
from runner.supervisor.errors import AttemptFailed
from spec.job import CheckpointSettings


def prepared(checkpoint: int, worker: int, rows: int = 1) -> Prepared:
    """A worker's part of a checkpoint."""
    return Prepared(
        execution="e",
        attempt=1,
        epoch=1,
        worker=worker,
        checkpoint=checkpoint,
        splits=[],
        tokens=[],
        states=[],
        rows_in=rows,
        rows_out=rows,
        drained=False,
    )


def coordinator(workers: int = 2, interval: float | None = 1.0, timeout: float = 5.0, **settings: float) -> Coordinator:
    """A coordinator whose attempt starts at zero."""
    return Coordinator(workers, CheckpointSettings(interval=interval, timeout=timeout, **settings), now=0.0)


def test_the_clock_asks_each_interval_and_skips_missed_beats():
    """Periodic checkpoints keep their rhythm; beats that passed while one was in flight are not made up for."""
    clock = coordinator(workers=1)
    assert clock.due(0.9, drained=False) is None
    trigger = clock.due(1.0, drained=False)
    assert trigger.kind is CheckpointKind.PERIODIC
    clock.begin(1, trigger, 1.0)
    assert clock.due(4.5, drained=False) is None
    clock.prepared(0, prepared(1, 0))
    clock.saved(4.5)
    clock.committed(0, 1)
    clock.end(4.5)
    assert clock.due(4.6, drained=False) is not None
    clock.begin(2, clock.due(4.6, drained=False), 4.6)
    assert clock.wake_at() == pytest.approx(9.6)
    clock.abort(4.8)
    assert clock.due(4.9, drained=False) is None
    assert clock.wake_at() == pytest.approx(5.0)


def test_without_an_interval_only_the_end_of_the_input_asks():
    """A batch job without an interval takes the final checkpoint alone, and that one stops the workers."""
    batch = coordinator(interval=None)
    assert batch.due(1e9, drained=False) is None
    assert batch.wake_at() is None
    trigger = batch.due(0, drained=True)
    assert (trigger.kind, trigger.stop) == (CheckpointKind.FINAL, True)


def test_a_stop_goes_before_the_end_of_the_input_and_that_before_savepoints():
    """Who asks is ranked: stop, final, savepoints in their order, the clock."""
    ranked = coordinator(workers=1)
    savepoints = [Trigger(CheckpointKind.SAVEPOINT), Trigger(CheckpointKind.SAVEPOINT)]
    stop = Trigger(CheckpointKind.SAVEPOINT, stop=True)
    for trigger in (*savepoints, stop):
        ranked.ask(trigger)
    assert ranked.due(9, drained=True) is stop
    ranked.withdraw(stop)
    assert ranked.due(9, drained=True).kind is CheckpointKind.FINAL
    for number, savepoint in enumerate(savepoints, 1):
        assert ranked.due(9, drained=False) is savepoint
        ranked.begin(number, savepoint, 9)
        ranked.abort(9)
    assert ranked.due(9, drained=False) is None
    assert ranked.due(10, drained=False).kind is CheckpointKind.PERIODIC


def test_failures_in_a_row_are_counted_and_success_forgives():
    """Two in a row are tolerated, the third is one too many; a durable checkpoint in between starts the count again."""
    strict = coordinator(workers=1, tolerated_failures=2)
    outcomes = []
    for number, fails in enumerate([True, True, False, True, True, True], 1):
        strict.begin(number, Trigger(CheckpointKind.PERIODIC), number)
        if fails:
            outcomes.append(strict.abort(number))
            continue
        strict.prepared(0, prepared(number, 0))
        strict.saved(number)
        strict.committed(0, number)
        strict.end(number)
    assert outcomes == [False, False, False, False, True]


def test_the_tolerated_number_changes_while_failures_are_counted():
    """Other settings hold for the failures that were counted before them too; zero tolerates none."""
    subject = coordinator(workers=1, tolerated_failures=0)
    subject.begin(1, Trigger(CheckpointKind.PERIODIC), 1)
    assert subject.abort(1)
    subject.adopt(CheckpointSettings(interval=1.0, tolerated_failures=2), 1)
    subject.begin(2, Trigger(CheckpointKind.PERIODIC), 2)
    assert not subject.abort(2)


def test_the_pause_counts_from_the_end_and_holds_for_the_clock_alone():
    """The next periodic checkpoint waits for min-pause after the end of the last one, be it a success or a failure; a savepoint
    does not."""
    paused = coordinator(workers=1, interval=1.0, minimum_pause=0.8)
    paused.begin(1, paused.due(1.0, drained=False), 1.0)
    paused.prepared(0, prepared(1, 0))
    paused.saved(1.5)
    paused.committed(0, 1)
    paused.end(1.6)
    assert paused.due(2.3, drained=False) is None
    assert paused.wake_at() == pytest.approx(2.4)
    savepoint = Trigger(CheckpointKind.SAVEPOINT)
    paused.ask(savepoint)
    assert paused.due(2.3, drained=False) is savepoint
    paused.begin(2, savepoint, 2.3)
    paused.abort(2.9)
    assert paused.wake_at() == pytest.approx(3.7)
    assert paused.due(3.6, drained=False) is None
    assert paused.due(3.7, drained=False).kind is CheckpointKind.PERIODIC


def test_the_timeout_covers_preparing_and_committing_but_not_the_store():
    """A checkpoint expires while workers prepare, and again while they commit; saving is the store's own time."""
    timed = coordinator(workers=1, timeout=5)
    timed.begin(1, Trigger(CheckpointKind.PERIODIC), 10)
    assert (timed.expired(14.9), timed.expired(15)) == (False, True)
    timed.prepared(0, prepared(1, 0))
    assert timed.in_flight.phase is Phase.SAVING
    assert not timed.expired(99)
    timed.saved(20)
    assert (timed.expired(24.9), timed.expired(25)) == (False, True)


def test_a_worker_may_leave_only_after_it_committed_the_checkpoint_that_stops_it():
    """Hanging up early is a loss; after the last commit it is how a worker says goodbye."""
    ending = coordinator(workers=2)
    assert not ending.may_leave(0)
    ending.begin(1, Trigger(CheckpointKind.FINAL, stop=True), 0)
    for worker in (0, 1):
        ending.prepared(worker, prepared(1, worker))
    ending.saved(0)
    assert not ending.may_leave(0)
    ending.committed(0, 1)
    assert ending.may_leave(0)
    assert not ending.may_leave(1)
    assert ending.missing() == [1]


@pytest.mark.parametrize("early", [True, False])
def test_messages_about_checkpoints_that_nobody_takes_fail_the_attempt(early):
    """A worker that prepares or commits out of turn is confused."""
    confused = coordinator(workers=1)
    if not early:
        confused.begin(2, Trigger(CheckpointKind.PERIODIC), 0)
    with pytest.raises(AttemptFailed):
        confused.prepared(0, prepared(7, 0))
    with pytest.raises(AttemptFailed):
        confused.committed(0, 2)


def take(subject: Coordinator, number: int, now: float, idle: tuple[int, ...] = ()) -> frozenset[int]:
    """Take what is due, to its end; who left with it."""
    flight = subject.begin(number, subject.due(now, drained=False), now, idle=idle)
    for worker in sorted(flight.workers):
        subject.prepared(worker, prepared(number, worker))
    subject.saved(now)
    for worker in sorted(flight.workers):
        subject.committed(worker, number)
    return subject.end(now).leaving


def test_who_is_to_leave_is_not_kept_waiting_for_the_clock():
    """A checkpoint is due at once, it stops those that leave and nobody else, and the next one is without them."""
    subject = coordinator(workers=3)
    assert subject.due(0.1, drained=False) is None
    assert subject.release(2)
    flight = subject.begin(1, subject.due(0.1, drained=False), 0.1)
    assert [flight.stops(worker) for worker in (0, 1, 2)] == [False, False, True]
    assert not subject.keep(2)
    subject.abort(0.2)
    assert (subject.members, subject.due(0.3, drained=False)) == ({0, 1, 2}, None)
    assert subject.wake_at() == pytest.approx(1.0)
    assert take(subject, 2, 1.0) == {2}
    assert (subject.members, subject.leaving) == ({0, 1}, frozenset())
    assert subject.release(0)
    assert subject.keep(0)
    assert subject.due(1.1, drained=False) is None


def test_who_joins_takes_part_in_the_next_checkpoint():
    """A checkpoint in flight is of those that were there when it began."""
    subject = coordinator(workers=1)
    flight = subject.begin(1, Trigger(CheckpointKind.PERIODIC), 1.0)
    subject.join(7)
    assert subject.prepared(0, prepared(1, 0))
    assert flight.rows_in == 1
    with pytest.raises(AttemptFailed):
        subject.prepared(7, prepared(1, 7))
    subject.saved(1.0)
    subject.committed(0, 1)
    subject.end(1.0)
    assert subject.begin(2, Trigger(CheckpointKind.PERIODIC), 2.0).workers == {0, 7}


def test_somebody_always_stays():
    """The last one cannot be told to leave, not even while another one is leaving because it has nothing to read; and those
    that have nothing to read stay when whoever reads leaves, to read what is left behind."""
    subject = coordinator(workers=2)
    subject.begin(1, subject.due(1.0, drained=False), 1.0, idle=[1])
    assert subject.in_flight.leaving == {1}
    assert not subject.release(0)
    subject.abort(1.0)
    assert subject.release(0)
    assert take(subject, 2, 9.0, idle=(1,)) == {0}
    assert not subject.release(1)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 3)),
        st.tuples(st.just("prepare"), st.integers(0, 2)),
        st.tuples(st.just("commit"), st.integers(0, 2)),
        st.tuples(st.just("savepoint"), st.just(0)),
        st.tuples(st.just("stop"), st.just(0)),
        st.tuples(st.just("late"), st.integers(0, 2)),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_any_interleaving_keeps_one_checkpoint_whole(steps):  # noqa: C901 - one arm per kind of step
    """Whatever the order of messages and time: at most one is in flight, it is saved only with every worker's part of this very
    checkpoint, it ends only when all have committed, ids only grow, and a late part of an aborted one changes nothing."""
    workers = 3
    subject = coordinator(workers=workers, timeout=2.0, tolerated_failures=10**6)
    now, number, aborted, saved = 0.0, 0, [], []
    for step, value in steps:
        flight = subject.in_flight
        if step == "pass":
            now += value
            if subject.expired(now) and flight.phase is Phase.PREPARING:
                aborted.append(flight.id)
                subject.abort(now)
        elif step == "savepoint":
            subject.ask(Trigger(CheckpointKind.SAVEPOINT))
        elif step == "stop":
            subject.ask(Trigger(CheckpointKind.SAVEPOINT, stop=True))
        elif step == "late" and aborted:
            assert subject.prepared(value, prepared(aborted[-1], value)) is False
            assert flight is subject.in_flight
        elif step == "prepare" and flight and flight.phase is Phase.PREPARING:
            if subject.prepared(value, prepared(flight.id, value)):
                assert set(flight.prepared) == set(range(workers))
                assert {part.checkpoint for part in flight.prepared.values()} == {flight.id}
                assert flight.rows_in == workers
                subject.saved(now)
                saved.append(flight.id)
        elif step == "commit" and flight and flight.phase is Phase.COMMITTING and subject.committed(value, flight.id):
            assert flight.committed == set(range(workers))
            subject.end(now)
        trigger = subject.due(now, drained=False)
        if trigger is not None:
            assert subject.in_flight is None
            number += 1
            subject.begin(number, trigger, now)
    assert saved == sorted(set(saved))
    assert not set(saved) & set(aborted)
