"""One thread: makes each checkpoint's output durable, reports it, and commits it when the supervisor says so."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runner.connectors.base import SinkSegment
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


class Committer:
    """``run`` is the thread. Checkpoints are settled one after the other, in order."""

    def __init__(
        self,
        worker: int,
        sinks: Mapping[str, str],
        rejections: Rejections,
        *,
        prepared: Callable[[PreparedCheckpoint], None],
        committed: Callable[[CommittedCheckpoint], None],
        aborted: Callable[[CheckpointRecord], None],
    ) -> None:
        self._worker = worker
        self._connectors = dict(sinks)  # sink id -> plugin name
        self._rejections = rejections
        self._report_prepared = prepared
        self._report_committed = committed
        self._report_aborted = aborted
        self._changed = threading.Condition()
        self._records: deque[CheckpointRecord] = deque()  # no more than the supervisor has barriers under way
        self._completed: set[int] = set()
        self._aborted: set[int] = set()
        self._closed = False
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
        tokens = list(self._carried)
        states = []
        for sink, segment in record.segments.items():
            new_tokens, state = self._prepare(sink, segment, checkpoint)
            tokens.extend(new_tokens)
            states.extend(state)
        splits = [split for splits in record.splits.values() for split in splits]
        rejected = self._rejections.end_segment(checkpoint)
        tokens.extend(rejected.tokens)
        samples = (*self._carried_samples, *rejected.samples)
        if checkpoint not in self._aborted:
            seconds = time.monotonic() - record.aligned_at
            self._report_prepared(PreparedCheckpoint(record, splits, tokens, states, rejected.counts, samples, seconds))
        read = self._carried_read + record.read
        if self._wait_completed(checkpoint):
            self._carried, self._carried_samples, self._carried_read = [], (), []
            self._report_committed(self._commit(record, tokens, read))
        else:
            self._carried, self._carried_samples, self._carried_read = tokens, samples, read
            self._report_aborted(record)

    def _prepare(self, sink: str, segment: SinkSegment, checkpoint: int) -> tuple[list[SinkToken], list[OperatorState]]:
        try:
            result = segment.prepare(checkpoint)
        except Exception as error:
            raise StageError(sink, error) from error
        tokens = [SinkToken(sink=sink, connector=self._connectors[sink], data=data) for data in result.tokens]
        states = [] if result.state is None else [OperatorState(plugin=sink, worker=self._worker, data=result.state)]
        return tokens, states

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
