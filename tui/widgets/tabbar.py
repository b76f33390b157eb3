"""The inspector's first line: which job it shows, and its tabs."""

from __future__ import annotations

from collections.abc import Sequence

from tui.data.models import JobView
from tui.draw.cells import truncate, width
from tui.draw.line import Line, Span, Tone, spread
from tui.widgets.lines import Bar

_SHORT = {"Checkpoints": "Ckpt", "Savepoints": "Save", "Errors": "Errs", "Events": "Evts"}
"""What stands for a tab that is not chosen where its name has no room; another one is cut off."""
_WAYS = ((99, 1), (4, 1), (4, 0), (3, 0), (2, 0))
"""The letters of the tabs that are not chosen, and the blank cells between two: what is tried, the widest first."""


def tabbar_line(view: JobView | None, tabs: Sequence[str], chosen: int, cells: int) -> Line:
    """``orders-cdc   1 Overview  2 Checkpoints …``; the names of tabs are shortened, and then left out, for want of room."""
    name = f" {truncate(view.name, max(cells // 4, 8))}  " if view else " "
    job = f"{view.id[:8]} " if view else ""
    left = [Span(name, Tone.STRONG)]
    room = cells - width(name) - sum(len(title) + 5 for title in tabs)
    longest, gap = next((way for way in _WAYS if _needed(tabs, chosen, *way) <= cells - width(name)), (0, 1))
    for index, title in enumerate(tabs):
        words = title if index == chosen else _shortened(title, longest)
        link = f"screen.tab({index + 1})"
        if index == chosen:
            left.append(Span(f" {index + 1} {words} ", Tone.ACCENT_BADGE, link))
        else:
            left.extend((Span(f" {index + 1}", Tone.ACCENT, link), Span(f" {words} ", Tone.MUTED, link)))
        left.append(Span(" " * gap))
    return spread(left, [Span(job, Tone.FAINT)] if room > len(job) else [], cells)


def _needed(tabs: Sequence[str], chosen: int, letters: int, gap: int) -> int:
    return sum(len(title if index == chosen else _shortened(title, letters)) + 4 + gap for index, title in enumerate(tabs))


def _shortened(title: str, letters: int) -> str:
    return title if len(title) <= letters else _SHORT.get(title, title)[:letters]


class TabBar(Bar):
    """The names of the tabs, clickable."""

    def draw(self, view: JobView | None, tabs: Sequence[str], chosen: int) -> None:
        """Show these tabs."""
        self.show([tabbar_line(view, tabs, chosen, self.cells)])
