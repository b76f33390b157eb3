"""The throughput chart: rows in above the axis, rows out mirrored below it, both to the same scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tui.draw.axis import ceiling, marked_axis, time_axis
from tui.draw.braille import area, resample
from tui.draw.cells import truncate
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import round_si

GUTTER = 6
"""Cells left of the plot: a label and the axis."""


def plot_cells(cells: int) -> int:
    """How many cells of a chart ``cells`` wide are left for the plot."""
    return max(cells - GUTTER - 1, 1)


def mirrored(
    above: Sequence[float | None],
    below: Sequence[float | None],
    cells: int,
    rows: int,
    window: int,
    *,
    marks: Sequence[tuple[str, float]] = (),
    cursor: float | None = None,
) -> list[Line]:
    """``rows`` lines (at least 3): the areas with a labelled scale, and the time axis in the last one, with ``marks`` of what
    happened. ``cursor`` is the place of a moment that is looked at. Places are shares of the window."""
    plot = plot_cells(cells)
    half = max((rows - 1) // 2, 1)
    upper, lower = resample(above, plot * 2), resample(below, plot * 2)
    if not any(value is not None for value in (*upper, *lower)):
        drawn = _nothing(plot, half)
        return [*with_cursor(drawn, cursor, plot), _axis(window, plot, marks, cursor)]
    top = ceiling((*upper, *lower))
    drawn = [
        *_half(area(upper, half, top), Tone.ACCENT, first=round_si(top), last="0"),
        *_half(area(lower, half, top, downwards=True), Tone.MUTED, first="", last=round_si(top)),
    ]
    return [*with_cursor(drawn, cursor, plot), _axis(window, plot, marks, cursor)]


def _axis(window: int, plot: int, marks: Sequence[tuple[str, float]], cursor: float | None) -> Line:
    axis = marked_axis(time_axis(window, plot), marks)
    tones = {"◆": Tone.ACCENT, "↻": Tone.AMBER, "✗": Tone.RED}
    spans = [Span("".join(part), tone) for tone, part in groupby(axis, lambda sign: tones.get(sign, Tone.FAINT))]
    return with_cursor([line(Span(" " * GUTTER), Span("╰", Tone.FAINT), *spans)], cursor, plot, "▲")[0]


def with_cursor(lines: list[Line], cursor: float | None, plot: int, sign: str = "│") -> list[Line]:
    """The lines with an upright line through the moment that is looked at."""
    if cursor is None:
        return lines
    return [_crossed(one, GUTTER + 1 + min(int(cursor * plot), plot - 1), sign) for one in lines]


def _crossed(whole: Line, at: int, sign: str) -> Line:
    spans: list[Span] = []
    begin = 0
    for span in (*whole.spans, Span(" " * max(at + 1 - whole.width, 0))):
        end = begin + len(span.text)  # the chart has no wide characters
        if begin <= at < end:
            before, after = span.text[: at - begin], span.text[at - begin + 1 :]
            spans += [Span(before, span.tone), Span(sign, Tone.AMBER), Span(after, span.tone)]
        else:
            spans.append(span)
        begin = end
    return Line(tuple(span for span in spans if span.text), whole.ground)


def _nothing(plot: int, half: int) -> list[Line]:
    words = "nothing was measured in this window"
    rows = [Line((Span(" " * GUTTER), Span("│", Tone.FAINT))) for _ in range(half * 2)]
    rows[half] = line(*rows[half].spans, Span(truncate(words.center(plot), plot), Tone.FAINT))
    return rows


def _half(rows: list[str], tone: Tone, *, first: str, last: str) -> list[Line]:
    labels = [""] * len(rows)
    labels[-1] = last
    labels[0] = first or labels[0]
    return [
        line(
            Span(label.rjust(GUTTER - 1), Tone.MUTED),
            Span(" ┤" if label else " │", Tone.FAINT),
            Span(row, tone),
        )
        for label, row in zip(labels, rows, strict=True)
    ]
