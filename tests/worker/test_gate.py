"""Gates hold a bounded number of bytes and align barriers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pyarrow as pa
import pytest

from runner.model import CheckpointKind
from runner.protocol import Barrier
from runner.worker.gate import Gate, GateClosed
from runner.worker.queue_room import LEAST_BYTES, QueueRoom


def batch(number: int, rows: int = 1) -> pa.RecordBatch:
    """A batch of 8 bytes a row."""
    return pa.record_batch({"n": pa.array([number] * rows, pa.int64())})


def barrier(checkpoint: int) -> Barrier:
    """A barrier."""
    return Barrier(execution="e", attempt=1, epoch=1, worker=0, checkpoint=checkpoint, kind=CheckpointKind.PERIODIC, stop=False)


def taken(gate: Gate) -> int:
    """The number in the next batch, or minus the next barrier's checkpoint; 0 when there is nothing."""
    item = gate.take(timeout=0.0)
    if item is None:
        return 0
    return -item.checkpoint if isinstance(item, Barrier) else int(item.column(0)[0].as_py())


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """``work`` running."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def wait_for_a_waiter(gate: Gate) -> None:
    """Until a thread is blocked at the gate."""
    deadline = time.monotonic() + 60
    while not gate._changed._waiters:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline


def test_a_barrier_waits_for_all_channels() -> None:
    """What follows a barrier is not seen before the other channels have delivered theirs."""
    gate = Gate(2, 1 << 20)
    gate.put(0, batch(1))
    gate.put_barrier(0, barrier(7))
    gate.put(0, batch(2))
    gate.put(1, batch(3))
    assert [taken(gate) for _ in range(3)] == [1, 3, 0]
    gate.put(1, batch(4))
    gate.put_barrier(1, barrier(7))
    gate.put_barrier(1, barrier(8))
    assert [taken(gate) for _ in range(4)] == [4, -7, 2, 0]
    gate.put_barrier(0, barrier(8))
    assert [taken(gate), taken(gate)] == [-8, 0]


def test_channels_take_turns() -> None:
    """A busy channel does not starve another."""
    gate = Gate(2, 1 << 20)
    for number in (1, 2, 3):
        gate.put(0, batch(number))
        gate.put(1, batch(10 * number))
    assert [taken(gate) for _ in range(6)] == [1, 10, 2, 20, 3, 30]


def test_a_full_channel_blocks_its_writer_and_counts_the_time() -> None:
    """Only that channel: a barrier and the other channel pass."""
    gate = Gate(2, capacity=200)
    gate.put(0, batch(1, rows=10))
    blocked: list[float] = []
    writer = in_thread(lambda: blocked.append(gate.put(0, batch(2, rows=10))))
    wait_for_a_waiter(gate)
    gate.put(1, batch(3))
    gate.put_barrier(1, barrier(1))
    assert writer.is_alive()
    assert gate.waiting_bytes() == 88
    fill, seconds = gate.level(range(1))
    assert (fill, seconds > 0) == (0.8, True)
    assert gate.level(range(1, 2)) == (0.08, 0.0)
    assert gate.level(range(1))[1] > seconds
    assert taken(gate) == 1
    writer.join(timeout=60)
    assert not writer.is_alive()
    assert blocked[0] > 0
    assert [taken(gate) for _ in range(2)] in ([2, 3], [3, 2])


def test_a_batch_larger_than_the_channel_passes_alone() -> None:
    """Otherwise it would never pass."""
    gate = Gate(1, capacity=10)
    assert gate.put(0, batch(1, rows=100)) == 0.0
    assert taken(gate) == 1


def test_a_reader_waits_for_input_and_counts_the_time() -> None:
    """Idle time is measured."""
    gate = Gate(1, 1 << 20)
    reader = in_thread(lambda: gate.take())
    wait_for_a_waiter(gate)
    gate.put(0, batch(1))
    reader.join(timeout=60)
    assert not reader.is_alive()
    assert gate.take(timeout=0.01) is None
    assert gate.idle_seconds >= 0.01


def taken_for(room: QueueRoom, seconds: float, rate: float, *, since: float, idle_share: float = 0.0) -> None:
    """A reader that takes a piece every 50 ms, ``rate`` bytes in a second of work."""
    for step in range(round(seconds / 0.05) + 1):
        room.took(round(rate * 0.05 * (1 - idle_share)), since + step * 0.05, idle_share * step * 0.05)


def test_a_slow_reader_gets_a_short_queue() -> None:
    """Half a second's worth, so that a barrier does not stand in line for long; time without input does not count."""
    room = QueueRoom(32 << 20)
    taken_for(room, 5, 8e6, since=0)
    assert room.bytes == pytest.approx(4e6, rel=0.01)
    taken_for(room, 5, 1e9, since=5.05)
    assert room.bytes == 32 << 20
    taken_for(room, 60, 8e6, since=10.1, idle_share=0.75)
    assert room.bytes == pytest.approx(4e6, rel=0.1)
    still = QueueRoom(32 << 20)
    taken_for(still, 5, 100.0, since=0)
    assert still.bytes == LEAST_BYTES


def test_closing_wakes_everybody() -> None:
    """Readers and writers stop with GateClosed."""
    gate = Gate(1, capacity=1)
    gate.put(0, batch(1))
    ends: list[bool] = []

    def write() -> None:
        with pytest.raises(GateClosed):
            gate.put(0, batch(2))
        ends.append(True)

    writer = in_thread(write)
    wait_for_a_waiter(gate)
    gate.close()
    writer.join(timeout=60)
    assert ends == [True]
    with pytest.raises(GateClosed):
        gate.take()
    with pytest.raises(GateClosed):
        gate.put_barrier(0, barrier(1))
