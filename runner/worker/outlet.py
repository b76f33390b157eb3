"""Where a stage or a reader hands its rows on: to every channel that reads its dataset."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from runner.protocol import Barrier
from runner.worker.gate import Gate


class Outlet:
    """The channels that read one dataset. Fan-out shares the batches, it does not copy them."""

    def __init__(self, channels: Sequence[tuple[Gate, int]]) -> None:
        self._channels = tuple(channels)

    def put(self, batch: pa.RecordBatch) -> float:
        """Hand a batch to every reader; seconds spent blocked. Raises GateClosed."""
        return sum(gate.put(channel, batch) for gate, channel in self._channels)

    def put_barrier(self, barrier: Barrier) -> None:
        """Hand a barrier to every reader."""
        for gate, channel in self._channels:
            gate.put_barrier(channel, barrier)
