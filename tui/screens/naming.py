"""Asking for a name."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.draw.line import Span, Tone, line
from tui.screens.dialog import Dialog
from tui.widgets.lines import Bar

_NAME = r"[^\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{0,40}"


class NamingScreen(Dialog[str]):
    """``title`` says what for. Its answer is the name, None when the person left."""

    BINDINGS = [Binding("escape", "leave", "Leave", show=False)]

    def __init__(self, title: str, value: str = "") -> None:
        super().__init__()
        self._title = title
        self._value = value

    def compose(self) -> ComposeResult:
        """The title and the input."""
        with Vertical(id="box"):
            yield Bar(id="words")
            with Horizontal(id="search"):
                yield Input(self._value, placeholder="a name without blanks", compact=True, restrict=_NAME)

    def on_mount(self) -> None:
        """Type at once."""
        head = (Span(self._title, Tone.STRONG), Span("   enter keeps it, esc leaves", Tone.MUTED))
        self.query_one("#words", Bar).show([line(*head)])
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The name is given."""
        event.stop()
        if event.value:
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Without a name."""
        self.dismiss(None)
