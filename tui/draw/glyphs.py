"""The sign, the tone and the word of everything that has a state. In this order of trust: glyph and word, then colour."""

from __future__ import annotations

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from runner.states import ExecutionState
from tui.draw.line import Span, Tone

_S = ExecutionState
STATES: dict[ExecutionState, tuple[str, Tone]] = {
    _S.CREATED: ("○", Tone.MUTED),
    _S.QUEUED: ("○", Tone.MUTED),
    _S.STARTING: ("◔", Tone.AMBER),
    _S.RUNNING: ("●", Tone.ACCENT),
    _S.PAUSED: ("∥", Tone.AMBER),
    _S.RESTARTING: ("↻", Tone.AMBER),
    _S.SAVEPOINTING: ("◐", Tone.AMBER),
    _S.STOPPING: ("◐", Tone.AMBER),
    _S.CANCELING: ("◐", Tone.AMBER),
    _S.FINISHED: ("✓", Tone.MUTED),
    _S.STOPPED: ("■", Tone.MUTED),
    _S.CANCELED: ("□", Tone.MUTED),
    _S.FAILED: ("✗", Tone.RED),
}


def state(value: ExecutionState) -> tuple[Span, ...]:
    """``● RUNNING``."""
    glyph, tone = STATES[value]
    return (Span(f"{glyph} ", tone), Span(str(value), tone))


def checkpoint_kind(value: CheckpointKind) -> str:
    """The sign of why a checkpoint was taken."""
    return {CheckpointKind.PERIODIC: "·", CheckpointKind.SAVEPOINT: "◆", CheckpointKind.FINAL: "■"}[value]


def checkpoint_status(value: Checkpoint) -> Span:
    """``✓`` for a usable one, ``◐`` while it is being taken, ``✗`` when it failed."""
    if value.status is CheckpointStatus.FAILED:
        return Span("✗", Tone.RED)
    if value.status is CheckpointStatus.IN_PROGRESS:
        return Span("◐", Tone.AMBER)
    return Span("◆" if value.kind is CheckpointKind.SAVEPOINT else "✓", Tone.ACCENT)
