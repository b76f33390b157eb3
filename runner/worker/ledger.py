"""Collects what one checkpoint consists of while its barrier passes through the worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runner.connectors.base import SinkSegment
from runner.protocol import Barrier, Split


@dataclass(slots=True)
class CheckpointRecord:
    """One checkpoint of this worker: complete when the barrier has passed every source and every sink."""

    barrier: Barrier
    splits: dict[str, list[Split]] = field(default_factory=dict)
    segments: dict[str, SinkSegment] = field(default_factory=dict)
    rows_in: int = 0
    rows_out: int = 0
    drained: bool = True


class Ledger:
    """Called by reader and stage threads; hands every complete record to ``complete`` (in checkpoint order)."""

    def __init__(self, sources: Sequence[str], sinks: Sequence[str], complete: Callable[[CheckpointRecord], None]) -> None:
        self._sources = len(sources)
        self._sinks = len(sinks)
        self._complete = complete
        self._records: dict[int, CheckpointRecord] = {}
        self._lock = threading.Lock()

    def source_passed(self, barrier: Barrier, source: str, splits: list[Split], *, rows: int, drained: bool) -> None:
        """``source`` has sent ``barrier`` on; ``rows`` it has read since the worker started."""
        with self._lock:
            record = self._record(barrier)
            record.splits[source] = splits
            record.rows_in += rows
            record.drained = record.drained and drained
            self._finish(record)

    def sink_passed(self, barrier: Barrier, sink: str, segment: SinkSegment, *, rows: int) -> None:
        """``sink`` has written everything before ``barrier``; ``rows`` since the worker started."""
        with self._lock:
            record = self._record(barrier)
            record.segments[sink] = segment
            record.rows_out += rows
            self._finish(record)

    def _record(self, barrier: Barrier) -> CheckpointRecord:
        return self._records.setdefault(barrier.checkpoint, CheckpointRecord(barrier))

    def _finish(self, record: CheckpointRecord) -> None:
        if len(record.splits) == self._sources and len(record.segments) == self._sinks:
            del self._records[record.barrier.checkpoint]
            self._complete(record)
