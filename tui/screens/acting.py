"""From a key to a request: refuse with the reason, or ask, or do it, and say how it went."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from tui.actions import perform
from tui.actions.effects import cancel_effects, restore_effects, stop_effects
from tui.actions.model import Action, Effects
from tui.actions.perform import Outcome, Work
from tui.actions.registry import ACTIONS, CANCEL, SAVEPOINT, STOP
from tui.actions.restore import Point
from tui.actions.target import Target
from tui.data.lane import Answer, Lane
from tui.data.link import is_current
from tui.data.models import JobView
from tui.data.snapshot import Snapshot

if TYPE_CHECKING:
    from textual.screen import Screen

    _Base = Screen[None]
else:
    _Base = object

_BY_ID = {action.id: action for action in ACTIONS}
_LONG_TOAST = 10.0


class Acting(_Base):
    """Mixed into a screen that knows the selected job."""

    clock: Callable[[], float]
    snapshot: Snapshot
    reading: Lane
    acting: Lane

    class Acted(Message):
        """A request has come to its end; posted by the lane's thread."""

        def __init__(self, outcome: Outcome) -> None:
            super().__init__()
            self.outcome = outcome

    class Nudge(Message):
        """Something was changed: look at the daemon now."""

    @property
    def selected(self) -> JobView | None:
        """The job that keys act on."""
        raise NotImplementedError

    def toast(self, words: str, *, title: str = "", severity: str = "information", timeout: float = 4.0) -> None:
        """A few words that go away by themselves. Never markup."""
        level = "error" if severity == "error" else "warning" if severity == "warning" else "information"
        self.notify(words, title=title, severity=level, timeout=timeout, markup=False)  # type: ignore[arg-type]

    def action_act(self, action_id: str) -> None:
        """Start an action on the selected job."""
        action, view = _BY_ID[action_id], self.selected
        refusal = self._refusal(action, view)
        if refusal or view is None:
            self.toast(refusal, title=f"No {action.title.lower()}", severity="warning", timeout=6.0)
            return
        target = Target.of(view)
        if action is SAVEPOINT:
            self.toast(f"Taking a savepoint of {target.name}; it runs on.")
            self._carry_out(perform.savepoint(target))
        elif action is STOP:
            self._confirm(target, view, stop_effects, perform.stop(target))
        elif action is CANCEL:
            self._confirm(target, view, cancel_effects, perform.cancel(target))
        else:
            self._choose_point(target)

    def _refusal(self, action: Action, view: JobView | None) -> str:
        if view is None:
            return "no job is selected"
        if not is_current(self.snapshot, self.clock()):
            return "the daemon does not answer, and what you see is old; wait until the badge says LIVE"
        return action.refusal(view)

    def _confirm(self, target: Target, view: JobView, effects: Callable[[JobView, float], Effects], work: Work) -> None:
        from tui.screens.confirm import ConfirmScreen  # not needed for the first paint

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a dialog answers
            if yes:
                self._carry_out(work)

        self.app.push_screen(ConfirmScreen(target, view, effects, self.clock), answered)

    def _choose_point(self, target: Target) -> None:
        from tui.screens.restore import RestoreScreen  # not needed for the first paint

        self.app.push_screen(RestoreScreen(target, self.reading, self.clock), partial(self._chosen, target))

    def _chosen(self, target: Target, point: Point | None) -> None:
        if point is None:
            return
        view = self.snapshot.find(target.job_id)
        if view is None or target.changed(view):
            self.toast(
                f"{target.changed(view)}. Nothing was done.", title="No restore", severity="warning", timeout=_LONG_TOAST
            )
            return

        def effects(now_view: JobView, now: float) -> Effects:
            return restore_effects(now_view, point, now)

        self._confirm(target, view, effects, perform.restore(target, point))

    def _carry_out(self, work: Work) -> None:
        def deliver(answer: Answer) -> None:
            outcome = answer.value
            if not isinstance(outcome, Outcome):
                outcome = Outcome("That did not work", answer.reason, answer.hint, done=False)
            self.post_message(self.Acted(outcome))

        if not self.acting.submit(work, deliver):
            self.toast("Too many requests are waiting for the daemon already. Nothing was done.", severity="error")

    def on_acting_acted(self, message: Acted) -> None:
        """Say how it went, and look."""
        message.stop()
        outcome = message.outcome
        words = f"{outcome.message}\n{outcome.hint}" if outcome.hint else outcome.message
        severity = "information" if outcome.done else "error"
        self.toast(words, title=outcome.title, severity=severity, timeout=5.0 if outcome.done else _LONG_TOAST)
        self.post_message(self.Nudge())
