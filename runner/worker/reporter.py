"""Everything a worker says: messages that carry its identity."""

from __future__ import annotations

import os
from collections.abc import Sequence

from runner.model import ErrorInfo
from runner.protocol import (
    Committed,
    Enumerated,
    Failed,
    Heartbeat,
    PluginCounters,
    Prepared,
    Ready,
    Recovered,
    Split,
    SplitRequest,
    Start,
    SupervisorMessage,
)
from runner.worker.committer import PreparedCheckpoint
from runner.worker.link import Link


class Reporter:
    """Sends as the worker that ``start`` made. Safe from any thread; every method raises LinkClosed when nobody listens."""

    def __init__(self, link: Link, start: Start) -> None:
        self._link = link
        self._execution = start.execution
        self._attempt = start.attempt
        self._epoch = start.epoch
        self._worker = start.worker

    def is_addressed_by(self, message: SupervisorMessage) -> bool:
        """Whether ``message`` is for this attempt and epoch of the execution."""
        sender = (message.execution, message.attempt, message.epoch)
        return sender == (self._execution, self._attempt, self._epoch)

    def ready(self) -> None:
        """The pipeline stands."""
        self._link.send(
            Ready(
                pid=os.getpid(),
                execution=self._execution,
                attempt=self._attempt,
                epoch=self._epoch,
                worker=self._worker,
            )
        )

    def recovered(self) -> None:
        """The answer to Recover."""
        self._link.send(Recovered(execution=self._execution, attempt=self._attempt, epoch=self._epoch, worker=self._worker))

    def enumerated(self, splits: list[Split]) -> None:
        """The answer to Enumerate."""
        self._link.send(
            Enumerated(
                splits=splits,
                execution=self._execution,
                attempt=self._attempt,
                epoch=self._epoch,
                worker=self._worker,
            )
        )

    def request_split(self, source: str) -> None:
        """A reader is idle."""
        self._link.send(
            SplitRequest(
                source=source,
                execution=self._execution,
                attempt=self._attempt,
                epoch=self._epoch,
                worker=self._worker,
            )
        )

    def prepared(self, prepared: PreparedCheckpoint) -> None:
        """A checkpoint is durable under staging names."""
        record = prepared.record
        self._link.send(
            Prepared(
                checkpoint=record.barrier.checkpoint,
                splits=prepared.splits,
                tokens=prepared.tokens,
                states=prepared.states,
                rows_in=record.rows_in,
                rows_out=record.rows_out,
                drained=record.drained,
                execution=self._execution,
                attempt=self._attempt,
                epoch=self._epoch,
                worker=self._worker,
            )
        )

    def committed(self, checkpoint: int) -> None:
        """A checkpoint's output is visible."""
        self._link.send(
            Committed(
                checkpoint=checkpoint,
                execution=self._execution,
                attempt=self._attempt,
                epoch=self._epoch,
                worker=self._worker,
            )
        )

    def heartbeat(self, counters: Sequence[PluginCounters], *, cpu_seconds: float, memory_bytes: int, drained: bool) -> None:
        """Alive."""
        self._link.send(
            Heartbeat(
                counters=list(counters),
                cpu_seconds=cpu_seconds,
                memory_bytes=memory_bytes,
                drained=drained,
                execution=self._execution,
                attempt=self._attempt,
                epoch=self._epoch,
                worker=self._worker,
            )
        )

    def failed(self, error: ErrorInfo, *, retriable: bool) -> None:
        """The last word."""
        self._link.send(
            Failed(
                error=error,
                retriable=retriable,
                execution=self._execution,
                attempt=self._attempt,
                epoch=self._epoch,
                worker=self._worker,
            )
        )
