"""How an attempt ended. Data, and the reading of an error as such an end."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from runner.model import Checkpoint
from runner.supervisor.errors import AttemptFailed, Conflict, error_info
from runner.supervisor.snapshot import SnapshotUnreadable
from spec.errors import FlowdeckError

_HOPELESS = frozenset({"not-found", "checkpoint-corrupt"})


class Ending(enum.StrEnum):
    """How an attempt ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    CANCELED = "canceled"
    PARKED = "parked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt: COMPLETE with the checkpoint that stopped it, FAILED with the failure."""

    ending: Ending
    checkpoint: Checkpoint | None = None
    failure: AttemptFailed | None = None


def failure_of(error: FlowdeckError) -> AttemptFailed:
    """The error as the end of an attempt. A restore point that is not there or cannot be read stays so."""
    if isinstance(error, AttemptFailed):
        return error
    hopeless = isinstance(error, SnapshotUnreadable | Conflict) or error.code in _HOPELESS
    return AttemptFailed(error_info(error), retriable=not hopeless)
