"""The second line of the screens beside the job list: what it shows; becomes the input when words are looked for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from tui.draw.line import Line, Span, Tone
from tui.widgets.filterbar import SAFE
from tui.widgets.lines import Bar


class WordBar(Horizontal):
    """One line; :meth:`edit` turns it into an input, enter or escape turn it back."""

    DEFAULT_CSS = """
    WordBar { height: 1; background: $background; }
    WordBar Bar { background: $background; }
    WordBar Input { display: none; height: 1; border: none; padding: 0; background: $background; width: 1fr; }
    WordBar .prompt { display: none; width: 3; }
    WordBar.editing Input, WordBar.editing .prompt { display: block; }
    WordBar.editing #title-line { display: none; }
    """
    BINDINGS = [("escape", "leave(True)", "Drop the words")]

    class Changed(Message):
        """Other words."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Typing is over."""

    def compose(self) -> ComposeResult:
        """The line, and the input in its place."""
        yield Bar(id="title-line")
        yield Bar(classes="prompt")
        yield Input(placeholder="words; ! excludes   enter keeps, esc drops", restrict=SAFE, compact=True)

    @property
    def cells(self) -> int:
        """The width there is."""
        return self.size.width

    def show(self, line: Line) -> None:
        """Draw the line."""
        self.query_one("#title-line", Bar).show([line])
        self.query_one(".prompt", Bar).show([Line((Span(" / ", Tone.ACCENT_STRONG),))])

    def edit(self, text: str) -> None:
        """Take input, starting from ``text``."""
        self.add_class("editing")
        field = self.query_one(Input)
        field.value = text
        field.focus()

    def action_leave(self, drop: bool = False) -> None:  # noqa: FBT001, FBT002 - the binding passes it
        """Back to the line."""
        self.remove_class("editing")
        if drop:
            self.clear()
        self.post_message(self.Left())

    def clear(self) -> None:
        """Look for nothing."""
        self.query_one(Input).value = ""
        self.post_message(self.Changed(""))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Every letter filters."""
        event.stop()
        if self.has_class("editing"):
            self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps the words."""
        event.stop()
        self.action_leave()
