"""Cells, units, lines and columns: text is measured and cut in terminal cells."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.data.clean import clean
from tui.draw.cells import fit, take, truncate, wrap
from tui.draw.columns import GAP, place
from tui.draw.line import Line, Span, Tone, align_spans, fit_spans, spread
from tui.draw.units import UNKNOWN, age, clock_time, duration, rate, round_si, si, size, span

shown_text = st.text().map(clean)
wide_text = st.text(st.sampled_from("ab 日本語é👩ｶ\u0301"), max_size=40).map(clean)


@given(wide_text, st.integers(0, 50))
def test_fit_takes_exactly_the_cells(text: str, cells: int) -> None:
    """Whatever is in it, a fitted text is as wide as its column: the columns after it stay where they are."""
    assert cell_len(fit(text, cells)) == cells
    assert cell_len(fit(text, cells, right=True)) == cells


@given(shown_text, st.integers(0, 30))
def test_truncate_cuts_whole_characters(text: str, cells: int) -> None:
    """A cut text fits, and is the start of the text with an ellipsis."""
    short = truncate(text, cells)
    assert cell_len(short) <= cells
    assert short == text or text.startswith(short.removesuffix("…"))
    assert text.startswith(take(text, cells))


@given(st.lists(wide_text, max_size=5), st.integers(0, 60))
def test_spans_fill_their_field(texts: list[str], cells: int) -> None:
    """Several spans in a field take exactly its width, at either edge."""
    spans = [Span(text, Tone.TEXT) for text in texts]
    assert Line(fit_spans(spans, cells)).width == cells
    assert Line(align_spans(spans, cells, right=True)).width == cells


@given(wide_text, wide_text, st.integers(0, 60))
def test_spread_fills_the_line(left: str, right: str, cells: int) -> None:
    """A line with a left and a right part is as wide as asked."""
    assert spread([Span(left)], [Span(right)], cells).width == cells


@given(st.text(st.sampled_from("abc de\n日"), max_size=80), st.integers(2, 20))
def test_wrap_fits_and_loses_nothing(text: str, cells: int) -> None:
    """Every wrapped line fits, and no character other than spaces is lost."""
    lines = wrap(text, cells)
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_wrap_keeps_indentation() -> None:
    """An indented line stays indented where it is broken."""
    assert wrap("at:\n  one two three", 9) == ["at:", "  one two", "  three"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, UNKNOWN), (0, "0"), (0.04, "0.04"), (0.5, "0.5"), (7.3, "7.3"), (9.97, "10"), (42, "42"), (182, "182"),
        (999.4, "999"), (999.6, "1.00k"), (1820, "1.82k"), (95_300, "95.3k"), (181_960, "182k"), (1.82e6, "1.82M"),
        (5e9, "5.00G"),
    ],
)  # fmt: skip
def test_si_has_three_digits(value: float | None, words: str) -> None:
    """Unknown is a dash, zero is 0, everything else has about three significant digits."""
    assert si(value) == words


@given(st.floats(0, 1e20))
def test_si_fits_its_column(value: float) -> None:
    """No number is wider than six cells, so that columns never move."""
    assert len(si(value)) <= 6


def test_other_units() -> None:
    """Rates, sizes, durations and ages in their shortest words."""
    assert rate(182_400) == "182k/s"
    assert rate(None) == UNKNOWN
    assert [size(512), size(42e6), size(None)] == ["512 B", "42.0 MB", UNKNOWN]
    assert [duration(0.04), duration(0.8), duration(12.4), duration(184), duration(3 * 86400 + 4 * 3600)] == [
        "40ms", "0.8s", "12s", "3m 04s", "3d 04h",
    ]  # fmt: skip
    assert [span(0.4), span(61), span(None)] == ["0s", "1m 01s", UNKNOWN]
    assert [age(4.9), age(13 * 60), age(7200), age(9 * 86400), age(-3)] == ["4s", "13m", "2h", "9d", "0s"]
    assert [round_si(250_000), round_si(1), round_si(1.5e6)] == ["250k", "1", "1.5M"]
    assert clock_time(1_790_000_000.0) == "14:13:20"


@dataclass(frozen=True)
class Field:
    """A column for placing."""

    width: int
    priority: int
    stretch: int = 0


fields = st.lists(st.builds(Field, st.integers(1, 20), st.integers(0, 9), st.integers(0, 30)), min_size=1, max_size=12)


@given(fields, st.integers(1, 200))
def test_columns_never_overlap_nor_overflow(columns: list[Field], cells: int) -> None:
    """Placed columns are in order, apart, and inside the table; there is always at least one."""
    places = place(columns, cells)
    assert places
    for before, after in itertools.pairwise(places):
        assert before.x + before.width + GAP == after.x
        assert before.index < after.index
    assert places[-1].x + places[-1].width <= cells


@given(fields, st.integers(1, 200))
def test_columns_are_dropped_by_priority(columns: list[Field], cells: int) -> None:
    """No column is dropped while a less important one is kept."""
    kept = {where.index for where in place(columns, cells)}
    dropped = set(range(len(columns))) - kept
    if dropped:
        assert max(columns[index].priority for index in kept) <= min(columns[index].priority for index in dropped)
