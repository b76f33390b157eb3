"""One log entry as lines of the screen."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import LogLine
from tui.draw.cells import fit, width, wrap
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import clock_time, fine_clock_time

LEVELS = ("debug", "info", "warning", "error")
"""From the least to the most; what a plugin prints counts as info."""
_LOOKS = {
    "error": ("ERROR", Tone.RED, Tone.TEXT),
    "warning": ("WARN", Tone.AMBER, Tone.TEXT),
    "warn": ("WARN", Tone.AMBER, Tone.TEXT),
    "info": ("INFO", Tone.MUTED, Tone.TEXT),
    "debug": ("DEBUG", Tone.FAINT, Tone.MUTED),
    "output": ("OUT", Tone.ACCENT, Tone.TEXT),
}
_RANKS = {"debug": 0, "warning": 2, "warn": 2, "error": 3}
_LEAST_TEXT = 20
ROOM_FOR_THOUSANDTHS = 84
_OF = " │ "
"""Between the plugin that logs and what it says; what has none is said by the daemon."""


@dataclass(frozen=True, slots=True)
class Look:
    """How entries are drawn. ``wrapped``: in lines of at most this many cells; 0: as long as they are. ``needle`` is marked.
    ``fine``: times with their thousandths."""

    wrapped: int = 0
    timed: bool = True
    needle: str = ""
    fine: bool = False


def rank(entry: LogLine) -> int:
    """The place of its level in :data:`LEVELS`."""
    return _RANKS.get(entry.level.lower(), 1)


def has_text(entry: LogLine, needle: str) -> bool:
    """Whether the entry has this text; its case counts only when the text has capital letters."""
    if needle != needle.casefold():
        return needle in entry.message or needle in entry.plugin
    return needle in entry.message.casefold() or needle in entry.plugin.casefold()


def text_of(entry: LogLine) -> str:
    """The entry as plain text."""
    worker = f"/{entry.worker}" if entry.worker else ""
    return f"{clock_time(entry.at)} {entry.level.upper():<7} {entry.plugin}{worker}{' ' if entry.plugin else ''}{entry.message}"


def height(entry: LogLine, look: Look) -> int:
    """The number of lines it takes."""
    message = entry.message
    if look.wrapped and (not message.isascii() or len(message) > look.wrapped - _indent(entry, look)):
        return len(_pieces(entry, look))
    return message.count("\n") + 1


def entry_lines(
    entry: LogLine, look: Look, *, at_cursor: bool = False, marked: bool = False, aside: bool = False
) -> list[Line]:
    """Time, level, plugin, message; further lines are indented. ``aside`` is an entry that is only there because its neighbour
    was asked for."""
    word, sign, tone = _LOOKS.get(entry.level.lower(), (entry.level.upper()[:5], Tone.MUTED, Tone.TEXT))
    tone = Tone.MUTED if aside else tone
    first, *rest = _pieces(entry, look)
    head = [
        Span("*", Tone.ACCENT_BADGE if at_cursor else Tone.ACCENT_STRONG)
        if marked
        else Span("▌" if at_cursor else " ", Tone.ACCENT)
    ]
    if look.timed:
        head.append(Span(f"{(fine_clock_time if look.fine else clock_time)(entry.at)} ", Tone.FAINT))
    head.append(Span(f"{fit(word, 5)} ", sign))
    if entry.plugin:
        head += [*_marks(_plugin(entry), Tone.MUTED, look.needle), Span(_OF, Tone.FAINT)]
    indent = Span(" " * _margin(look))
    return [line(*head, *_marks(first, tone, look.needle)), *(line(indent, *_marks(part, tone, look.needle)) for part in rest)]


def _plugin(entry: LogLine) -> str:
    return f"{entry.plugin}/{entry.worker}" if entry.worker else entry.plugin


def _margin(look: Look) -> int:
    return 7 if not look.timed else 20 if look.fine else 16


def _indent(entry: LogLine, look: Look) -> int:
    return _margin(look) + (width(_plugin(entry)) + len(_OF) if entry.plugin else 0)


def _pieces(entry: LogLine, look: Look) -> list[str]:
    if not look.wrapped:
        return entry.message.split("\n")
    room = max(look.wrapped - _margin(look), _LEAST_TEXT)
    hang = " " * max(_indent(entry, look) - _margin(look), 0)
    first, *rest = wrap(f"{hang}{entry.message}", room) if len(hang) < room // 2 else wrap(entry.message, room)
    return [first.removeprefix(hang), *rest]


def _marks(text: str, tone: Tone, needle: str) -> list[Span]:
    """The text with every place of the needle in it marked."""
    if not needle:
        return [Span(text, tone)]
    whole = text if needle != needle.casefold() else text.casefold()
    if len(whole) != len(text) or needle not in whole:
        return [Span(text, tone)]
    spans, begin = [], 0
    while (at := whole.find(needle, begin)) >= 0:
        spans += [Span(text[begin:at], tone), Span(text[at : at + len(needle)], Tone.AMBER_BADGE)]
        begin = at + len(needle)
    return [span for span in (*spans, Span(text[begin:], tone)) if span.text]
