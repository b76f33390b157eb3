"""A point that a job can go on from, in words and figures: as effects of commands tell of it."""

from __future__ import annotations

import time

from runner.model import Checkpoint, CheckpointKind
from runner.operation import RestorePoint


def row_count(count: int | None) -> str:
    """``1 row``, ``2500 rows``."""
    if count is None:
        return "an unknown number of rows"
    return "1 row" if count == 1 else f"{count} rows"


def described(point: Checkpoint) -> str:
    """``savepoint 12, 40 s old, 9000 rows read``."""
    noun = "savepoint" if point.kind is CheckpointKind.SAVEPOINT else "checkpoint"
    rows = "" if point.rows_in is None else f", {row_count(point.rows_in)} read"
    return f"{noun} {point.id}, {age_of(point):.0f} s old{rows}"


def age_of(point: Checkpoint) -> float:
    """Seconds since it was complete."""
    return max(0.0, time.time() - (point.completed_at or point.triggered_at))


def restore_point_of(point: Checkpoint | None) -> RestorePoint | None:
    """The point as clients see it."""
    if point is None:
        return None
    return RestorePoint(number=point.id, kind=point.kind, age_seconds=age_of(point), rows_in=point.rows_in, size=point.size)
