"""Which jobs need someone, why, how urgently, and what to press then."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from runner.model import CheckpointStatus, DesiredState, Execution, Job
from runner.states import ExecutionState

STUCK_AFTER: Final = 60.0
"""Seconds after which a state that should pass by itself is worth a look."""
LAGS_FROM: Final = 120.0
"""Seconds behind its source from which on a streaming job counts as lagging."""
OVERDUE_FROM: Final = 30.0
"""A checkpoint is overdue after three intervals, but never before so many seconds."""
PRESSED_FROM: Final = 0.8
"""The share of their time that workers wait to hand on rows from which on a job counts as held up."""
_INTERVALS: Final = 3
_MANY_RESTARTS: Final = 3
_LATELY: Final = 600.0
_PASSING: Final = frozenset(
    {
        ExecutionState.STARTING,
        ExecutionState.RESTARTING,
        ExecutionState.SAVEPOINTING,
        ExecutionState.STOPPING,
        ExecutionState.CANCELING,
    }
)
_RELOAD: Final = {
    "invalid": "its file changed and does not check",
    "blocked": "its file changed in a way that needs a decision",
    "failed": "the reload of its file failed",
    "rolled_back": "its file changed, did not work, and was rolled back",
    "upgrade_failed": "its file changed and could not be taken over",
    "pending_approval": "its file changed and waits for approval",
}


class Urgency(enum.IntEnum):
    """How soon somebody should look. WATCH is worth a look and needs nobody yet."""

    NOW = 0
    SOON = 1
    WATCH = 2


class Known(msgspec.Struct, frozen=True):
    """What is known of a job beside its record: seconds between two checkpoints, rows rejected in the last minutes, and the
    share of time for which its workers wait to hand on rows. None: not known."""

    interval: float | None = None
    rejected: int | None = None
    pressure: float | None = None


class Need(msgspec.Struct, frozen=True):
    """One reason. ``detail`` is what the daemon said about it, ``since`` when it began; ``tab`` tells more, and ``press`` are
    commands (see :mod:`tui.settings.commands`) that may help."""

    kind: str
    words: str
    urgency: Urgency
    tab: str
    press: tuple[str, ...] = ()
    detail: str = ""
    since: float | None = None


NOTHING_MORE: Final = Known()


def reason(job: Job, now: float, known: Known = NOTHING_MORE) -> str:
    """Why ``job`` needs someone, the most urgent reason; empty when it does not."""
    found = needs(job, now, known)
    return found[0].words if found and found[0].urgency is not Urgency.WATCH else ""


def needs(job: Job, now: float, known: Known = NOTHING_MORE) -> tuple[Need, ...]:
    """Every reason to look at ``job``, the most urgent first."""
    return tuple(sorted(_all(job, now, known), key=lambda need: need.urgency))


def next_turn(job: Job, now: float, known: Known = NOTHING_MORE) -> float | None:
    """When the reasons may next be others although nothing is told of the job: time alone does it. None: never."""
    execution = job.execution
    if execution is None:
        return None
    turns: list[float] = []
    passed = now - execution.state_since
    if execution.state in _PASSING and passed <= STUCK_AFTER:
        turns.append(execution.state_since + STUCK_AFTER)
    if execution.state is ExecutionState.RUNNING:
        if execution.restarts >= _MANY_RESTARTS and passed < _LATELY:
            turns.append(execution.state_since + _LATELY)
        due = checkpoint_due(job, known.interval)
        if due is not None and now <= due:
            turns.append(due)
    return min(turns, default=None)


def _all(job: Job, now: float, known: Known) -> Iterator[Need]:
    if job.execution is not None:
        for rule in _OF_EXECUTIONS:
            need = rule(job, job.execution, now, known)
            if need is not None:
                yield need
    if job.reload is not None and job.reload.outcome in _RELOAD:
        words, told = _RELOAD[job.reload.outcome], _first_line(job.reload.message)
        yield Need("reload", words, Urgency.SOON, "Spec", ("tab.spec",), told, job.reload.at)


def _fate(job: Job, execution: Execution, now: float, _known: Known) -> Need | None:
    """It failed, starts again, or hangs on the way from one state to the next."""
    told = _first_line(execution.error.message) if execution.error else ""
    since = execution.state_since
    if execution.state is ExecutionState.FAILED:
        if job.desired_state is DesiredState.CANCELED:
            return None
        return Need("failed", "it failed", Urgency.NOW, "Errors", ("tab.errors", "job.restore"), told, since)
    if execution.state is ExecutionState.RESTARTING:
        if execution.restarts >= _MANY_RESTARTS:
            words = f"it starts again and again, {execution.restarts} times so far"
            return Need("restarting", words, Urgency.NOW, "Errors", ("tab.errors", "job.stop"), told, since)
        words = f"it is restarting (attempt {execution.attempt})"
        return Need("restarting", words, Urgency.SOON, "Errors", ("tab.errors",), told, since)
    if execution.state in _PASSING and now - since > STUCK_AFTER:
        words = f"it has been {execution.state} for more than a minute"
        return Need("stuck", words, Urgency.NOW, "Logs", ("tab.logs", "job.cancel"), execution.phase, since)
    return None


def _restarted(_job: Job, execution: Execution, now: float, _known: Known) -> Need | None:
    lately = now - execution.state_since < _LATELY
    if execution.state is not ExecutionState.RUNNING or execution.restarts < _MANY_RESTARTS or not lately:
        return None
    told = _first_line(execution.error.message) if execution.error else ""
    words = f"it runs again, after {execution.restarts} restarts"
    return Need("restarted", words, Urgency.SOON, "Errors", ("tab.errors",), told, execution.state_since)


def _checkpoint(job: Job, execution: Execution, now: float, known: Known) -> Need | None:
    last = job.last_checkpoint
    if last is not None and last.status is CheckpointStatus.FAILED:
        words, press = f"checkpoint #{last.id} failed", ("tab.checkpoints", "tab.logs")
        since = last.completed_at or last.triggered_at
        return Need("checkpoint", words, Urgency.SOON, "Checkpoints", press, _first_line(last.failure), since)
    due = checkpoint_due(job, known.interval)
    if due is None or now <= due or execution.state is not ExecutionState.RUNNING:
        return None
    words = f"no checkpoint since more than {_INTERVALS} intervals of {known.interval:g} s"
    return Need("checkpoint", words, Urgency.SOON, "Checkpoints", ("tab.checkpoints", "tab.dag"), "", due)


def newest_point(job: Job) -> float:
    """When the job last had a checkpoint under way or done, or began to run, whichever is later."""
    execution, last = job.execution, job.last_checkpoint
    began = execution.state_since if execution is not None else job.created_at
    return began if last is None else max(began, last.completed_at or last.triggered_at)


def checkpoint_due(job: Job, interval: float | None) -> float | None:
    """From when on a checkpoint of a job that runs counts as overdue; None when it takes none by itself."""
    return None if interval is None else newest_point(job) + max(_INTERVALS * interval, OVERDUE_FROM)


def _rejected(_job: Job, execution: Execution, _now: float, known: Known) -> Need | None:
    if not known.rejected or execution.state.is_terminal:
        return None
    words = f"{known.rejected:,} more rows were rejected in the last minutes"
    return Need("rejected", words, Urgency.SOON, "Errors", ("tab.errors",))


def _lag(job: Job, execution: Execution, _now: float, _known: Known) -> Need | None:
    totals = execution.totals
    if job.mode != "STREAMING" or execution.state is not ExecutionState.RUNNING:
        return None
    behind = totals.lag_seconds
    if behind is None and totals.lag_rows and totals.rows_in_per_second:
        behind = totals.lag_rows / totals.rows_in_per_second
    if behind is None or behind < LAGS_FROM:
        return None
    words = f"it is {_minutes(behind)} behind its source"
    return Need("lag", words, Urgency.SOON, "DAG", ("tab.dag", "tab.overview"))


def _pressure(_job: Job, execution: Execution, _now: float, known: Known) -> Need | None:
    if known.pressure is None or known.pressure < PRESSED_FROM or execution.state is not ExecutionState.RUNNING:
        return None
    words = f"its rows wait {known.pressure * 100:.0f} % of the time: what comes after them is slow"
    return Need("pressure", words, Urgency.WATCH, "DAG", ("tab.dag",))


_OF_EXECUTIONS: Final[tuple[Callable[[Job, Execution, float, Known], Need | None], ...]] = (
    _fate,
    _restarted,
    _checkpoint,
    _rejected,
    _lag,
    _pressure,
)


def _minutes(seconds: float) -> str:
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 2 * 86_400 else f"{seconds / 86_400:.0f} days"


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]
