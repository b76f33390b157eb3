"""Groups of words set one after the other into as many lines as they need; a group is never broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.draw.cells import width
from tui.draw.line import Line, Span, fit_spans

_GAP = 3


def flow(groups: Iterable[Sequence[Span]], cells: int, lines: int) -> list[Line]:
    """At most ``lines`` lines of ``cells`` cells; what does not fit any more is left out, a group that is too wide is cut."""
    made: list[list[Span]] = [[]]
    used = 0
    for group in groups:
        size = sum(width(span.text) for span in group)
        if used and used + _GAP + size + 1 > cells:
            if len(made) == lines:
                continue
            made.append([])
            used = 0
        made[-1] += [Span(" " * (_GAP if used else 1)), *group]
        used += size + (_GAP if used else 1)
    return [Line(fit_spans(spans, cells)) for spans in made if spans]
