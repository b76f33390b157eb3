"""What the dialogs share: a box of lines in the middle, with buttons and inputs that cannot be hit by accident."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Generic, TypeVar

from textual import events
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.actions.model import Fact, Weight
from tui.draw.cells import wrap
from tui.draw.line import Line, Span, Tone, line

ResultT = TypeVar("ResultT")
_LABEL = 8
_TONES = {Weight.PLAIN: Tone.MUTED, Weight.KEPT: Tone.ACCENT, Weight.LOST: Tone.AMBER, Weight.BETTER: Tone.ACCENT}


class Dialog(ModalScreen[ResultT], Generic[ResultT]):
    """A modal box. For a moment after it opened it takes no yes: pasted text and key repeat must not confirm."""

    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (60, "-broad")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (14, "-high")]
    GUARD_SECONDS = 0.25
    MARGIN = 4

    def __init__(self) -> None:
        super().__init__()
        self._opened = time.monotonic()

    @property
    def guarded(self) -> bool:
        """Whether it is too early for a yes."""
        return time.monotonic() - self._opened < self.GUARD_SECONDS

    def room(self, widest: int) -> int:
        """The cells there are for text, at most ``widest``."""
        return max(min(widest, self.app.size.width - self.MARGIN - 6), 20)


class GuardedInput(Input):
    """An input of a dialog that hears nothing while the dialog is guarded."""

    @property
    def _is_deaf(self) -> bool:
        return isinstance(self.screen, Dialog) and self.screen.guarded

    # Textual calls the handlers of the class above, too, unless the default is prevented.

    async def _on_key(self, event: events.Key) -> None:
        if self._is_deaf and event.is_printable:
            event.stop()
            event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        if self._is_deaf:
            event.stop()
            event.prevent_default()


def fact_lines(facts: Sequence[Fact], cells: int) -> list[Line]:
    """A label column, and the statements wrapped beside it."""
    lines: list[Line] = []
    for fact in facts:
        first, *rest = wrap(fact.text, cells - _LABEL)
        lines.append(line(Span(f"{fact.label:<{_LABEL}}", _TONES[fact.weight]), Span(first)))
        lines += [line(Span(" " * _LABEL), Span(part)) for part in rest]
    return lines


def problem_lines(problem: str, cells: int) -> list[Line]:
    """Below everything else: why no yes is taken."""
    return [Line(), *(line(Span(part, Tone.RED)) for part in wrap(problem, cells))] if problem else []


def key_hints(*hints: tuple[str, str]) -> Line:
    """``enter choose   esc leave it``."""
    spans: list[Span] = []
    for key, words in hints:
        spans += [Span(key, Tone.ACCENT_STRONG), Span(f" {words}   ", Tone.MUTED)]
    return Line(tuple(spans))
