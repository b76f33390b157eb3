"""Cutting a csv file into ranges reads exactly the records that Python's csv module reads."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from runner.connectors.base import DataError, Pace
from runner.connectors.file.csv_reader import CsvReader
from runner.connectors.file.listing import InputFile
from runner.connectors.file.reader import FileSettings
from runner.connectors.file.records import Boundaries, LineBoundaries, QuotedBoundaries, cut_evenly, line_number, read_ranges
from runner.connectors.options import Options
from runner.connectors.table_schema import declared_columns

WIDTH = 3


def reader_of(**options: object) -> CsvReader:
    """A reader of three text columns."""
    values = {"schema": {"fields": {f"c{number}": "string" for number in range(WIDTH)}}, **options}
    made = Options(values, "LocalFile")
    return CsvReader(FileSettings(made, declared_columns(made), None))


def rows_read(path: Path, *, pace: Pace, parts: int = 1) -> list[list[str]]:
    """All rows, null as the empty text."""
    reader = reader_of()
    file = InputFile(path, path.stat().st_size, ())
    rows: list[list[str]] = []
    for piece in reader.pieces(file, parts):
        for batch in reader.read(path, piece, None, pace):
            rows += [["" if value is None else value for value in row.values()] for row in batch.data.to_pylist()]
    return rows


def rows_expected(text: str) -> list[list[str]]:
    """What the csv module reads; empty lines are no records."""
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


cells = st.text(alphabet='ab,"\n\r é', max_size=6)
tables = st.lists(st.lists(cells, min_size=WIDTH, max_size=WIDTH), max_size=12)
paces = st.builds(Pace, rows=st.integers(1, 5), bytes=st.integers(1, 40))


@given(tables, paces, st.integers(1, 4), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_well_formed_csv_is_read_as_the_csv_module_reads_it(
    tmp_path: Path, table: list[list[str]], pace: Pace, parts: int, newline: str, ends: bool
) -> None:
    """Whatever the size of the ranges and splits, with quoted line breaks, both line ends, and no line end at the end."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=newline).writerows(table)
    content = text.getvalue() if ends else text.getvalue().removesuffix(newline)
    path = tmp_path / "in.csv"
    path.write_bytes(content.encode())
    expected = rows_expected(content)
    assume(content and all(len(row) == WIDTH for row in expected))  # the writer leaves a lone carriage return unquoted
    assert rows_read(path, pace=pace, parts=parts) == expected


quoted = st.text(alphabet='ab,"', max_size=8)


