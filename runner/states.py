"""The execution state machine: the one table that says which state may follow which.

Nothing leaves a terminal state. What deadlines apply, and what happens when one passes, is decided by the supervisor.
"""

from __future__ import annotations

import enum

from spec.errors import FlowdeckError


class ExecutionState(enum.StrEnum):
    """Where one execution of a job stands."""

    CREATED = "CREATED"
    QUEUED = "QUEUED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    RESTARTING = "RESTARTING"
    SAVEPOINTING = "SAVEPOINTING"
    STOPPING = "STOPPING"
    CANCELING = "CANCELING"
    FINISHED = "FINISHED"
    STOPPED = "STOPPED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"

    @property
    def is_terminal(self) -> bool:
        """True when the execution is over for good."""
        return not TRANSITIONS[self]


_S = ExecutionState

TRANSITIONS: dict[ExecutionState, frozenset[ExecutionState]] = {
    _S.CREATED: frozenset({_S.QUEUED, _S.STARTING, _S.STOPPED, _S.CANCELED, _S.FAILED}),
    _S.QUEUED: frozenset({_S.STARTING, _S.STOPPED, _S.CANCELED, _S.FAILED}),
    _S.STARTING: frozenset({_S.RUNNING, _S.PAUSED, _S.RESTARTING, _S.STOPPING, _S.CANCELING, _S.FAILED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.SAVEPOINTING, _S.STOPPING, _S.CANCELING, _S.RESTARTING, _S.FINISHED, _S.FAILED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.SAVEPOINTING, _S.STOPPING, _S.CANCELING, _S.RESTARTING, _S.FINISHED, _S.FAILED}),
    _S.RESTARTING: frozenset({_S.STARTING, _S.STOPPING, _S.CANCELING, _S.FAILED}),
    _S.SAVEPOINTING: frozenset({_S.RUNNING, _S.PAUSED, _S.STOPPING, _S.CANCELING, _S.RESTARTING, _S.FINISHED, _S.FAILED}),
    _S.STOPPING: frozenset({_S.STOPPED, _S.CANCELING, _S.RESTARTING, _S.FINISHED, _S.FAILED}),
    _S.CANCELING: frozenset({_S.CANCELED, _S.FAILED}),
    _S.FINISHED: frozenset(),
    _S.STOPPED: frozenset(),
    _S.CANCELED: frozenset(),
    _S.FAILED: frozenset(),
}


class IllegalTransition(FlowdeckError):
    """A change of state that the table does not allow."""

    code = "illegal-transition"


def check_transition(current: ExecutionState, new: ExecutionState) -> None:
    """Raise :class:`IllegalTransition` unless ``new`` may follow ``current``."""
    if new not in TRANSITIONS[current]:
        reason = "it is over" if current.is_terminal else "the state machine does not allow it"
        raise IllegalTransition(f"an execution cannot go from {current} to {new}: {reason}")
