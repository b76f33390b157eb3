"""Collects what one checkpoint consists of while its barrier passes through the worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
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
    heard_at: float = 0.0
    """When the barrier came."""
    aligned_at: float = 0.0
    """When it had passed everything."""
    read: list[tuple[float, int]] = field(default_factory=list)
    """When the rows before it were read, and how many at each moment."""
    passed: dict[str, int] = field(default_factory=dict)
    """How many readers of each source the barrier has passed."""


class Ledger:
    """Called by reader and stage threads; hands every complete record to ``complete`` (in checkpoint order).

    ``readers``: how many reader threads each source has.
    """

    def __init__(self, readers: Mapping[str, int], sinks: Sequence[str], complete: Callable[[CheckpointRecord], None]) -> None:
        self._readers = dict(readers)
        self._sinks = len(sinks)
        self._complete = complete
        self._records: dict[int, CheckpointRecord] = {}
        self._lock = threading.Lock()

    def heard(self, barrier: Barrier) -> None:
        """``barrier`` has come and is about to be sent on."""
        with self._lock:
            self._record(barrier)

    def source_passed(
        self,
        barrier: Barrier,
        source: str,
        splits: list[Split],
        *,
        waiting: Callable[[], list[Split]],
        rows: int,
        drained: bool,
        read: list[tuple[float, int]],
    ) -> None:
        """A reader of ``source`` is sending ``barrier`` on; ``rows`` it has read since the worker started, those since the last
        barrier when ``read`` says; ``splits`` it holds. When it is the source's last one, ``waiting`` are the splits that
        nobody has begun."""
        with self._lock:
            record = self._record(barrier)
            held = record.splits.setdefault(source, [])
            held.extend(splits)
            record.passed[source] = record.passed.get(source, 0) + 1
            if record.passed[source] == self._readers[source]:
                held.extend(waiting())
            record.rows_in += rows
            record.read.extend(read)
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
        if barrier.checkpoint not in self._records:
            self._records[barrier.checkpoint] = CheckpointRecord(barrier, heard_at=time.monotonic())
        return self._records[barrier.checkpoint]

    def _finish(self, record: CheckpointRecord) -> None:
        if record.passed == self._readers and len(record.segments) == self._sinks:
            del self._records[record.barrier.checkpoint]
            record.aligned_at = time.monotonic()
            self._complete(record)
