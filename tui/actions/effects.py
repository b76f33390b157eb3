"""What stopping, canceling and restoring will do to one job right now, in words with the job's own numbers."""

from __future__ import annotations

from runner.model import Execution
from runner.states import ExecutionState
from tui.actions.model import Effects, Fact, Risk, Weight
from tui.actions.progress import checkpoint_words, is_usable, rows, rows_since, usual_time
from tui.actions.restore import Point
from tui.data.models import JobView
from tui.draw.units import span


def subject(view: JobView, now: float) -> str:
    """``id 0f3a9c1d, generation 7, RUNNING for 3d 04h``."""
    execution = view.execution
    since = f" for {span(now - execution.state_since)}" if execution else ""
    return f"id {view.id[:12]}, generation {view.job.generation}, {view.state}{since}"


def stop_effects(view: JobView, now: float) -> Effects:
    """Stop with a savepoint; a job that waits for its turn has nothing to save."""
    if view.state in (ExecutionState.CREATED, ExecutionState.QUEUED):
        return _leave_queue_effects(view, now)
    usable = view.checkpoint if is_usable(view.checkpoint) else None
    facts = (
        Fact("job", subject(view, now)),
        Fact("does", f"takes a savepoint{usual_time(usable)}, then stops"),
        Fact("kept", f"everything: {rows(_read(view))} read so far, and what is read until then", Weight.KEPT),
        Fact("lost", "nothing", Weight.LOST),
        Fact("later", "R goes on exactly where it stopped"),
    )
    return Effects(f"Stop {view.name}", facts, "stop it", "keep running", Risk.CONFIRM)


def _leave_queue_effects(view: JobView, now: float) -> Effects:
    facts = (
        Fact("job", subject(view, now)),
        Fact("does", "gives up its place in the queue; it has not started"),
        Fact("lost", "nothing", Weight.LOST),
        Fact("later", "R puts it back at the end of the queue"),
    )
    return Effects(f"Stop {view.name}", facts, "stop it", "keep waiting", Risk.CONFIRM)


def cancel_effects(view: JobView, now: float) -> Effects:
    """Stop now, without a savepoint."""
    facts = [Fact("job", subject(view, now)), Fact("does", "stops now, without a savepoint")]
    facts.extend(_kept_and_lost(view, now))
    if not view.state.is_terminal and view.execution is not None and view.execution.started_at is not None:
        time = usual_time(view.checkpoint if is_usable(view.checkpoint) else None)
        facts.append(Fact("better", f"T stops with a savepoint and loses nothing{time}", Weight.BETTER))
    return Effects(f"Cancel {view.name}", tuple(facts), "cancel the job", "keep running", Risk.DESTRUCTIVE)


def _kept_and_lost(view: JobView, now: float) -> tuple[Fact, Fact]:
    point = view.checkpoint
    if point is None or not is_usable(point):
        return (
            Fact("kept", "nothing: this job has no checkpoint yet", Weight.KEPT),
            Fact(
                "lost", f"{_about(view, rows_since(view, None))} read so far; it can only start from the beginning", Weight.LOST
            ),
        )
    since = rows_since(view, point)
    lost = f"{_about(view, since)} read since #{point.id}: a restore reads them again"
    if since == 0:
        lost = f"nothing: no row was read since #{point.id}"
    return Fact("kept", checkpoint_words(point, now), Weight.KEPT), Fact("lost", lost, Weight.LOST)


def restore_effects(view: JobView, point: Point, now: float) -> Effects:
    """Start a new execution from ``point``."""
    facts = [Fact("job", subject(view, now))]
    if not view.state.is_terminal:
        facts.append(Fact("first", f"the running execution stops with a savepoint{usual_time(view.checkpoint)}"))
    restarts = point.is_newest and not view.state.is_terminal
    begins = "from that savepoint" if restarts else point.does
    facts.append(Fact("does", f"starts generation {view.job.generation} {begins}"))
    facts.append(_reread(view, point))
    risk = Risk.CONFIRM if point.is_newest else Risk.DESTRUCTIVE
    stay = "leave it" if view.state.is_terminal else "keep running"
    return Effects(f"Restore {view.name}", tuple(facts), "restart it" if restarts else point.go, stay, risk)


def _reread(view: JobView, point: Point) -> Fact:
    if point.checkpoint is None:
        text = f"everything is read again{_of(view.execution)}; rows already in the target stay there and come again"
        return Fact("again", text, Weight.LOST)
    if point.is_newest and not view.state.is_terminal:
        return Fact("lost", "nothing: it goes on exactly where it stopped", Weight.KEPT)
    if point.is_newest:
        since = rows_since(view, point.checkpoint)
        text = "nothing: no row was read after it" if since == 0 else f"{rows(since)} read after #{point.checkpoint.id}"
        return Fact("again", text, Weight.KEPT)
    since = rows_since(view, point.checkpoint)
    text = (
        f"{_about(view, since)} read after #{point.checkpoint.id}; what they already wrote stays in the target and comes again"
    )
    return Fact("again", text, Weight.LOST)


def _of(execution: Execution | None) -> str:
    return f" ({rows(execution.totals.rows_in)} so far)" if execution else ""


def _about(view: JobView, count: int | None) -> str:
    """The number is still growing while the job runs."""
    prefix = "about " if count and not view.state.is_terminal else ""
    return prefix + rows(count)


def _read(view: JobView) -> int | None:
    return view.totals.rows_in if view.execution else None
