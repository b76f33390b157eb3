"""Collects what one checkpoint consists of while its barrier passes through the worker."""

from __future__ import annotations

import threading
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

    def source_passed(
        self,
        barrier: Barrier,
        source: str,
        splits: list[Split],
        *,
        waiting: Callable[[], list[Split]],
        rows: int,
        drained: bool,
    ) -> None:
        """A reader of ``source`` is sending ``barrier`` on; ``rows`` it has read since the worker started, ``splits`` it holds.
        When it is the source's last one, ``waiting`` are the splits that nobody has begun."""
        with self._lock:
            record = self._record(barrier)
            held = record.splits.setdefault(source, [])
            held.extend(splits)
            record.passed[source] = record.passed.get(source, 0) + 1
            if record.passed[source] == self._readers[source]:
                held.extend(waiting())
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
        if record.passed == self._readers and len(record.segments) == self._sinks:
            del self._records[record.barrier.checkpoint]
            self._complete(record)
