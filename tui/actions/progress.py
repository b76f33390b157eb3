"""How far a job is beyond its last checkpoint: the numbers that dialogs are made of."""

from __future__ import annotations

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from tui.data.models import JobView
from tui.draw.units import duration, si, size, span

_USABLE = (CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED)


def is_usable(checkpoint: Checkpoint | None) -> bool:
    """Whether a job can be restored from it."""
    return checkpoint is not None and checkpoint.status in _USABLE


def rows_since(view: JobView, checkpoint: Checkpoint | None) -> int | None:
    """Rows read since ``checkpoint`` (since the start when there is none); None when that is not known."""
    if view.execution is None:
        return None
    read = view.totals.rows_in
    if checkpoint is None or checkpoint.execution_id != view.execution.id:
        return read
    if checkpoint.rows_in is None or checkpoint.rows_in > read:
        return None
    return read - checkpoint.rows_in


def rows(count: int | None) -> str:
    """``2.50M rows``, ``1 row``, ``an unknown number of rows``."""
    if count is None:
        return "an unknown number of rows"
    return "1 row" if count == 1 else f"{si(count)} rows"


def checkpoint_words(checkpoint: Checkpoint, now: float) -> str:
    """``checkpoint #812, 14s old, 1.92G rows read, 42.0 MB``."""
    noun = "savepoint" if checkpoint.kind is CheckpointKind.SAVEPOINT else "checkpoint"
    parts = [f"{noun} #{checkpoint.id}", f"{span(now - (checkpoint.completed_at or checkpoint.triggered_at))} old"]
    if checkpoint.rows_in is not None:
        parts.append(f"{rows(checkpoint.rows_in)} read")
    if checkpoint.size is not None:
        parts.append(size(checkpoint.size))
    return ", ".join(parts)


def usual_time(checkpoint: Checkpoint | None) -> str:
    """`` (last one: 0.8s)``, or nothing when there is no last one."""
    if checkpoint is None or checkpoint.duration is None:
        return ""
    return f" (last one: {duration(checkpoint.duration)})"
