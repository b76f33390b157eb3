"""Everything that can be done to a job, or to the marked jobs, with the reason where it cannot be."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from tui.actions.model import Action
from tui.actions.offered import Offered
from tui.actions.registry import ACTIONS
from tui.actions.telling import readable
from tui.data.lane import Answer, Lane
from tui.data.snapshot import Snapshot
from tui.draw.cells import truncate, width
from tui.draw.line import Ground, Line, Span, Tone, line
from tui.screens.dialog import Dialog, key_hints
from tui.settings.keymap import Keymap
from tui.widgets.lines import Lines
from tui.widgets.looking import why_not

_WIDEST = 72
_KEY, _TITLE = 5, 13
_STATE = 16
"""Cells of the title that a long name leaves to the state."""


class MenuScreen(Dialog[str | None]):
    """Its answer is the id of the action that was chosen, by enter, by its own key or by a click; None when it is left."""

    BINDINGS = [
        Binding("escape,q", "leave", "Leave it", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("enter", "run", "Do it", show=False),
    ]

    class Told(Message):
        """Why actions are not possible; posted by the lane's thread."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, offered: Offered, lane: Lane, keymap: Keymap) -> None:
        super().__init__()
        self._offered = offered
        self._lane = lane
        self._keymap = keymap
        self._chosen = 0
        self._reasons: Mapping[str, str] = offered.refusals()

    def compose(self) -> ComposeResult:
        """The title, the actions, the keys."""
        with Vertical(id="box"):
            yield Lines(id="words")
            yield Lines(id="actions")
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """Have the daemon say what is possible with one job."""
        for lines in self.query(Lines):
            lines.can_focus = False
        self._ask()
        self.call_after_refresh(self._draw)

    def _ask(self) -> None:
        if reason := why_not(self):
            self._reasons = {action.id: reason for action in ACTIONS}
            return
        if (ask := self._offered.ask) is not None:
            self._lane.submit(ask, self._deliver)

    def _deliver(self, answer: Answer) -> None:
        self.post_message(self.Told(answer))

    def on_menu_screen_told(self, message: Told) -> None:
        """The daemon has the last word; when it is silent, the first guess stays."""
        message.stop()
        if message.answer.error is None:
            self._reasons = message.answer.value
            self._draw()

    def saw(self, snapshot: Snapshot) -> None:
        """Other states: other things are possible then."""
        offered = self._offered.seen(snapshot)
        if offered is not self._offered:
            self._offered = offered
            self._reasons = offered.refusals()
            self._ask()
            self._draw()

    def on_resize(self) -> None:
        """The lines are made for a width."""
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        cells = self.room(_WIDEST)
        name = truncate(self._offered.name, cells - _STATE)
        state = truncate(self._offered.state, max(cells - width(name) - 2, 1))
        self.query_one("#words", Lines).show([line(Span(name, Tone.STRONG), Span(f"  {state}", Tone.MUTED))])
        shown = self.query_one("#actions", Lines)
        shown.styles.height = len(ACTIONS) + 1
        shown.show([Line(), *(self._line(number, action, cells) for number, action in enumerate(ACTIONS))])
        shown.scroll_to(y=max(self._chosen + 2 - shown.rows, 0), animate=False)
        self.query_one("#keys", Lines).show([key_hints(("enter", "do it"), ("esc", "leave it"))])

    def _line(self, number: int, action: Action, cells: int) -> Line:
        reason = readable(self._reasons.get(action.id, ""))
        key = self._keymap.first(f"job.{action.id}")
        title = self._offered.title_of(action).lower() + ("…" if action.opens else "")
        link = f"screen.choose('{action.id}')"
        is_chosen = number == self._chosen
        words = f"not now: {reason}" if reason else action.help
        spans = (
            Span("▌ " if is_chosen else "  ", Tone.ACCENT, link),
            Span(f"{key:<{_KEY}}", Tone.FAINT if reason else Tone.ACCENT_STRONG, link),
            Span(f"{title:<{_TITLE}}", Tone.MUTED if reason else Tone.STRONG, link),
            Span(truncate(words, max(cells - _KEY - _TITLE - 2, 1)), Tone.AMBER if reason else Tone.MUTED, link),
        )
        return Line(spans, Ground.CURSOR if is_chosen else Ground.PLAIN)

    def action_move(self, lines: int) -> None:
        """Down or up."""
        self._chosen = min(max(self._chosen + lines, 0), len(ACTIONS) - 1)
        self._draw()

    def action_run(self) -> None:
        """The action under the cursor: one that is not possible answers why."""
        self.action_choose(ACTIONS[self._chosen].id)

    def action_choose(self, action_id: str) -> None:
        """This one."""
        if not self.guarded:
            self.dismiss(action_id)

    def on_key(self, event: events.Key) -> None:
        """An action's own key works here, too."""
        for action in ACTIONS:
            if event.key in self._keymap.keys(f"job.{action.id}"):
                event.stop()
                self.action_choose(action.id)
                return

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)
