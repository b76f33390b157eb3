"""The phases of one checkpoint as bars, one below the other: what it spent its time on."""

from __future__ import annotations

from collections.abc import Sequence

from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import UNKNOWN, duration

_LABEL = 10
_FIGURE = 8


def bars(phases: Sequence[tuple[str, float | None]], cells: int) -> list[Line]:
    """A bar for each phase, which begins where the one before it ends; a phase that was not measured has none."""
    total = sum(seconds for _, seconds in phases if seconds is not None)
    room = max(cells - _LABEL - _FIGURE - 4, 4)
    lines, passed = [], 0.0
    for name, seconds in phases:
        begin = round(passed / total * room) if total else 0
        passed += seconds or 0.0
        end = round(passed / total * room) if total else 0
        bar = "█" * max(end - begin, 1) if seconds is not None else ""
        begin = min(begin, room - 1)
        figure = Span(f"{UNKNOWN if seconds is None else duration(seconds):>{_FIGURE}}", Tone.STRONG if seconds else Tone.FAINT)
        lines.append(line(Span(f" {name:<{_LABEL - 1}}", Tone.MUTED), figure, Span("  " + " " * begin), Span(bar, Tone.ACCENT)))
    return lines
