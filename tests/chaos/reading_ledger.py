"""What the files must hold, told from what the executions of a job say of themselves.

An execution reads on from one row and has made rows durable up to another. A fresh one begins at row 0 and must have been asked
for; any other begins where the one before it left off. The files hold each row as often as an execution covers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.model import Attempt, Checkpoint, CheckpointStatus, Execution

COMPLETE = frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED})


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows ``begin`` to ``end - 1`` of the input, by one execution. ``left_off``: the checkpoint at its end, if any."""

    begin: int
    end: int
    left_off: int | None

    def covers(self, row: int) -> bool:
        """True when the execution has written the row."""
        return self.begin <= row < self.end


def stretches(executions: Sequence[Execution], checkpoints: Sequence[Checkpoint], repeats_asked: int) -> list[Stretch]:
    """One per execution that has begun, oldest first. Asserts that none began where it should not have."""
    rows = {checkpoint.id: checkpoint.rows_in or 0 for checkpoint in checkpoints if checkpoint.status in COMPLETE}
    found: list[Stretch] = []
    repeats = 0
    for execution in (execution for execution in executions if execution.attempt):
        own = [point.id for point in checkpoints if point.execution_id == execution.id and point.status in COMPLETE]
        before = found[-1] if found else Stretch(0, 0, None)
        if execution.restored_from is None and before.left_off is not None:
            repeats += 1
            assert repeats <= repeats_asked, f"{execution.id} began from the beginning, which nobody asked for"
        elif execution.restored_from is not None:
            assert execution.restored_from == before.left_off, f"{execution.id} did not begin where the one before left off"
        begin = rows[execution.restored_from] if execution.restored_from else 0
        left_off = max(own, default=execution.restored_from)
        found.append(Stretch(begin, rows[left_off] if left_off else 0, left_off))
    return found


def check_attempts(execution: Execution, attempts: Sequence[Attempt], checkpoints: Sequence[Checkpoint]) -> None:
    """Every attempt began at the newest checkpoint that its execution had completed by then."""
    own = [point for point in checkpoints if point.execution_id == execution.id and point.status in COMPLETE]
    for attempt in attempts:
        done = [point.id for point in own if point.completed_at is not None and point.completed_at < attempt.started_at]
        expected = max(done, default=execution.restored_from)
        assert attempt.restored_from == expected, f"attempt {attempt.number} of {execution.id} began at the wrong checkpoint"


def expected_counts(found: Sequence[Stretch], rows: int) -> list[int]:
    """How often each row of the input is in the files of a sink that appends."""
    return [sum(stretch.covers(row) for stretch in found) for row in range(rows)]
