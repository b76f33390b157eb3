"""Braille areas, scales and the throughput chart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.draw.axis import ceiling, time_axis
from tui.draw.braille import area, resample, spark
from tui.draw.chart import mirrored

values = st.lists(st.none() | st.floats(0, 1e12), max_size=200)


def dots(rows: list[str]) -> int:
    """How many dots are set."""
    return sum((ord(cell) - 0x2800).bit_count() for row in rows for cell in row if cell != " ")


def test_an_area_grows_from_its_base() -> None:
    """Values fill dot columns from the bottom, or from the top when drawn downwards."""
    assert area([4.0, 8.0], 2, 8.0) == ["⢸", "⣿"]
    assert area([4.0, 8.0], 2, 8.0, downwards=True) == ["⣿", "⢸"]


def test_a_gap_is_not_a_zero() -> None:
    """A measured zero shows a dot on the base, a gap shows nothing."""
    assert area([0.0, 0.0], 1, 8.0) == ["⣀"]
    assert area([None, None], 1, 8.0) == [" "]
    assert spark([0.0, None, None, 0.0]) == "⡀⢀"


@given(values, st.integers(1, 6))
def test_an_area_has_the_size_asked_for(series: list[float | None], rows: int) -> None:
    """As many rows as asked, one cell for two values."""
    drawn = area(series, rows, ceiling(series))
    assert len(drawn) == rows
    assert all(len(row) == (len(series) + 1) // 2 for row in drawn)


@given(values, st.integers(1, 6))
def test_both_directions_show_the_same(series: list[float | None], rows: int) -> None:
    """An area drawn downwards has as many dots as the one drawn upwards."""
    top = ceiling(series)
    assert dots(area(series, rows, top)) == dots(area(series, rows, top, downwards=True))


@given(values)
def test_the_scale_is_round_and_large_enough(series: list[float | None]) -> None:
    """The scale is above every value, and not more than twice the largest."""
    known = [value for value in series if value is not None and value > 0]
    top = ceiling(series)
    assert all(value <= top * (1 + 1e-9) for value in known)
    if known:
        assert top <= max(max(known) * 2, 0.01) + 1e-9


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=300), st.integers(1, 300))
def test_resampling_keeps_the_peak(series: list[float | None], count: int) -> None:
    """Fewer points than values: the largest value is still there, and nothing is invented."""
    taken = resample(series, count)
    assert len(taken) == count
    assert set(taken) <= set(series)
    known = [value for value in series if value is not None]
    if known and count <= len(series):
        assert max(known) in taken


@given(st.sampled_from([60, 300, 3600]), st.integers(1, 200))
def test_the_time_axis_fits(window: int, cells: int) -> None:
    """The time axis is exactly as wide as the plot."""
    assert len(time_axis(window, cells)) == cells


def test_the_chart_mirrors_in_and_out() -> None:
    """Rows in stand above the zero line, rows out hang below it, to the same scale."""
    lines = [line.text for line in mirrored([100.0] * 8, [50.0] * 8, 11, 5, 60)]
    assert lines == [
        "  100 ┤⣿⣿⣿⣿",
        "    0 ┤⣿⣿⣿⣿",
        "      │⣿⣿⣿⣿",
        "  100 ┤    ",
        "      ╰────",
    ]


def test_a_chart_without_data_says_so() -> None:
    """No values: no scale is made up."""
    lines = [line.text for line in mirrored([None] * 4, [], 60, 7, 300)]
    assert any("nothing was measured" in line for line in lines)
    assert "┤" not in "".join(lines)


@given(values, values, st.integers(9, 150), st.integers(3, 30))
def test_a_chart_has_the_size_asked_for(above: list[float | None], below: list[float | None], cells: int, rows: int) -> None:
    """No line of the chart is wider than asked, and there are no more of them."""
    lines = mirrored(above, below, cells, rows, 300)
    assert len(lines) <= rows
    assert all(line.width <= cells for line in lines)
