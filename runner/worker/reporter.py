"""Everything a worker says: messages that carry its identity."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from runner.model import ErrorInfo, FailedSplit
from runner.observation import PluginSample
from runner.protocol import (
    Committed,
    EdgeLevel,
    Enumerated,
    Failed,
    Heartbeat,
    NotPrepared,
    PluginCounters,
    Prepared,
    Ready,
    Recovered,
    Sampled,
    Settle,
    Split,
    SplitRequest,
    Start,
    SupervisorMessage,
)
from runner.worker.committer import CommittedCheckpoint, PreparedCheckpoint
from runner.worker.link import Link


class Reporter:
    """Sends as the worker that ``order`` made. Safe from any thread; every method raises LinkClosed when nobody listens."""

    def __init__(self, link: Link, order: Start | Settle) -> None:
        self._link = link
        self._attempt = {"execution": order.execution, "attempt": order.attempt, "epoch": order.epoch}
        self._sender: dict[str, Any] = {**self._attempt, "worker": order.worker}

    def is_addressed_by(self, message: SupervisorMessage) -> bool:
        """Whether ``message`` is for this attempt and epoch of the execution."""
        return self._attempt == {"execution": message.execution, "attempt": message.attempt, "epoch": message.epoch}

    def ready(self) -> None:
        """The pipeline stands."""
        self._link.send(Ready(pid=os.getpid(), **self._sender))

    def recovered(self) -> None:
        """The answer to Recover and to Settle."""
        self._link.send(Recovered(**self._sender))

    def enumerated(self, splits: list[Split]) -> None:
        """The answer to Enumerate."""
        self._link.send(Enumerated(splits=splits, **self._sender))

    def request_split(self, source: str) -> None:
        """A reader is idle."""
        self._link.send(SplitRequest(source=source, **self._sender))

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
                rejected=prepared.rejected,
                rejections=prepared.rejections,
                alignment_seconds=record.aligned_at - record.heard_at,
                prepare_seconds=prepared.prepare_seconds,
                **self._sender,
            )
        )

    def not_prepared(self, checkpoint: int, error: ErrorInfo) -> None:
        """A checkpoint fails; nothing of it is lost."""
        self._link.send(NotPrepared(checkpoint=checkpoint, error=error, **self._sender))

    def committed(self, committed: CommittedCheckpoint) -> None:
        """A checkpoint's output is visible."""
        self._link.send(
            Committed(
                checkpoint=committed.record.barrier.checkpoint,
                commit_seconds=committed.commit_seconds,
                latency=committed.latency.counts,
                **self._sender,
            )
        )

    def heartbeat(
        self,
        counters: Sequence[PluginCounters],
        *,
        cpu_seconds: float,
        memory_bytes: int,
        drained: bool,
        splits_heard: int,
        splits_finished: int,
        edges: list[EdgeLevel],
    ) -> None:
        """Alive."""
        self._link.send(
            Heartbeat(
                counters=list(counters),
                cpu_seconds=cpu_seconds,
                memory_bytes=memory_bytes,
                drained=drained,
                splits_heard=splits_heard,
                splits_finished=splits_finished,
                edges=edges,
                **self._sender,
            )
        )

    def sampled(self, request: int, samples: list[PluginSample]) -> None:
        """The answer to Sample."""
        self._link.send(Sampled(request=request, samples=samples, **self._sender))

    def failed(self, error: ErrorInfo, *, retriable: bool, splits: Sequence[FailedSplit] = ()) -> None:
        """The last word."""
        self._link.send(Failed(error=error, retriable=retriable, splits=tuple(splits), **self._sender))
