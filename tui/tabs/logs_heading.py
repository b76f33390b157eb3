"""The line above the log: what of it is shown, and whether its end is followed."""

from __future__ import annotations

from tui.draw.line import Line, Span, Tone, spread
from tui.draw.units import clock_time, plural
from tui.tabs.logs_lines import LEVELS
from tui.tabs.logs_ring import MOST, Ring
from tui.tabs.logs_shown import Shown


def heading_line(shown: Shown, ring: Ring, cells: int, unseen: int, moment: float | None, key: str, *, following: bool) -> Line:
    """``45 lines by time  warning and more  & “split”: 10  / “row”      ▼ following``; ``key`` follows again."""
    total = len(ring.entries)
    left = [Span(f" {plural(total, 'line')} by time", Tone.MUTED)]
    if total >= MOST and not ring.begins:
        left.append(Span(", older ones are in the file", Tone.MUTED))
    if shown.sieve.level:
        level = LEVELS[shown.sieve.level]
        words = f"  {level}s only" if shown.sieve.level == len(LEVELS) - 1 else f"  {level} and above"
        left.append(Span(words, Tone.AMBER))
    if shown.sieve.text:
        left += [Span("  & ", Tone.ACCENT_STRONG), Span(f"{shown.sieve.text}  {shown.found:,}", Tone.AMBER)]
    if shown.look.needle:
        left += [Span("  / ", Tone.ACCENT_STRONG), Span(shown.look.needle, Tone.AMBER)]
    if shown.marks:
        left.append(Span(f"  * {len(shown.marks):,} marked", Tone.ACCENT_STRONG))
    return spread(left, _place(unseen, moment, key, following=following), cells)


def _place(unseen: int, moment: float | None, key: str, *, following: bool) -> list[Span]:
    if following:
        return [Span("▼ following ", Tone.ACCENT)]
    at = f"at {clock_time(moment)}, " if moment is not None else ""
    words = f"{at}{unseen:,} new below" if unseen else f"{at}not following"
    return [Span(f"{words}  ", Tone.AMBER), Span(key, Tone.ACCENT_STRONG), Span(" follow ", Tone.MUTED)]
