"""One thread: makes each checkpoint's output durable, reports it, and commits it when the supervisor says so."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runner.connectors.base import NotPrepared, SinkSegment
from runner.connectors.registry import sink_class
from runner.latency import LatencyHistogram
from runner.model import RejectedRows, Rejection
from runner.protocol import OperatorState, SinkToken, Split
from runner.worker.failure import StageError
from runner.worker.gate import GateClosed
from runner.worker.ledger import CheckpointRecord
from runner.worker.read_times import latencies
from runner.worker.rejections import Rejections


@dataclass(slots=True)
class PreparedCheckpoint:
    """What the Prepared message carries."""

    record: CheckpointRecord
    splits: list[Split]
    tokens: list[SinkToken]
    states: list[OperatorState]
    rejected: tuple[RejectedRows, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    prepare_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CommittedCheckpoint:
    """What the Committed message carries."""

    record: CheckpointRecord
    commit_seconds: float
    latency: LatencyHistogram


@dataclass(frozen=True, slots=True)
class Unprepared:
    """A sink's segment that is not prepared yet, and the checkpoint it was written for."""

    sink: str
    segment: SinkSegment
    checkpoint: int


class Committer:
    """``run`` is the thread. Checkpoints are settled one after the other, in order. What was or could not be prepared for one
    that fails goes into the next."""

    def __init__(
        self,
        worker: int,
        sinks: Mapping[str, str],
        rejections: Rejections,
        *,
        prepared: Callable[[PreparedCheckpoint], None],
        not_prepared: Callable[[CheckpointRecord, StageError], None],
        committed: Callable[[CommittedCheckpoint], None],
        aborted: Callable[[CheckpointRecord], None],
    ) -> None:
        self._worker = worker
        self._connectors = dict(sinks)  # sink id -> plugin name
        self._rejections = rejections
        self._report_prepared = prepared
        self._report_not_prepared = not_prepared
        self._report_committed = committed
        self._report_aborted = aborted
        self._changed = threading.Condition()
        self._records: deque[CheckpointRecord] = deque()  # no more than the supervisor has barriers under way
        self._completed: set[int] = set()
        self._aborted: set[int] = set()
        self._closed = False
        self._unprepared: deque[Unprepared] = deque()
        self._carried: list[SinkToken] = []
        self._carried_samples: tuple[Rejection, ...] = ()
        self._carried_read: list[tuple[float, int]] = []

    def add(self, record: CheckpointRecord) -> None:
        """A checkpoint whose barrier has passed everything."""
        with self._changed:
            self._records.append(record)
            self._changed.notify()

    def complete(self, checkpoint: int) -> None:
        """The checkpoint is durable at the supervisor's."""
        with self._changed:
            self._completed.add(checkpoint)
            self._changed.notify()

    def abort(self, checkpoint: int) -> None:
        """The checkpoint will not happen."""
        with self._changed:
            self._aborted.add(checkpoint)
            self._changed.notify()

    def close(self) -> None:
        """End the thread; what is prepared and not completed stays uncommitted."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def run(self) -> None:
        """The thread: until closed (GateClosed) or something fails (StageError)."""
        while True:
            self._settle(self._next_record())

    def _next_record(self) -> CheckpointRecord:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._records)
            if self._closed:
                raise GateClosed
            return self._records.popleft()

    def _settle(self, record: CheckpointRecord) -> None:
        checkpoint = record.barrier.checkpoint
        self._unprepared.extend(Unprepared(sink, segment, checkpoint) for sink, segment in record.segments.items())
        states, failure = self._prepare()
        rejected = self._rejections.end_segment(checkpoint)
        self._carried.extend(rejected.tokens)
        self._carried_samples += rejected.samples
        splits = [split for splits in record.splits.values() for split in splits]
        if checkpoint not in self._aborted:
            if failure is not None:
                self._report_not_prepared(record, failure)
            else:
                seconds = time.monotonic() - record.aligned_at
                tokens, samples = list(self._carried), self._carried_samples
                self._report_prepared(PreparedCheckpoint(record, splits, tokens, states, rejected.counts, samples, seconds))
        self._carried_read += record.read
        if self._wait_completed(checkpoint):
            tokens, read = self._carried, self._carried_read
            self._carried, self._carried_samples, self._carried_read = [], (), []
            self._report_committed(self._commit(record, tokens, read))
        else:
            self._report_aborted(record)

    def _prepare(self) -> tuple[list[OperatorState], StageError | None]:
        """Prepare what is not prepared, in order: the newest state of each sink, and why that had to be left."""
        states: dict[str, OperatorState] = {}
        while self._unprepared:
            waiting = self._unprepared[0]
            sink = waiting.sink
            try:
                result = waiting.segment.prepare(waiting.checkpoint)
            except NotPrepared as error:
                return [], StageError(sink, error)
            except Exception as error:
                raise StageError(sink, error) from error
            self._unprepared.popleft()
            self._carried.extend(SinkToken(sink=sink, connector=self._connectors[sink], data=data) for data in result.tokens)
            if result.state is not None:
                states[sink] = OperatorState(plugin=sink, worker=self._worker, data=result.state)
        return list(states.values()), None

    def _wait_completed(self, checkpoint: int) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or checkpoint in self._completed | self._aborted)
            if self._closed:
                raise GateClosed
            completed = checkpoint in self._completed
            self._completed = {other for other in self._completed if other > checkpoint}
            self._aborted = {other for other in self._aborted if other > checkpoint}
            return completed

    def _commit(self, record: CheckpointRecord, tokens: list[SinkToken], read: list[tuple[float, int]]) -> CommittedCheckpoint:
        began = time.monotonic()
        for token in tokens:
            commit_token(token)
        visible = time.monotonic()
        return CommittedCheckpoint(record, visible - began, latencies(read, visible))


def commit_token(token: SinkToken) -> None:
    """Make a token's output visible, whatever became of the sink that handed it out. Raises StageError."""
    try:
        sink_class(token.connector).commit(token.data)
    except Exception as error:
        raise StageError(token.sink, error) from error
