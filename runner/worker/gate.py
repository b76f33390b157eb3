"""Where a stage takes its input: byte-bounded queues that carry batches and barriers in band.

A gate has one channel per thread that writes to it: each reader of a source, each stage before. A channel that has delivered
a barrier is not read until all others have delivered the same one (barrier alignment), so what a stage sees between two
barriers is exactly one checkpoint's rows.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from runner.dataset.stored_rows import Rows
from runner.protocol import Barrier
from runner.worker.queue_room import QueueRoom

_SMALL = 64 * 1024
_ANY_SIZE = 1 << 62


class GateClosed(Exception):
    """The pipeline is being torn down; whoever reads or writes stops at once."""


def never() -> bool:
    """There is nothing to give way to."""
    return False


@dataclass(slots=True)
class _Channel:
    items: deque[Rows | Barrier] = field(default_factory=deque)
    bytes: int = 0
    blocked_seconds: float = 0.0
    blocked_since: float | None = None
    last: Rows | None = None

    def at_barrier(self) -> bool:
        return bool(self.items) and isinstance(self.items[0], Barrier)

    def readable(self) -> bool:
        return bool(self.items) and not self.at_barrier()

    def blocked_for(self, now: float) -> float:
        return self.blocked_seconds + (0.0 if self.blocked_since is None else max(0.0, now - self.blocked_since))


class Gate:
    """The input of one stage. Any number of writing threads (one per channel), one reading thread.

    ``capacity`` bytes, or less when the reader is slow, are divided among the channels; a single larger batch passes when its
    channel is empty.
    """

    def __init__(self, channels: int, capacity: int) -> None:
        self._channels = [_Channel() for _ in range(channels)]
        self._room = QueueRoom(capacity)
        self._capacity = capacity // channels
        self._changed = threading.Condition()
        self._closed = False
        self._turn = 0
        self.idle_seconds = 0.0
        """How long the reader has waited for input so far, the wait that goes on left out."""
        self._idle_since: float | None = None
        self._kept_bytes = _SMALL

    def put(self, channel: int, batch: Rows) -> float:
        """Hand over a batch; seconds spent blocked because the channel was full. Raises GateClosed."""
        began = time.monotonic()
        blocked = not self.has_room(channel, batch.nbytes)
        if blocked:
            self.wait_for_room(channel, batch.nbytes)
        waited = time.monotonic() - began if blocked else 0.0
        self.add(channel, batch)
        return waited

    def has_room(self, channel: int, size: int) -> bool:
        """Whether a batch of ``size`` bytes fits into the channel now."""
        target = self._channels[channel]
        return not target.bytes or target.bytes + size <= self._capacity

    def wait_for_room(self, channel: int, size: int, give_way: Callable[[], bool] = never) -> bool:
        """Wait until a batch of ``size`` bytes fits; False when ``give_way`` held before that. Raises GateClosed."""
        with self._changed:
            target = self._channels[channel]
            target.blocked_since = time.monotonic()
            self._changed.wait_for(lambda: self._closed or self.has_room(channel, size) or give_way())
            target.blocked_seconds += time.monotonic() - target.blocked_since
            target.blocked_since = None
            self._check_open()
            return self.has_room(channel, size)

    def add(self, channel: int, batch: Rows) -> None:
        """Hand over a batch that there is room for; never blocks. Raises GateClosed."""
        with self._changed:
            self._check_open()
            target = self._channels[channel]
            size = batch.nbytes
            target.items.append(batch)
            target.bytes += size
            target.last = batch if size <= self._kept_bytes else None
            self._changed.notify_all()

    def nudge(self) -> None:
        """Make blocked writers look whether they are to give way."""
        with self._changed:
            self._changed.notify_all()

    def put_barrier(self, channel: int, barrier: Barrier) -> None:
        """Hand over a barrier; never blocks, so that a full channel cannot hold up its siblings."""
        with self._changed:
            self._check_open()
            self._channels[channel].items.append(barrier)
            self._changed.notify_all()

    def take(self, timeout: float | None = None) -> Rows | Barrier | None:
        """The next batch, or the barrier once every channel has delivered it; None after ``timeout`` seconds of nothing."""
        with self._changed:
            item = self._next()
            if item is None:
                self._idle_since = began = time.monotonic()
                self._changed.wait_for(self._ready, timeout)
                self._idle_since = None
                self.idle_seconds += time.monotonic() - began
                item = self._next()
            self._check_open()
            return item

    def close(self) -> None:
        """Wake everybody with GateClosed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def idle_so_far(self) -> float:
        """How many seconds the reader has waited for input so far."""
        with self._changed:
            since = self._idle_since
            return self.idle_seconds + (0.0 if since is None else max(0.0, time.monotonic() - since))

    def keep_last(self, *, everything: bool) -> None:
        """Remember the last batch of each channel whatever its size, or from now on only small ones again."""
        with self._changed:
            self._kept_bytes = _ANY_SIZE if everything else _SMALL
            for channel in self._channels:
                if channel.last is not None and channel.last.nbytes > self._kept_bytes:
                    channel.last = None

    def has_last(self) -> bool:
        """Whether a batch of every channel is remembered."""
        with self._changed:
            return all(channel.last is not None for channel in self._channels)

    def last(self, channels: range) -> list[Rows]:
        """The batches of these channels that are remembered."""
        with self._changed:
            return [batch for channel in channels if (batch := self._channels[channel].last) is not None]

    def waiting_bytes(self) -> int:
        """Bytes in the channels now."""
        with self._changed:
            return sum(channel.bytes for channel in self._channels)

    def level(self, channels: range) -> tuple[float, float]:
        """How full these channels are (0 to 1), and for how many seconds their writers have been blocked so far."""
        now = time.monotonic()
        with self._changed:
            held = [self._channels[channel] for channel in channels]
            room = max(1, self._capacity * len(held))
            return min(1.0, sum(each.bytes for each in held) / room), sum(each.blocked_for(now) for each in held)

    def _check_open(self) -> None:
        if self._closed:
            raise GateClosed

    def _ready(self) -> bool:
        return self._closed or self._aligned() or any(channel.readable() for channel in self._channels)

    def _aligned(self) -> bool:
        return all(channel.at_barrier() for channel in self._channels)

    def _next(self) -> Rows | Barrier | None:
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

    def _pop(self, channel: _Channel) -> Rows | Barrier:
        item = channel.items.popleft()
        size = 0 if isinstance(item, Barrier) else item.nbytes
        channel.bytes -= size
        if self._room.took(size, time.monotonic(), self.idle_seconds):
            self._capacity = self._room.bytes // len(self._channels)
        self._changed.notify_all()
        return item
