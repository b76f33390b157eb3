"""The actions on one job, with the rule for each of when it is possible."""

from __future__ import annotations

from runner.states import TRANSITIONS, ExecutionState
from tui.actions.model import Action, Risk
from tui.data.models import JobView

_S = ExecutionState


def _refuse_savepoint(view: JobView) -> str:
    if _S.SAVEPOINTING in TRANSITIONS[view.state]:
        return ""
    if view.state is _S.SAVEPOINTING:
        return f"{view.name} is taking a savepoint already"
    return f"only a running or paused job can take a savepoint; {view.name} is {view.state}{_way_on(view.state)}"


def _refuse_stop(view: JobView) -> str:
    if TRANSITIONS[view.state] & {_S.STOPPING, _S.STOPPED} and view.state is not _S.STOPPING:
        return ""
    if view.state.is_terminal:
        return f"{view.name} is not running: it is {view.state}{_way_on(view.state)}"
    return f"{view.name} is {view.state}; X cancels it"


def _refuse_cancel(view: JobView) -> str:
    if TRANSITIONS[view.state] & {_S.CANCELING, _S.CANCELED} and view.state is not _S.CANCELING:
        return ""
    if view.state is _S.CANCELING:
        return f"{view.name} is being canceled already"
    return f"{view.name} is over: it is {view.state}"


def _refuse_restore(view: JobView) -> str:
    if view.state.is_terminal or view.state in (_S.RUNNING, _S.PAUSED):
        return ""
    return f"{view.name} is {view.state}; wait until it runs or has ended"


def _way_on(state: ExecutionState) -> str:
    return ". R restores it" if state.is_terminal else ""


SAVEPOINT = Action(
    "savepoint", "S", "Savepoint", "keep a point to go back to; the job runs on", Risk.INSTANT, _refuse_savepoint
)
STOP = Action("stop", "T", "Stop", "stop with a savepoint: nothing is lost", Risk.CONFIRM, _refuse_stop)
CANCEL = Action("cancel", "X", "Cancel", "stop now, without a savepoint", Risk.DESTRUCTIVE, _refuse_cancel, opens=True)
RESTORE = Action(
    "restore", "R", "Restore", "start again from a checkpoint or the beginning", Risk.CONFIRM, _refuse_restore, opens=True
)
ACTIONS = (SAVEPOINT, STOP, CANCEL, RESTORE)
