"""The state machine of a watched job file: the one table that says which state may follow which, and why.

A daemon that dies leaves a file in any of these states. Under the next one a file that was being looked at is looked at again
(the arrows back to PARSING), and an upgrade goes on where it was (see :mod:`runner.supervisor.reloading.upgrade`).
"""

from __future__ import annotations

from typing import Final

from runner.reload import ReloadState, UpgradePhase
from spec.errors import FlowdeckError

_S = ReloadState
_P = UpgradePhase

TRANSITIONS: Final[dict[ReloadState, frozenset[ReloadState]]] = {
    # Saved, and its content is another one; or it is gone.
    _S.SYNCED: frozenset({_S.PARSING, _S.ORPHANED}),
    # Read; or it cannot be read; or it was saved again or left off before it was.
    _S.PARSING: frozenset({_S.VALIDATING, _S.INVALID, _S.PARSING, _S.ORPHANED}),
    # Checked; or there are errors.
    _S.VALIDATING: frozenset({_S.PLANNING, _S.INVALID, _S.PARSING, _S.ORPHANED}),
    _S.INVALID: frozenset({_S.PARSING, _S.ORPHANED}),
    # Nothing to do, or done in place; to be approved; refused; to be done.
    _S.PLANNING: frozenset(
        {_S.SYNCED, _S.PENDING_APPROVAL, _S.BLOCKED, _S.UPGRADING, _S.UPGRADE_FAILED, _S.PARSING, _S.ORPHANED}
    ),
    # Approved, or saved again: looked at once more. Discarded.
    _S.PENDING_APPROVAL: frozenset({_S.PARSING, _S.BLOCKED, _S.ORPHANED}),
    _S.BLOCKED: frozenset({_S.PARSING, _S.ORPHANED}),
    # Stable; nothing was stopped; the new one does not work; nothing works. What was planned does not hold any more.
    _S.UPGRADING: frozenset({_S.UPGRADING, _S.SYNCED, _S.UPGRADE_FAILED, _S.BLOCKED, _S.ROLLING_BACK, _S.FAILED, _S.PARSING}),
    # The last stable one runs again; it does not. Another daemon goes on with it.
    _S.ROLLING_BACK: frozenset({_S.ROLLED_BACK, _S.FAILED, _S.ROLLING_BACK, _S.PARSING}),
    _S.ROLLED_BACK: frozenset({_S.PARSING, _S.ORPHANED}),
    _S.UPGRADE_FAILED: frozenset({_S.PARSING, _S.ORPHANED}),
    _S.FAILED: frozenset({_S.PARSING, _S.ORPHANED}),
    # It is back.
    _S.ORPHANED: frozenset({_S.PARSING}),
}

PHASES: Final[dict[UpgradePhase | None, frozenset[UpgradePhase]]] = {
    # Something runs; or nothing does that could be stopped.
    None: frozenset({_P.SAVEPOINTING, _P.RESTORING, _P.OBSERVING}),
    # It has ended by itself meanwhile, and the upgrade begins anew.
    _P.SAVEPOINTING: frozenset({_P.STOPPED, _P.SAVEPOINTING, _P.RESTORING}),
    _P.STOPPED: frozenset({_P.RESTORING}),
    _P.RESTORING: frozenset({_P.STARTING}),
    _P.STARTING: frozenset({_P.OBSERVING}),
    _P.OBSERVING: frozenset({_P.OBSERVING}),
}

FIRST: Final = _S.PARSING
"""The state in which a file is first known."""

AT_WORK: Final = frozenset({_S.PARSING, _S.VALIDATING, _S.PLANNING, _S.UPGRADING, _S.ROLLING_BACK})
"""The states that pass by themselves, and that only a daemon's death leaves a file in."""

REFUSED: Final = frozenset({_S.INVALID, _S.BLOCKED, _S.ROLLED_BACK, _S.UPGRADE_FAILED, _S.FAILED})
"""The content of the file is not what runs, and is not tried again before it changes or somebody asks for that."""


class IllegalReload(FlowdeckError):
    """A change of a watched file's state that the table does not allow."""

    code = "illegal-transition"


def check_transition(
    state: ReloadState, phase: UpgradePhase | None, new: ReloadState, new_phase: UpgradePhase | None = None
) -> None:
    """Raise :class:`IllegalReload` unless ``new`` in ``new_phase`` may follow ``state`` in ``phase``."""
    if new not in TRANSITIONS[state]:
        raise IllegalReload(f"a watched file cannot go from {state} to {new}")
    if (new_phase is not None) is not (new is _S.UPGRADING):
        raise IllegalReload(f"a watched file that is {new} {'has no phase' if new_phase else 'has a phase'}")
    if new_phase is not None and new_phase not in PHASES[phase]:
        raise IllegalReload(f"an upgrade cannot go from {phase or 'its beginning'} to {new_phase}")
