"""The throughput chart: rows in above the axis, rows out mirrored below it, both to the same scale."""

from __future__ import annotations

from collections.abc import Sequence

from tui.draw.axis import ceiling, time_axis
from tui.draw.braille import area, resample
from tui.draw.cells import truncate
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import round_si

GUTTER = 6
"""Cells left of the plot: a label and the axis."""


def plot_cells(cells: int) -> int:
    """How many cells of a chart ``cells`` wide are left for the plot."""
    return max(cells - GUTTER - 1, 1)


def mirrored(above: Sequence[float | None], below: Sequence[float | None], cells: int, rows: int, window: int) -> list[Line]:
    """``rows`` lines (at least 3): the areas with a labelled scale, and the time axis in the last one."""
    plot = plot_cells(cells)
    half = max((rows - 1) // 2, 1)
    upper, lower = resample(above, plot * 2), resample(below, plot * 2)
    if not any(value is not None for value in (*upper, *lower)):
        return _nothing(plot, half, window)
    top = ceiling((*upper, *lower))
    drawn = [
        *_half(area(upper, half, top), Tone.ACCENT, first=round_si(top), last="0"),
        *_half(area(lower, half, top, downwards=True), Tone.MUTED, first="", last=round_si(top)),
    ]
    return [*drawn, line(Span(" " * GUTTER), Span("╰", Tone.FAINT), Span(time_axis(window, plot), Tone.FAINT))]


def _nothing(plot: int, half: int, window: int) -> list[Line]:
    words = "nothing was measured in this window"
    rows = [Line((Span(" " * GUTTER), Span("│", Tone.FAINT))) for _ in range(half * 2)]
    rows[half] = line(*rows[half].spans, Span(truncate(words.center(plot), plot), Tone.FAINT))
    return [*rows, line(Span(" " * GUTTER), Span("╰", Tone.FAINT), Span(time_axis(window, plot), Tone.FAINT))]


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
