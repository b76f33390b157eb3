"""A line of the screen as data: spans of text with a tone, on a ground. What tone is which colour, the theme decides."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tui.draw.cells import fit, truncate, width


class Tone(enum.StrEnum):
    """How a span looks. Three accents only: ACCENT (alive, keys), AMBER (on its way, look twice), RED (needs you)."""

    TEXT = "text"
    STRONG = "strong"
    MUTED = "muted"
    FAINT = "faint"
    ACCENT = "accent"
    ACCENT_STRONG = "accent-strong"
    AMBER = "amber"
    AMBER_STRONG = "amber-strong"
    RED = "red"
    RED_STRONG = "red-strong"
    ACCENT_BADGE = "accent-badge"
    AMBER_BADGE = "amber-badge"
    RED_BADGE = "red-badge"
    CONTEXT_BADGE = "context-badge"


class Ground(enum.StrEnum):
    """What a whole line stands on."""

    PLAIN = "plain"
    CURSOR = "cursor"
    CURSOR_BLURRED = "cursor-blurred"


class Span(NamedTuple):
    """Text in one tone; ``link`` names the action that a click on it runs."""

    text: str
    tone: Tone = Tone.TEXT
    link: str = ""


class Line(msgspec.Struct, frozen=True, cache_hash=True):
    """Spans from left to right."""

    spans: tuple[Span, ...] = ()
    ground: Ground = Ground.PLAIN

    @property
    def text(self) -> str:
        """The characters without their tones."""
        return "".join(span.text for span in self.spans)

    @property
    def width(self) -> int:
        """The cells the line takes."""
        return sum(width(span.text) for span in self.spans)

    def on(self, ground: Ground) -> Line:
        """The same spans on another ground."""
        return Line(self.spans, ground)


def line(*spans: Span | str) -> Line:
    """A line of spans; bare strings are plain text."""
    return Line(tuple(span if isinstance(span, Span) else Span(span) for span in spans))


def fit_spans(spans: Iterable[Span], cells: int) -> tuple[Span, ...]:
    """The spans cut with an ellipsis, or padded, to exactly ``cells`` cells."""
    fitted: list[Span] = []
    room = cells
    for span in spans:
        size = width(span.text)
        if size > room:
            fitted.append(Span(fit(truncate(span.text, room), room), span.tone, span.link))
            return tuple(fitted)
        fitted.append(span)
        room -= size
    return (*fitted, Span(" " * room)) if room else tuple(fitted)


def align_spans(spans: Iterable[Span], cells: int, *, right: bool) -> tuple[Span, ...]:
    """The spans in a field of exactly ``cells`` cells, at its left or its right edge."""
    parts = tuple(spans)
    room = cells - sum(width(span.text) for span in parts)
    if right and room > 0:
        return (Span(" " * room), *parts)
    return fit_spans(parts, cells)


def spread(left: Iterable[Span], right: Iterable[Span], cells: int) -> Line:
    """``left`` at the left edge and ``right`` at the right one; when both do not fit, the left one is cut."""
    tail = tuple(right)
    room = max(0, cells - sum(width(span.text) for span in tail))
    return Line(fit_spans((*fit_spans(left, room), *tail), cells))
