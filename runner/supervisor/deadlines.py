"""How long an execution may be in each state, and what happens then: the table beside the state machine (runner/states.py).

A state's own limit is kept by the control, as the table says. And if the control itself hangs, the reaper ends it: every state
gets its ``seconds``, and ``Limits.overdue`` on top (see :mod:`runner.supervisor.reaper`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runner.states import ExecutionState
from runner.supervisor.limits import Limits
from spec.job import EnvSpec

Seconds = Callable[[Limits, EnvSpec], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """``seconds`` after which the state has to be left; ``then`` says what the control does."""

    seconds: Seconds
    then: str


def _attempt(limits: Limits, _env: EnvSpec) -> float:
    """Workers are forked, ready, recovered and enumerated; before that, what former executions left is put in order."""
    return limits.settling + limits.starting


def _checkpoint(limits: Limits, env: EnvSpec) -> float:
    """One that is in flight, then this one: each is prepared, made durable and committed."""
    return 4 * env.checkpoint.timeout + limits.savepoint_patience


def _rest(_limits: Limits, env: EnvSpec) -> float:
    return max(env.restart.delay, env.restart.maximum_delay)


def _stop(limits: Limits, env: EnvSpec) -> float:
    """The savepoint; when it fails, one more attempt to get it; then without."""
    return 2 * (_checkpoint(limits, env) + limits.farewell + limits.grace) + _attempt(limits, env) + limits.settling


def _cancel(limits: Limits, _env: EnvSpec) -> float:
    return limits.grace + limits.killing + limits.settling


_S = ExecutionState
DEADLINES: Final[dict[ExecutionState, Deadline]] = {
    _S.CREATED: Deadline(lambda limits, _env: limits.starting, "the reaper carries it on: nobody has begun it"),
    _S.STARTING: Deadline(_attempt, "the attempt fails (start-timeout), its workers are killed, the restart strategy decides"),
    _S.SAVEPOINTING: Deadline(_checkpoint, "the savepoint fails, the execution runs on; too many failures end the attempt"),
    _S.RESTARTING: Deadline(_rest, "the next attempt begins"),
    _S.STOPPING: Deadline(_stop, "one more attempt takes the savepoint where the last checkpoint is; then STOPPED without"),
    _S.CANCELING: Deadline(_cancel, "TERM to the process groups, KILL after the grace; CANCELED, settled or not"),
}
"""The states that pass by themselves. QUEUED waits for its turn and RUNNING and PAUSED for people, however long that takes;
terminal states stay."""


def overdue_after(state: ExecutionState, limits: Limits, env: EnvSpec) -> float | None:
    """Seconds in ``state`` after which its control must have hung; None: it may stay."""
    found = DEADLINES.get(state)
    return None if found is None else found.seconds(limits, env) + limits.overdue
