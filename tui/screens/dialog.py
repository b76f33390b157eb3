"""What the dialogs share: a box of lines in the middle, with buttons that cannot be hit by accident."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Generic, TypeVar

from textual.screen import ModalScreen

from tui.actions.model import Effects, Fact, Weight
from tui.draw.cells import wrap
from tui.draw.line import Line, Span, Tone, line

ResultT = TypeVar("ResultT")
_LABEL = 8
_TONES = {Weight.PLAIN: Tone.MUTED, Weight.KEPT: Tone.ACCENT, Weight.LOST: Tone.AMBER, Weight.BETTER: Tone.ACCENT}


class Dialog(ModalScreen[ResultT], Generic[ResultT]):
    """A modal box. For a moment after it opened it takes no yes: pasted text and key repeat must not confirm."""

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


def fact_lines(facts: Sequence[Fact], cells: int) -> list[Line]:
    """A label column, and the statements wrapped beside it."""
    lines: list[Line] = []
    for fact in facts:
        first, *rest = wrap(fact.text, cells - _LABEL)
        lines.append(line(Span(f"{fact.label:<{_LABEL}}", _TONES[fact.weight]), Span(first)))
        lines += [line(Span(" " * _LABEL), Span(part)) for part in rest]
    return lines


def effect_lines(effects: Effects, explanation: str, cells: int) -> list[Line]:
    """The body of a confirmation: what will happen, and why it can no longer be confirmed."""
    lines = [line(Span(effects.title, Tone.STRONG)), Line(), *fact_lines(effects.facts, cells)]
    if explanation:
        lines += [Line(), *(line(Span(part, Tone.RED)) for part in wrap(f"{explanation}. Nothing was done.", cells))]
    return lines
