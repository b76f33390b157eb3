"""One reader thread: takes splits from its source's queue, reads them, keeps their positions, and puts barriers in band.

A source has as many readers as it is parallel in this worker (:mod:`runner.worker.source_readers`); each split is read by one
of them, and each has channels of its own into the stages.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from runner.connectors.base import Batch, DataError, Pace, Source
from runner.protocol import Barrier, Split
from runner.worker.failure import StageError, blame
from runner.worker.gate import GateClosed
from runner.worker.ledger import Ledger
from runner.worker.meter import Meter
from runner.worker.outlet import Outlet
from runner.worker.rate import RateLimit
from runner.worker.read_times import ReadTimes
from runner.worker.rejections import RejectionPort
from runner.worker.split_queue import SplitQueue


@dataclass(slots=True)
class _Reading:
    split: Split
    batches: Iterator[Batch] | None = None
    unsent: Batch | None = None
    read_at: float = 0.0


class Reader:
    """``run`` is the thread; the other methods are called from the control thread. ``number`` tells a source's readers apart.

    A barrier passes at once whatever the reader waits for: a batch for which there is no room yet goes behind it.
    """

    def __init__(
        self,
        source: Source,
        number: int,
        splits: SplitQueue,
        outlet: Outlet,
        ledger: Ledger,
        *,
        pace: Pace,
        rate: RateLimit,
        rejections: RejectionPort,
    ) -> None:
        self.id = source.context.plugin.id
        self.meter = Meter(plugin=self.id)
        self._source = source
        self._number = number
        self._splits = splits
        self._outlet = outlet
        self._ledger = ledger
        self._pace = pace
        self._rate = rate
        self._rejections = rejections
        self._changed = splits.changed
        self._held: dict[str, Split] = {}  # every split to report: being read, or finished but not yet in a checkpoint
        self._barriers: deque[Barrier] = deque()
        self._stopped_by: int | None = None
        self._paused = False
        self._closed = False
        self._reading: _Reading | None = None
        self._read_times = ReadTimes()
        self._doing: tuple[str, float] | None = None  # which of the meter's seconds go on, and since when

    def counters(self) -> dict[str, float]:
        """What the meter says, and the seconds of what goes on. From any thread."""
        counted: dict[str, float] = {
            name: getattr(self.meter, name) for name in self.meter.__struct_fields__ if name != "plugin"
        }
        doing = self._doing
        if doing is not None:
            counted[doing[0]] += max(0.0, time.monotonic() - doing[1])
        counted["backpressured_seconds"] += self._outlet.blocked_for()
        return counted

    def barrier(self, barrier: Barrier) -> None:
        """Put ``barrier`` into the stream at the next batch boundary; with ``stop`` read nothing after it."""
        with self._changed:
            self._barriers.append(barrier)
            self._changed.notify_all()
        self._outlet.nudge()

    def completed(self, splits: list[Split]) -> None:
        """A checkpoint with these splits is durable: its finished ones need not be reported again."""
        with self._changed:
            for split in splits:
                if split.finished:
                    self._held.pop(split.id, None)

    def held(self) -> list[Split]:
        """The splits that it has begun and that no durable checkpoint has as finished."""
        with self._changed:
            return list(self._held.values())

    def read_on(self, checkpoint: int) -> None:
        """``checkpoint``, which was to stop the reader, will not happen: read on, unless a later one has stopped it since."""
        with self._changed:
            if self._stopped_by == checkpoint:
                self._stopped_by = None
                self._changed.notify_all()

    def pause(self) -> None:
        """Read nothing until ``resume``; barriers still pass."""
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Read again after ``pause``."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread at its next step."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def run(self) -> None:
        """The thread: until closed (GateClosed) or the source fails (StageError)."""
        with blame(self.id):
            while True:
                self._step()

    def _step(self) -> None:
        barrier = self._wait_for_work()
        reading = self._reading
        if barrier is not None:
            self._pass(barrier)
        elif reading is None:
            raise RuntimeError("there is nothing to read")
        elif reading.unsent is None:
            self._read(reading)
        else:
            self._send(reading, reading.unsent)

    def _wait_for_work(self) -> Barrier | None:
        """A barrier to pass, or None when there is something to read or to send."""
        with self._changed:
            while True:
                if self._closed:
                    raise GateClosed
                if self._barriers:
                    return self._barriers.popleft()
                timeout = self._patience()
                if timeout == 0.0:
                    return None
                began = time.monotonic()
                self._doing = ("idle_seconds", began)
                self._changed.wait(timeout)
                self._doing = None
                self.meter.idle_seconds += time.monotonic() - began

    def _patience(self) -> float | None:
        """Seconds to wait before reading: 0 to go on now, None until something changes. Holds the lock."""
        if self._stopped_by is not None or self._paused:
            return None
        if self._reading is None and not self._begin_split():
            return None
        if self._reading is not None and self._reading.unsent is not None:
            return 0.0
        return self._rate.wait_seconds()

    def _begin_split(self) -> bool:
        split = self._splits.take(self._number)
        if split is None:
            return False
        self._held[split.id] = split
        self._reading = _Reading(split)
        return True

    def _read(self, reading: _Reading) -> None:
        began = time.monotonic()
        self._doing = ("busy_seconds", began)
        try:
            if reading.batches is None:
                reading.batches = self._source.read(reading.split, self._pace)
            reading.unsent = next(reading.batches, None)
        except Exception as error:
            raise StageError(self.id, error, split=reading.split.id) from error
        reading.read_at = time.monotonic()
        self._doing = None
        self.meter.busy_seconds += reading.read_at - began
        if reading.unsent is None:
            self._finish(reading)
        else:
            self._send(reading, reading.unsent)

    def _send(self, reading: _Reading, batch: Batch) -> None:
        """Hand the batch on, unless a barrier comes while there is no room for it: then the batch comes after it."""
        rows = batch.data.num_rows
        if rows:
            delivery = self._outlet.put(batch.data, lambda: bool(self._barriers))
            self.meter.backpressured_seconds += delivery.blocked_seconds
            if not delivery.done:
                return
            self._read_times.add(reading.read_at, rows)
        reading.unsent = None
        try:
            self._rejections.put(self.id, batch.rejected, rows)
        except DataError as error:
            raise StageError(self.id, error, split=reading.split.id) from error
        meter = self.meter
        meter.rows_in += rows
        meter.rows_out += rows
        meter.bytes_in += batch.input_bytes
        meter.bytes_out += batch.data.nbytes
        self._rate.spend(rows + len(batch.rejected), batch.input_bytes)
        with self._changed:
            self._held[reading.split.id] = msgspec.structs.replace(reading.split, position=batch.position)

    def _finish(self, reading: _Reading) -> None:
        with self._changed:
            self._reading = None
            held = self._held[reading.split.id]
            self._held[reading.split.id] = msgspec.structs.replace(held, finished=True)
            self._splits.finish()

    def _pass(self, barrier: Barrier) -> None:
        with self._changed:
            splits = list(self._held.values())
            self._stopped_by = barrier.checkpoint if barrier.stop else None
        self._rejections.pass_barrier()
        self._ledger.source_passed(
            barrier,
            self.id,
            splits,
            waiting=self._splits.waiting,
            rows=self.meter.rows_in,
            drained=self._splits.drained,
            read=self._read_times.take(),
        )
        self._outlet.put_barrier(barrier)
