"""One thread per stage: takes input from its gate, runs one streaming query per part, and writes or hands on the result."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import duckdb
import pyarrow as pa

from runner.connectors.base import Part, PartLimit, Sink
from runner.dataset.stored_rows import Rows, StoredRows
from runner.protocol import Barrier
from runner.worker.failure import StageError
from runner.worker.flow import StageFlow
from runner.worker.gate import Gate, GateClosed
from runner.worker.ledger import Ledger
from runner.worker.outlet import Outlet
from runner.worker.part import PartInput, QueryPart
from runner.worker.rejections import RejectionPort
from runner.worker.screen import Screen
from runner.worker.sink_screen import SinkScreen
from runner.worker.stored_part import StoredInput, StoredPart
from runner.worker.verdicts import Judge, Step, is_of_a_row

HAND_ON_SECONDS = 0.25
"""How long a stage that feeds other stages may hold rows back before its query ends and they see them all."""


class StageEnd(Protocol):
    """What a stage does with its rows."""

    limit: PartLimit

    def blocked_seconds(self) -> float:
        """How long it has waited for room so far. From any thread."""

    def write(self, part: Part) -> int:
        """Consume the part; the number of rows."""

    def barrier(self, barrier: Barrier) -> None:
        """Everything before ``barrier`` has been written."""


class SinkEnd:
    """The stage ends in a sink."""

    def __init__(self, sink: Sink, ledger: Ledger) -> None:
        self.limit = sink.part_limit
        self._sink = sink
        self._ledger = ledger
        self._rows = 0

    def blocked_seconds(self) -> float:
        """A sink that takes its time is busy."""
        return 0.0

    def write(self, part: Part) -> int:
        """Let the sink write it."""
        rows = self._sink.write(part)
        self._rows += rows
        return rows

    def barrier(self, barrier: Barrier) -> None:
        """Hand what the sink wrote to the committer."""
        segment = self._sink.end_segment(barrier.kind)
        self._ledger.sink_passed(barrier, self._sink.context.plugin.id, segment, rows=self._rows)


class OutletEnd:
    """The stage feeds other stages."""

    def __init__(self, outlet: Outlet) -> None:
        self.limit = PartLimit(seconds=HAND_ON_SECONDS)
        self._blocked = 0.0
        self._outlet = outlet

    def blocked_seconds(self) -> float:
        """How long the stages that it feeds have had no room."""
        return self._blocked + self._outlet.blocked_for()

    def write(self, part: Part) -> int:
        """Hand on every batch."""
        rows = 0
        for batch in part.batches():
            self._blocked += self._outlet.put(batch).blocked_seconds
            rows += batch.num_rows
        return rows

    def barrier(self, barrier: Barrier) -> None:
        """Pass it on."""
        self._outlet.put_barrier(barrier)


@dataclass(frozen=True, slots=True)
class StageQuery:
    """The compiled transforms of a stage. ``sql`` None: there are none. ``steps``: the same one after the other."""

    sql: str | None
    input_schema: pa.Schema
    output_schema: pa.Schema
    steps: tuple[Step, ...] = ()


class Stage:
    """``run`` is the thread. ``plugin`` is who failures are attributed to when nothing better is known. With a ``screen`` the
    rows go through it instead of through the query; a ``sink_screen`` takes out what the sink refuses."""

    def __init__(
        self,
        plugin: str,
        connection: duckdb.DuckDBPyConnection,
        gate: Gate,
        query: StageQuery,
        end: StageEnd,
        flow: StageFlow,
        *,
        rejections: RejectionPort,
        screen: Screen | None = None,
        sink_screen: SinkScreen | None = None,
    ) -> None:
        self.plugin = plugin
        self._connection = connection
        self._gate = gate
        self._query = query
        self._end = end
        self._flow = flow
        self._rejections = rejections
        self._screen = screen
        self._sink_screen = sink_screen
        self._leftover: Rows | None = None
        self._accounting = threading.Lock()
        self._accounted: tuple[float, float, float] | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The transforms, one after the other."""
        return self._query.steps

    def account(self) -> None:
        """Count the time since this was done last as idle, held up or busy. From any thread, now and then: work that takes long
        is seen while it goes on."""
        with self._accounting:
            now = (time.monotonic(), self._gate.idle_so_far(), self._end.blocked_seconds())
            if self._accounted is not None:
                elapsed, idle, blocked = (max(0.0, new - old) for new, old in zip(now, self._accounted, strict=True))
                self._flow.spent(busy=max(0.0, elapsed - idle - blocked), idle=idle, backpressured=blocked)
            self._accounted = now

    def run(self) -> None:
        """The thread: until the gate closes (GateClosed) or something fails (StageError)."""
        while True:
            item = self._leftover if self._leftover is not None else self._gate.take()
            self._leftover = None
            if isinstance(item, Barrier):
                self._pass(item)
            elif isinstance(item, StoredRows):
                self._write_stored(item)
            elif item is not None:
                self._write_part(item)

    def _write_part(self, first: pa.RecordBatch) -> None:
        source = PartInput(self._gate, first, self._end.limit, self._flow.read)
        part = self._part(source)
        try:
            rows = self._end.write(part)
        except Exception as error:
            if isinstance(source.failure, GateClosed) or isinstance(error, GateClosed):
                raise GateClosed from None
            raise self._blamed(source.failure or error, source.newest) from error
        self._flow.wrote(rows, self._sink_screen.take_refused() if self._sink_screen is not None else 0)
        self._leftover = source.leftover
        if source.barrier is not None:
            self._pass(source.barrier)

    def _write_stored(self, first: StoredRows) -> None:
        query = self._query
        source = StoredInput(self._gate, first, self._end.limit, self._flow.read)
        part = StoredPart(self._connection, source.gather(), query.sql, query.input_schema, query.output_schema)
        try:
            rows = self._end.write(part)
        except Exception as error:
            raise (part.failure or self._blamed(error, part.newest)) from error
        self._flow.wrote(rows)
        self._leftover = source.leftover
        if source.barrier is not None:
            self._pass(source.barrier)

    def _blamed(self, error: BaseException, newest: pa.RecordBatch | None) -> StageError:
        """The failure of a part, as that of the transform that a row of the ``newest`` batch fails in, if it is that."""
        if self.steps and newest is not None and isinstance(error, duckdb.Error) and is_of_a_row(error):
            try:
                Judge(self._connection, self.steps).verdicts(newest)
            except StageError as found:
                return found
            except duckdb.Error:
                return StageError(self.plugin, error)
        return StageError(self.plugin, error)

    def _part(self, source: PartInput) -> QueryPart:
        query = self._query
        if self._screen is None and self._sink_screen is None:
            reader = pa.RecordBatchReader.from_batches(query.input_schema, source.batches())
            return QueryPart(self._connection, reader, query.sql, query.output_schema)
        reader = pa.RecordBatchReader.from_batches(query.output_schema, source.through(self._screened))
        return QueryPart(self._connection, reader, None, query.output_schema)

    def _screened(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        schema, sql = self._query.input_schema, self._query.sql
        if self._screen is not None:
            batches, schema, sql = self._screen.batches(batches), self._query.output_schema, None
        if self._sink_screen is None:
            return batches
        return self._sink_screen.batches(batches, schema, sql)

    def _pass(self, barrier: Barrier) -> None:
        self._rejections.pass_barrier()
        try:
            self._end.barrier(barrier)
        except GateClosed:
            raise
        except Exception as error:
            raise StageError(self.plugin, error) from error
