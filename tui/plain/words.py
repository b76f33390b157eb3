"""What a look at the daemon says, in lines of words."""

from __future__ import annotations

from collections.abc import Iterator

from runner.model import Checkpoint, CheckpointStatus
from runner.states import ExecutionState
from tui.data.link import badge
from tui.data.models import JobView, LinkState
from tui.data.snapshot import Snapshot
from tui.draw.units import age, duration, plural, rate, si, span


def page(snapshot: Snapshot, where: str, now: float) -> Iterator[str]:
    """One look: the daemon, what needs attention, every job in a line."""
    yield heading(snapshot, where, now)
    needing = [view for view in snapshot.jobs if view.need]
    yield ""
    yield f"{plural(len(needing), 'job')} {'needs' if len(needing) == 1 else 'need'} attention" + (":" if needing else "")
    yield from (f"  {view.name}: {trouble(view)}" for view in needing)
    yield ""
    yield f"{plural(len(snapshot.jobs), 'job')}" + (":" if snapshot.jobs else "; flowdeck submit FILE runs one")
    yield from (f"  {job_line(view, now)}" for view in snapshot.jobs)


def heading(snapshot: Snapshot, where: str, now: float) -> str:
    """``flowdeck, home /x: LIVE, daemon up 3h 01m, 4 running, 1 failed, in 292k/s, out 290k/s``."""
    counted = snapshot.tally.by_state
    states = [f"{counted[state]:,} {state.lower()}" for state in ExecutionState if counted.get(state)]
    up = [f"daemon up {span(now - snapshot.status.started_at)}"] if snapshot.status else []
    tally = snapshot.tally
    rates = [f"in {rate(tally.rows_in_per_second)}", f"out {rate(tally.rows_out_per_second)}"]
    return f"flowdeck, {where}: " + ", ".join([badge(snapshot, now).text, *up, *states, *rates])


def job_line(view: JobView, now: float) -> str:
    """``orders-cdc: RUNNING for 3d 04h, in 182k/s, out 181k/s, lag 2.1s, checkpoint #812 committed 4s ago, id 0f3a…``."""
    execution = view.execution
    since = f" for {span(now - execution.state_since)}" if execution else ""
    parts = [f"{view.name}: {view.state}{since}"]
    totals = view.totals
    if not view.state.is_terminal and totals.rows_in_per_second is not None:
        parts += [f"in {rate(totals.rows_in_per_second)}", f"out {rate(totals.rows_out_per_second)}"]
    elif execution is not None:
        parts.append(f"{si(totals.rows_out)} rows written")
    if not view.state.is_terminal and totals.lag_seconds is not None:
        parts.append(f"lag {duration(totals.lag_seconds)}")
    if view.checkpoint is not None:
        parts.append(_checkpoint(view.checkpoint, now))
    if execution is not None and execution.restarts:
        parts.append(plural(execution.restarts, "restart"))
    return ", ".join([*parts, f"id {view.id}"])


def trouble(view: JobView) -> str:
    """Why a job needs someone, with the first line of its error."""
    error = view.execution.error if view.execution else None
    return f"{view.need}: {error.message.partition(chr(10))[0]}" if error else view.need


def _checkpoint(point: Checkpoint, now: float) -> str:
    status = "is being taken" if point.status is CheckpointStatus.IN_PROGRESS else str(point.status).lower()
    when = "" if point.completed_at is None else f" {age(now - point.completed_at)} ago"
    return f"{str(point.kind).lower()} checkpoint #{point.id} {status}{when}"


def changes(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """What somebody should hear of: the link, jobs that came and went, other states, other needs. Counters are not told."""
    if (before.link.state, before.link.message) != (after.link.state, after.link.message):
        yield _link(after)
    known = {view.id: view for view in before.jobs}
    for view in after.jobs:
        old = known.pop(view.id, None)
        if old is None:
            yield f"{view.name}: new, {view.state}, id {view.id}"
        elif old.state is not view.state:
            yield f"{view.name}: {old.state} to {view.state}"
        if view.need and (old is None or old.need != view.need):
            yield f"{view.name}: needs attention: {trouble(view)}"
        elif old is not None and old.need and not view.need:
            yield f"{view.name}: needs no attention any more"
    if after.link.state is LinkState.LIVE:
        yield from (f"{view.name}: gone, id {view.id}" for view in known.values())


def _link(snapshot: Snapshot) -> str:
    link = snapshot.link
    if link.state is LinkState.LIVE:
        return "daemon: LIVE"
    return f"daemon: {link.state}, {link.message}" if link.message else f"daemon: {link.state}"
