"""A line of text typed into a widget that has no room for an input field of its own."""

from __future__ import annotations

from textual import events

from tui.data.clean import clean
from tui.draw.line import Span, Tone

_LONGEST = 200


class Prompt:
    """``sign`` stands in front of what is typed; ``before`` is what was there when typing began."""

    def __init__(self, sign: str, text: str) -> None:
        self.sign = sign
        self.before = text
        self.text = text

    def key(self, event: events.Key) -> bool:
        """Take a key; False when it is none for a text."""
        if event.key == "backspace":
            self.text = self.text[:-1]
        elif event.key == "ctrl+u":
            self.text = ""
        elif event.is_printable and event.character:
            self.add(event.character)
        else:
            return False
        return True

    def add(self, text: str) -> None:
        """Take a piece of text: of a paste, its first line."""
        first = text.split("\n", 1)[0]
        self.text = (self.text + clean(first))[:_LONGEST]

    def spans(self) -> tuple[Span, ...]:
        """The line with its caret."""
        return Span(f" {self.sign} ", Tone.ACCENT_STRONG), Span(self.text), Span("▌", Tone.ACCENT)
