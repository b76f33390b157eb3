"""The actions on one job, with a first guess for each of when it is possible. The daemon has the last word."""

from __future__ import annotations

from runner.states import TRANSITIONS, ExecutionState
from tui.actions.model import Action, Risk
from tui.actions.wish import Verb
from tui.data.models import JobView

_S = ExecutionState
_WAITING = (_S.CREATED, _S.QUEUED)
_ENDING = (_S.STOPPING, _S.CANCELING)


def _refuse_savepoint(view: JobView) -> str:
    if view.state is _S.SAVEPOINTING:
        return f"{view.name} is taking a savepoint already"
    return _refuse_unless_at_work(view)


def _refuse_unless_at_work(view: JobView) -> str:
    if view.state.is_terminal or view.state in (*_WAITING, *_ENDING):
        return f"{view.name} does not run: it is {view.state}"
    return ""


def _refuse_pause(view: JobView) -> str:
    return "" if view.state in _WAITING and view.execution else _refuse_unless_at_work(view)


def _refuse_stop(view: JobView) -> str:
    if TRANSITIONS[view.state] & {_S.STOPPING, _S.STOPPED} and view.state is not _S.STOPPING:
        return ""
    return f"{view.name} is {view.state}"


def _refuse_cancel(view: JobView) -> str:
    if TRANSITIONS[view.state] & {_S.CANCELING, _S.CANCELED} and view.state is not _S.CANCELING:
        return ""
    return f"{view.name} is {view.state}"


def _refuse_restore(view: JobView) -> str:
    return f"{view.name} is {view.state}" if view.state in _ENDING else ""


def _refuse_start(view: JobView) -> str:
    return "" if view.state.is_terminal or view.execution is None else f"{view.name} is {view.state} already"


def _refuse_delete(view: JobView) -> str:
    return "" if view.state.is_terminal or view.execution is None else f"{view.name} is not over: it is {view.state}"


SAVEPOINT = Action(Verb.SAVEPOINT, "Savepoint", "keep a point to go back to; the job runs on", Risk.INSTANT, _refuse_savepoint)
PAUSE = Action(Verb.PAUSE, "Pause", "read nothing until it is resumed; the same key resumes it", Risk.INSTANT, _refuse_pause)
STOP = Action(Verb.STOP, "Stop", "stop with a savepoint: nothing is lost", Risk.CONFIRM, _refuse_stop)
RESTORE = Action(
    "restore", "Restore", "start again from a checkpoint or the beginning", Risk.CONFIRM, _refuse_restore, opens=True
)
CANCEL = Action(Verb.CANCEL, "Cancel", "stop now, without a savepoint", Risk.DESTRUCTIVE, _refuse_cancel, opens=True)
START = Action(Verb.START, "Start", "start a job that is over: where it left off", Risk.CONFIRM, _refuse_start, in_bar=False)
WORKERS = Action(
    Verb.WORKERS,
    "Workers",
    "more or fewer workers while it runs",
    Risk.CONFIRM,
    _refuse_unless_at_work,
    opens=True,
    in_bar=False,
)
DELETE = Action(
    Verb.DELETE, "Delete", "hide a job that is over; it can be brought back", Risk.CONFIRM, _refuse_delete, in_bar=False
)
ACTIONS = (SAVEPOINT, PAUSE, STOP, RESTORE, CANCEL, START, WORKERS, DELETE)
BY_ID = {action.id: action for action in ACTIONS}


def verb_of(action: Action, view: JobView) -> Verb:
    """What the daemon is asked for."""
    if action is PAUSE and view.state is _S.PAUSED:
        return Verb.RESUME
    return Verb.RESTART if action is RESTORE else Verb(action.id)
