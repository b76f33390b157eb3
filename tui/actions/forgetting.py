"""What deleting a savepoint means. The daemon has no dry run of it: its records say what is kept and lost, and why it would
refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.client import Client
from runner.model import Checkpoint, Job
from tui.actions.model import Fact, Question, Risk, Weight
from tui.actions.restore import points
from tui.actions.target import Target
from tui.actions.telling import GO, rows
from tui.actions.wish import Verb
from tui.draw.units import plural, size, span


def savepoint_question(target: Target, number: int, daemon: Client, now: float, key: Callable[[str], str]) -> Question:
    """What is known of the savepoint now; ``key`` tells the key of an action. Raises what the client raises."""
    found = next((one for one in daemon.savepoints(target.job_id) if one.id == number), None)
    others = [point.checkpoint for point in points(daemon.checkpoints(target.job_id)) if point.checkpoint]
    others = [one for one in others if one.id != number]
    refusal = _refusal(found, others, daemon.job(target.job_id), key)
    return Question(
        title=f"Delete savepoint #{number} of {target.name}",
        facts=refusal if found is None or refusal else _facts(found, others, now),
        go=GO[Verb.DELETE_SAVEPOINT],
        stay="keep it",
        risk=Risk.DESTRUCTIVE,
        word=str(number),
        allowed=not refusal,
    )


def _refusal(
    savepoint: Checkpoint | None, others: Sequence[Checkpoint], job: Job, key: Callable[[str], str]
) -> tuple[Fact, ...]:
    """Why the daemon would refuse, and what to do instead; nothing when it would not."""
    if savepoint is None:
        return (Fact("not now", "this savepoint is gone already", Weight.LOST),)
    execution = job.execution
    if execution is not None and not execution.state.is_terminal and execution.restored_from == savepoint.id:
        return (
            Fact("not now", f"{job.name} is running from it", Weight.LOST),
            Fact("instead", "delete it when the job has ended"),
        )
    if not others:
        return (
            Fact("not now", f"it is the only point that {job.name} can go on from", Weight.LOST),
            Fact("instead", f"{key('savepoint')} takes another one first, while the job runs".strip()),
        )
    return ()


def _facts(savepoint: Checkpoint, others: Sequence[Checkpoint], now: float) -> tuple[Fact, ...]:
    newest = max(others, key=lambda one: one.id)
    taken = span(now - (savepoint.completed_at or savepoint.triggered_at))
    facts = [
        Fact("does", "forgets the savepoint and removes its files"),
        Fact(
            "kept", f"the job, {plural(len(others), 'other restore point')}, and what was written to the targets", Weight.KEPT
        ),
    ]
    if newest.id < savepoint.id:
        facts.append(Fact("kept", "its state, as a plain checkpoint, until there is a newer one", Weight.KEPT))
    else:
        facts.append(Fact("next", f"a restore uses #{newest.id}, {rows(newest.rows_in)} read"))
    facts.append(
        Fact("lost", f"the way back to {rows(savepoint.rows_in)} read, {taken} ago ({size(savepoint.size)})", Weight.LOST)
    )
    if savepoint.description:
        facts.append(Fact("note", savepoint.description.split("\n", 1)[0]))
    return tuple(facts)
