"""Tables fit the terminal: what is cut, what is left out, and that no line is ever longer than COLUMNS."""

import importlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.cli.layout import GAP, Column, fit
from tui.cli.tables import Cell, print_pairs, print_table

TABLES = [
    (path.stem, name, table)
    for path in sorted((Path(__file__).parents[2] / "tui" / "cli").glob("*.py"))
    if re.search(r"^_\w+ = \($", path.read_text(), re.MULTILINE) and "Column(" in path.read_text()
    for name, table in vars(importlib.import_module(f"tui.cli.{path.stem}")).items()
    if isinstance(table, tuple) and table and all(isinstance(column, Column) for column in table)
]
COLUMNS = st.lists(
    st.builds(
        Column,
        title=st.sampled_from(["A", "NAME", "A LONG TITLE"]),
        flexible=st.booleans(),
        rank=st.integers(0, 5),
        least=st.integers(1, 20),
    ),
    min_size=1,
    max_size=12,
)


@given(columns=COLUMNS, data=st.data(), room=st.integers(40, 250))
def test_what_is_shown_fits(columns, data, room):
    """The lines fit, order is kept, what fits as it is stays as it is, and what always stays is there."""
    widths = data.draw(st.lists(st.integers(1, 120), min_size=len(columns), max_size=len(columns)))
    shown = fit(columns, widths, room)
    assert sum(width for _, width in shown) + GAP * (len(shown) - 1) <= room
    assert [index for index, _ in shown] == sorted({index for index, _ in shown})
    assert {index for index, column in enumerate(columns) if column.rank == 0} <= {index for index, _ in shown}
    assert all(1 <= width <= widths[index] for index, width in shown)
    if sum(widths) + GAP * (len(widths) - 1) <= room:
        assert shown == list(enumerate(widths))


def test_the_least_important_column_goes_first():
    """Flexible columns give way first, then whole columns by rank."""
    columns = [
        Column("NAME", flexible=True, rank=0, least=5),
        Column("ID", rank=3),
        Column("STATE", rank=0),
        Column("X", rank=1),
    ]
    assert fit(columns, [30, 10, 7, 9], 62) == [(0, 30), (1, 10), (2, 7), (3, 9)]
    assert fit(columns, [30, 10, 7, 9], 40) == [(0, 8), (1, 10), (2, 7), (3, 9)]
    assert fit(columns, [30, 10, 7, 9], 36) == [(0, 16), (2, 7), (3, 9)]
    assert fit(columns, [30, 10, 7, 9], 20) == [(0, 11), (2, 7)]
    assert fit(columns, [30, 10, 7, 9], None) == [(0, 30), (1, 10), (2, 7), (3, 9)]


@pytest.mark.parametrize("columns", [table for *_, table in TABLES], ids=[f"{room}{name}" for room, name, _ in TABLES])
def test_every_table_fits_every_terminal(columns, capsys, monkeypatch):
    """From 40 to 250 columns no table of any command is wider than the terminal; the first column is always there."""
    assert columns[0].rank == 0 or any(column.rank == 0 for column in columns)
    rows = [
        ["a value of some length"] * len(columns),
        ["12"] * len(columns),
        [Cell("日本語のとても長い名前", "red")] * len(columns),
    ]
    for width in (40, 60, 80, 100, 132, 250):
        monkeypatch.setenv("COLUMNS", str(width))
        print_table(columns, rows)
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 4
        assert max(map(cell_len, lines)) <= width


def test_pairs_fit(capsys, monkeypatch):
    """Long values go on below themselves; nothing of them is lost."""
    monkeypatch.setenv("COLUMNS", "40")
    path = "/home/somebody/" + "a/very/long/path/" * 8
    print_pairs([("file", path), ("hint", "one thing after another, " * 5), ("none", "")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert "".join(line[6:] for line in lines).startswith(path)


def test_nothing_is_cut_where_nobody_looks(capsys, monkeypatch):
    """Into a pipe goes everything."""
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table([Column("A", flexible=True)], [["x" * 500]])
    assert "x" * 500 in capsys.readouterr().out
