"""What deleting a savepoint means. The daemon has no dry run of it: the record of the savepoint says what is lost."""

from __future__ import annotations

from runner.client import Client
from runner.model import Checkpoint
from tui.actions.model import Fact, Question, Risk, Weight
from tui.actions.target import Target
from tui.actions.telling import GO, rows
from tui.actions.wish import Verb
from tui.draw.units import size, span


def savepoint_question(target: Target, number: int, daemon: Client, now: float) -> Question:
    """What is known of the savepoint now. Raises what the client raises."""
    found = next((one for one in daemon.savepoints(target.job_id) if one.id == number), None)
    facts = (Fact("not now", "this savepoint is gone already", Weight.LOST),) if found is None else _facts(found, now)
    return Question(
        title=f"Delete savepoint #{number} of {target.name}",
        facts=facts,
        go=GO[Verb.DELETE_SAVEPOINT],
        stay="keep it",
        risk=Risk.DESTRUCTIVE,
        word=str(number),
        allowed=found is not None,
    )


def _facts(savepoint: Checkpoint, now: float) -> tuple[Fact, ...]:
    taken = span(now - (savepoint.completed_at or savepoint.triggered_at))
    facts = [
        Fact("does", "forgets the savepoint and removes its files"),
        Fact("kept", "the job, its other restore points, and what was written to the targets", Weight.KEPT),
        Fact("lost", f"the way back to {rows(savepoint.rows_in)} read, {taken} ago ({size(savepoint.size)})", Weight.LOST),
    ]
    if savepoint.description:
        facts.append(Fact("note", savepoint.description.split("\n", 1)[0]))
    return tuple(facts)
