"""One question before a write: what exactly will happen, with the safe answer in focus."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button

from tui.actions.model import Effects, Risk
from tui.actions.target import Target
from tui.data.models import JobView
from tui.data.snapshot import Snapshot
from tui.screens.dialog import Dialog, effect_lines
from tui.widgets.lines import Lines

_WIDEST = 72


class ConfirmScreen(Dialog[bool]):
    """Says what ``effects`` says, kept up to date; True when confirmed.

    When the target is no longer what it was at key press, it explains and takes no yes any more. ``y`` answers a CONFIRM;
    a DESTRUCTIVE one is only answered by its button.
    """

    BINDINGS = [
        Binding("escape,n,q", "stay", "Leave it", show=False),
        Binding("y", "agree", "Do it", show=False),
        Binding("left,right,h,l", "other", "Other button", show=False),
    ]

    def __init__(
        self, target: Target, view: JobView, effects: Callable[[JobView, float], Effects], clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self._target = target
        self._view = view
        self._make = effects
        self._clock = clock
        self._effects = effects(view, clock())
        self._explanation = ""

    def compose(self) -> ComposeResult:
        """The words and the two buttons; the safe one first."""
        with Vertical(id="box", classes="destructive" if self._effects.risk is Risk.DESTRUCTIVE else ""):
            yield Lines(id="words")
            with Horizontal(id="buttons"):
                yield Button(Content(f"{self._effects.stay}  esc"), id="stay", compact=True)
                hint = "  y" if self._effects.risk is Risk.CONFIRM else ""
                yield Button(Content(f"{self._effects.go}{hint}"), id="go", compact=True)

    def on_mount(self) -> None:
        """The safe answer has the focus."""
        self.query_one("#words", Lines).can_focus = False
        self.query_one("#stay", Button).focus()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """The words are wrapped to the width."""
        self._draw()

    def saw(self, snapshot: Snapshot) -> None:
        """New numbers, or another state."""
        view = snapshot.find(self._target.job_id)
        if not self.is_mounted:
            return
        self._explanation = self._explanation or self._target.changed(view)
        if view is not None and not self._explanation:
            self._view = view
            self._effects = self._make(view, self._clock())
        self._draw()

    def _draw(self) -> None:
        words = self.query_one("#words", Lines)
        lines = effect_lines(self._effects, self._explanation, self.room(_WIDEST))
        words.styles.height = len(lines)
        words.show(lines)
        button = self.query_one("#go", Button)
        if self._explanation and not button.disabled:
            button.disabled = True
            stay = self.query_one("#stay", Button)
            stay.label = Content("close  esc")
            stay.focus()

    def action_stay(self) -> None:
        """No."""
        self.dismiss(False)  # noqa: FBT003 - the answer is a boolean

    def action_agree(self) -> None:
        """``y``: only where that is enough."""
        if self._effects.risk is Risk.CONFIRM:
            self._confirm()

    def action_other(self) -> None:
        """To the other button."""
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button, by enter or by click."""
        event.stop()
        if event.button.id == "stay":
            self.action_stay()
        else:
            self._confirm()

    def _confirm(self) -> None:
        if not self.guarded and not self._explanation:
            self.dismiss(True)  # noqa: FBT003 - the answer is a boolean