@given(st.lists(st.lists(quoted, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=8), paces, st.integers(1, 3))
@example([["a", 'b"', "c"], ['"d"', "e", 'f"g']], Pace(rows=1, bytes=1), 2)
@example([['"', "", ""], ["a", "b", '"']], Pace(rows=1, bytes=1), 2)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_stray_quotes_are_read_as_the_csv_module_reads_them_or_reported(
    tmp_path: Path, table: list[list[str]], pace: Pace, parts: int
) -> None:
    """Text that no csv writer makes: quotes in the middle of fields, quotes that are never closed, commas anywhere."""
    content = "\n".join(",".join(row) for row in table) + "\n"
    path = tmp_path / "in.csv"
    path.write_bytes(content.encode())
    expected = rows_expected(content)
    try:
        found = rows_read(path, pace=pace, parts=parts)
    except DataError:
        unclosed = _ends_inside_quotes(content)
        assert unclosed or any(len(row) != WIDTH for row in expected)
    else:
        assert found == expected


def _ends_inside_quotes(content: str) -> bool:
    try:
        list(csv.reader(io.StringIO(content, newline=""), strict=False))
        list(csv.reader(io.StringIO(content + '"\n', newline="")))
    except csv.Error:
        return True
    last = list(csv.reader(io.StringIO(content, newline="")))[-1]
    return any("\n" in cell for cell in last)


@given(st.binary(max_size=200), st.integers(1, 50))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_ranges_are_the_file(tmp_path: Path, content: bytes, size: int) -> None:
    """The ranges follow one another without a gap, and lines are cut at line breaks only."""
    path = tmp_path / "in.txt"
    path.write_bytes(content)
    found = list(read_ranges(path, 0, len(content), LineBoundaries(), Pace(bytes=size)))
    assert b"".join(piece.data for piece in found) == content
    assert all(piece.data.endswith(b"\n") for piece in found[:-1])


@pytest.mark.parametrize("boundaries", [LineBoundaries(), QuotedBoundaries(",")])
def test_ranges_of_long_records_are_the_file(tmp_path: Path, boundaries: Boundaries) -> None:
    """Where the end of a range has no line break, or one inside quotes, nothing is lost, and each range ends with a record."""
    path = tmp_path / "data.csv"
    quoted = '"' + "b\n" * 3000 + '"' if boundaries.quote else "b" * 6000
    path.write_text("".join(f"{number},{'a' * 9000}\n{number},{quoted}\n" for number in range(20)))
    ranges = list(read_ranges(path, 0, path.stat().st_size, boundaries, Pace(bytes=40_000)))
    assert b"".join(found.data for found in ranges) == path.read_bytes()
    assert len(ranges) > 5
    assert all(found.data[:1].isdigit() and found.data.endswith(b"\n") for found in ranges)


@given(st.lists(st.sampled_from(["a,b,c\n", '"x\ny",b,c\n', '"""",b,c\r\n']), min_size=1, max_size=40), st.integers(1, 8))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_splits_cover_the_file_once(tmp_path: Path, records: list[str], parts: int) -> None:
    """Pieces are disjoint and whole records, together they are everything, and there are not more than asked for."""
    content = "".join(records).encode()
    ends = set(itertools.accumulate(len(record) for record in records))
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    pieces = cut_evenly(path, 0, len(content), QuotedBoundaries(","), parts)
    assert pieces[0][0] == 0
    assert pieces[-1][1] == len(content)
    assert all(left[1] == right[0] for left, right in itertools.pairwise(pieces))
    assert len(pieces) <= parts
    assert {end for _, end in pieces} <= ends


@pytest.mark.parametrize("boundaries", [LineBoundaries(), QuotedBoundaries(",")])
@pytest.mark.parametrize("tail", ["", '"the only\nquotes",b\n'])
def test_splits_are_of_about_the_same_size(tmp_path: Path, boundaries: Boundaries, tail: str) -> None:
    """Where nothing is quoted, too, which is cut without a look at the bytes in between."""
    content = ("".join(f"{number},some text\n" for number in range(10_000)) + tail).encode()
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    pieces = cut_evenly(path, 0, len(content), boundaries, 4)
    assert [round(4 * (end - begin) / len(content), 1) for begin, end in pieces] == [1.0] * 4
    assert all(content[end - 1 : end] == b"\n" for _, end in pieces)


def test_positions_go_on_where_they_say(tmp_path: Path) -> None:
    """Reading on from any batch's position gives exactly the rows that had not been read."""
    path = tmp_path / "in.csv"
    path.write_text("".join(f'{number},"line\nbreak",c\n' for number in range(50)))
    reader = reader_of()
    [piece] = reader.pieces(InputFile(path, path.stat().st_size, ()), 1)
    pace = Pace(rows=7, bytes=60)
    batches = list(reader.read(path, piece, None, pace))
    read = 0
    for batch in batches:
        read += batch.data.num_rows
        rest = [row["c0"] for left in reader.read(path, piece, batch.position, pace) for row in left.data.to_pylist()]
        assert rest == [str(number) for number in range(read, 50)]


def test_a_quote_that_is_never_closed_is_reported_with_its_line(tmp_path: Path) -> None:
    """The rest of the file is not swallowed in silence."""
    path = tmp_path / "in.csv"
    path.write_text('a,b,c\nd,"e,f\ng,h,i\n')
    with pytest.raises(DataError, match=r"in\.csv line 2: a quoted value has no closing quote"):
        rows_read(path, pace=Pace())


def test_line_numbers_count_line_breaks(tmp_path: Path) -> None:
    """Lines are numbered from 1."""
    path = tmp_path / "in.txt"
    path.write_text("a\nb\nc")
    assert [line_number(path, offset) for offset in range(5)] == [1, 1, 2, 2, 3]
