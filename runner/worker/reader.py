"""One thread per source: asks for splits, reads them, keeps their positions, and puts barriers in band."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from runner.connectors.base import Batch, Pace, Source
from runner.protocol import Barrier, Split
from runner.worker.failure import blame
from runner.worker.gate import GateClosed
from runner.worker.ledger import Ledger
from runner.worker.meter import Meter
from runner.worker.outlet import Outlet
from runner.worker.rate import RateLimit


@dataclass(slots=True)
class _Reading:
    split: Split
    batches: Iterator[Batch]


class Reader:
    """Reads the splits of one source. ``run`` is the thread; the other methods are called from the control thread."""

    def __init__(
        self,
        source: Source,
        outlet: Outlet,
        ledger: Ledger,
        meter: Meter,
        *,
        pace: Pace,
        rate: RateLimit,
        request_split: Callable[[str], None],
        drained: Callable[[], None],
    ) -> None:
        self.id = source.context.plugin.id
        self._source = source
        self._outlet = outlet
        self._ledger = ledger
        self._meter = meter
        self._pace = pace
        self._rate = rate
        self._request_split = request_split
        self._announce_drained = drained
        self._changed = threading.Condition()
        self._assigned: deque[Split] = deque()
        self._held: dict[str, Split] = {}  # every split to report: being read, waiting, or finished but not yet in a checkpoint
        self._barriers: deque[Barrier] = deque()
        self._requested = False
        self._exhausted = False
        self._stopped_by: int | None = None
        self._closed = False
        self._reading: _Reading | None = None
        self.drained = False
        """Told that nothing is left, and everything given has been read."""

    def assign(self, split: Split) -> None:
        """Read ``split`` next."""
        with self._changed:
            self._assigned.append(split)
            self._held[split.id] = split
            self._requested = False
            self._changed.notify()

    def exhaust(self) -> None:
        """No further split will come."""
        with self._changed:
            self._exhausted = True
            self._changed.notify()

    def barrier(self, barrier: Barrier) -> None:
        """Put ``barrier`` into the stream at the next batch boundary; with ``stop`` read nothing after it."""
        with self._changed:
            self._barriers.append(barrier)
            self._changed.notify()

    def completed(self, splits: list[Split]) -> None:
        """A checkpoint with these splits is durable: its finished ones need not be reported again."""
        with self._changed:
            for split in splits:
                if split.finished:
                    self._held.pop(split.id, None)

    def resume(self, checkpoint: int) -> None:
        """``checkpoint``, which was to stop the reader, will not happen: read on, unless a later one has stopped it since."""
        with self._changed:
            if self._stopped_by == checkpoint:
                self._stopped_by = None
                self._changed.notify()

    def close(self) -> None:
        """End the thread at its next step."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def run(self) -> None:
        """The thread: until closed (GateClosed) or the source fails (StageError)."""
        with blame(self.id):
            while True:
                self._step()

    def _step(self) -> None:
        barrier = self._wait_for_work()
        if barrier is not None:
            self._pass(barrier)
            return
        if self._reading is None:
            self._open_next()
        if self._reading is not None:
            self._read_once(self._reading)

    def _wait_for_work(self) -> Barrier | None:
        """A barrier to pass, or None when there is something to read."""
        with self._changed:
            while True:
                if self._closed:
                    raise GateClosed
                if self._barriers:
                    return self._barriers.popleft()
                timeout = self._pause()
                if timeout == 0.0:
                    return None
                began = time.monotonic()
                self._changed.wait(timeout)
                self._meter.idle_seconds += time.monotonic() - began

    def _pause(self) -> float | None:
        """Seconds to wait before reading: 0 to read now, None until something changes. Holds the lock."""
        if self._stopped_by is not None:
            return None
        if self._reading is None and not self._assigned:
            self._ask_for_split()
            return None
        return self._rate.wait_seconds()

    def _ask_for_split(self) -> None:
        if self._exhausted:
            if not self.drained:
                self.drained = True
                self._announce_drained()
        elif not self._requested:
            self._requested = True
            self._request_split(self.id)

    def _open_next(self) -> None:
        with self._changed:
            split = self._assigned.popleft()
        if split.finished:
            return
        self._reading = _Reading(split, self._source.read(split, self._pace))

    def _read_once(self, reading: _Reading) -> None:
        began = time.monotonic()
        batch = next(reading.batches, None)
        meter = self._meter
        meter.busy_seconds += time.monotonic() - began
        if batch is None:
            self._finish(reading)
            return
        if batch.data.num_rows:
            meter.backpressured_seconds += self._outlet.put(batch.data)
        meter.rows_in += batch.data.num_rows
        meter.rows_out += batch.data.num_rows
        meter.bytes_in += batch.input_bytes
        meter.bytes_out += batch.data.nbytes
        self._rate.spend(batch.data.num_rows, batch.input_bytes)
        with self._changed:
            self._held[reading.split.id] = msgspec.structs.replace(reading.split, position=batch.position)

    def _finish(self, reading: _Reading) -> None:
        self._reading = None
        with self._changed:
            held = self._held[reading.split.id]
            self._held[reading.split.id] = msgspec.structs.replace(held, finished=True)

    def _pass(self, barrier: Barrier) -> None:
        with self._changed:
            splits = list(self._held.values())
            self._stopped_by = barrier.checkpoint if barrier.stop else None
        self._ledger.source_passed(barrier, self.id, splits, rows=self._meter.rows_in, drained=self.drained)
        self._outlet.put_barrier(barrier)
