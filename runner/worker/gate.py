"""Where a stage takes its input: byte-bounded queues that carry batches and barriers in band.

A gate has one channel per input dataset. A channel that has delivered a barrier is not read until all others have delivered
the same one (barrier alignment), so what a stage sees between two barriers is exactly one checkpoint's rows.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

import pyarrow as pa

from runner.protocol import Barrier

CHANNEL_BYTES = 32 << 20
"""How much one channel holds before its writer blocks. A single larger batch passes when the channel is empty."""


class GateClosed(Exception):
    """The pipeline is being torn down; whoever reads or writes stops at once."""


@dataclass(slots=True)
class _Channel:
    items: deque[pa.RecordBatch | Barrier] = field(default_factory=deque)
    bytes: int = 0

    def at_barrier(self) -> bool:
        return bool(self.items) and isinstance(self.items[0], Barrier)

    def readable(self) -> bool:
        return bool(self.items) and not self.at_barrier()


class Gate:
    """The input of one stage. Any number of writing threads (one per channel), one reading thread."""

    def __init__(self, channels: int, capacity: int = CHANNEL_BYTES) -> None:
        self._channels = [_Channel() for _ in range(channels)]
        self._capacity = capacity
        self._changed = threading.Condition()
        self._closed = False
        self._turn = 0
        self.idle_seconds = 0.0
        """How long the reader has waited for input so far."""

    def put(self, channel: int, batch: pa.RecordBatch) -> float:
        """Hand over a batch; seconds spent blocked because the channel was full. Raises GateClosed."""
        size = batch.nbytes
        blocked = 0.0
        with self._changed:
            target = self._channels[channel]
            if target.bytes and target.bytes + size > self._capacity:
                began = time.monotonic()
                self._changed.wait_for(lambda: self._closed or not target.bytes or target.bytes + size <= self._capacity)
                blocked = time.monotonic() - began
            self._check_open()
            target.items.append(batch)
            target.bytes += size
            self._changed.notify_all()
        return blocked

    def put_barrier(self, channel: int, barrier: Barrier) -> None:
        """Hand over a barrier; never blocks, so that a full channel cannot hold up its siblings."""
        with self._changed:
            self._check_open()
            self._channels[channel].items.append(barrier)
            self._changed.notify_all()

    def take(self, timeout: float | None = None) -> pa.RecordBatch | Barrier | None:
        """The next batch, or the barrier once every channel has delivered it; None after ``timeout`` seconds of nothing."""
        with self._changed:
            item = self._next()
            if item is None:
                began = time.monotonic()
                self._changed.wait_for(self._ready, timeout)
                self.idle_seconds += time.monotonic() - began
                item = self._next()
            self._check_open()
            return item

    def close(self) -> None:
        """Wake everybody with GateClosed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def waiting_bytes(self) -> int:
        """Bytes in the channels now."""
        with self._changed:
            return sum(channel.bytes for channel in self._channels)

    def _check_open(self) -> None:
        if self._closed:
            raise GateClosed

    def _ready(self) -> bool:
        return self._closed or self._aligned() or any(channel.readable() for channel in self._channels)

    def _aligned(self) -> bool:
        return all(channel.at_barrier() for channel in self._channels)

    def _next(self) -> pa.RecordBatch | Barrier | None:
        count = len(self._channels)
        for step in range(count):
            channel = self._channels[(self._turn + step) % count]
            if channel.readable():
                self._turn = (self._turn + step + 1) % count
                return self._pop(channel)
        if not self._aligned():
            return None
        barrier, *_ = [channel.items.popleft() for channel in self._channels]
        return barrier

    def _pop(self, channel: _Channel) -> pa.RecordBatch | Barrier:
        item = channel.items.popleft()
        channel.bytes -= item.nbytes if isinstance(item, pa.RecordBatch) else 0
        self._changed.notify_all()
        return item
