"""Where a stage or a reader hands its rows on: to every channel that reads its dataset."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from runner.dataset.stored_rows import Rows
from runner.protocol import Barrier
from runner.worker.gate import Gate, never


class Delivery(NamedTuple):
    """``done``: everybody has the batch; otherwise nobody has. ``blocked_seconds``: how long there was no room."""

    done: bool
    blocked_seconds: float


class Outlet:
    """The channels that read one dataset from one writing thread. Fan-out shares the batches, it does not copy them."""

    def __init__(self, channels: Sequence[tuple[Gate, int]]) -> None:
        self._channels = tuple(channels)
        self._blocked_since: float | None = None

    def put(self, batch: Rows, give_way: Callable[[], bool] = never) -> Delivery:
        """Hand a batch to every reader as soon as all have room, unless ``give_way`` holds before that (``nudge`` makes a
        blocked writer look at it). Raises GateClosed."""
        size = batch.nbytes
        blocked = 0.0
        for gate, channel in self._channels:
            if not gate.has_room(channel, size):
                self._blocked_since = began = time.monotonic()
                room = gate.wait_for_room(channel, size, give_way)
                self._blocked_since = None
                blocked += time.monotonic() - began
                if not room:
                    return Delivery(done=False, blocked_seconds=blocked)
        for gate, channel in self._channels:  # only this thread writes to them, so there still is room
            gate.add(channel, batch)
        return Delivery(done=True, blocked_seconds=blocked)

    def blocked_for(self) -> float:
        """For how many seconds the writer has been waiting for room; 0 when it is not. From any thread."""
        since = self._blocked_since
        return 0.0 if since is None else max(0.0, time.monotonic() - since)

    def put_barrier(self, barrier: Barrier) -> None:
        """Hand a barrier to every reader."""
        for gate, channel in self._channels:
            gate.put_barrier(channel, barrier)

    def nudge(self) -> None:
        """Make a blocked writer look whether it is to give way."""
        for gate, _ in self._channels:
            gate.nudge()
