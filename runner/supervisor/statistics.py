"""Counts what happens under one daemon, from the events that it publishes. In memory only; nothing is counted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runner.model import CheckpointKind, Event
from runner.states import ExecutionState

LOST: Final = frozenset({"worker-lost", "worker-silent", "worker-killed"})
_ENDS: Final = {
    str(ExecutionState.FINISHED): "executions_finished",
    str(ExecutionState.STOPPED): "executions_stopped",
    str(ExecutionState.CANCELED): "executions_canceled",
    str(ExecutionState.FAILED): "executions_failed",
}


@dataclass(slots=True)
class Done:
    """What workers have done: rows and splits that were worked on, processes that joined and were lost."""

    rows_in: int = 0
    rows_out: int = 0
    rows_rejected: int = 0
    splits: int = 0
    joined: int = 0
    disconnected: int = 0

    def plus(self, other: Done) -> Done:
        """Both together."""
        return Done(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class Statistics:
    """The counts by the names that :class:`runner.cluster.ClusterStatistics` has for them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def observe(self, event: Event) -> None:
        """Take in an event."""
        count = _COUNTS.get(event.kind)
        if count is not None:
            self.counts.update(count(event))


def _of_state(event: Event) -> list[str]:
    if event.data.get("state") == str(ExecutionState.RESTARTING):
        return ["restarts"] if event.data.get("attempt") else []
    name = _ENDS.get(str(event.data.get("state")))
    return [name] if name is not None else []


def _of_checkpoint(event: Event) -> list[str]:
    is_savepoint = event.data.get("kind") == str(CheckpointKind.SAVEPOINT)
    return ["checkpoints_committed", *(["savepoints_committed"] if is_savepoint else [])]


_COUNTS: Final[dict[str, Callable[[Event], list[str]]]] = {
    "job.created": lambda _: ["jobs_created"],
    "execution.created": lambda _: ["executions_created"],
    "execution.state": _of_state,
    "attempt.failed": lambda _: ["attempts_failed"],
    "checkpoint.committed": _of_checkpoint,
    "checkpoint.failed": lambda _: ["checkpoints_failed"],
    "worker.killed": lambda _: ["workers_killed"],
}
