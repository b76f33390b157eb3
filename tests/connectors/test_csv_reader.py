"""The csv and text formats: values, headers, and errors that say where."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import pytest

from runner.connectors.base import DataError, OptionError, Pace
from runner.connectors.file.csv_reader import CsvReader
from runner.connectors.file.listing import InputFile
from runner.connectors.file.reader import FileReader, FileSettings
from runner.connectors.file.text_reader import TextReader
from runner.connectors.options import Options
from runner.connectors.table_schema import declared_columns


def read(
    tmp_path: Path, content: str | bytes, fields: dict[str, Any], *, kind: type[FileReader] = CsvReader, **options: Any
) -> list[dict[str, Any]]:
    """The rows of a file with this content."""
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    made = Options({"schema": {"fields": fields}, **options}, "LocalFile")
    reader = kind(FileSettings(made, declared_columns(made), made.texts("read_columns")))
    rows = []
    for piece in reader.pieces(InputFile(path, path.stat().st_size, ()), 1):
        for batch in reader.read(path, piece, None, Pace()):
            rows += batch.data.to_pylist()
    return rows


EVERY_TYPE = {
    "s": "string",
    "b": "boolean",
    "t": "tinyint",
    "i": "int",
    "l": "bigint",
    "f": "float",
    "d": "double",
    "p": "decimal(10, 2)",
    "n": "null",
    "y": "bytes",
    "day": "date",
    "at": "time",
    "ts": "timestamp",
    "a": "array<int>",
    "m": "map<string, int>",
    "r": {"x": "int", "y": "array<string>"},
}


def test_every_type_has_a_text_form(tmp_path: Path) -> None:
    """Nested values use one separator per level; a blank value of any type is null."""
    line = "x,true,1,-2,3,0.5,1e3,1.50,,bytes,2024-01-05,10:11:12.5,2024-01-05 10:11:12,1\x022,k\x031\x02l\x03,1\x02a\x03b\n"
    first, second = read(tmp_path, line + "," * 15 + "\n", EVERY_TYPE)
    assert first == {
        "s": "x",
        "b": True,
        "t": 1,
        "i": -2,
        "l": 3,
        "f": 0.5,
        "d": 1000.0,
        "p": decimal.Decimal("1.50"),
        "n": None,
        "y": b"bytes",
        "day": datetime.date(2024, 1, 5),
        "at": datetime.time(10, 11, 12, 500000),
        "ts": datetime.datetime(2024, 1, 5, 10, 11, 12),  # noqa: DTZ001
        "a": [1, 2],
        "m": [("k", 1), ("l", None)],
        "r": {"x": 1, "y": ["a", "b"]},
    }
    assert set(second.values()) == {None}


def test_dates_and_timestamps_may_change_their_form(tmp_path: Path) -> None:
    """All forms are recognised, in one file too."""
    days = ["2024-01-05", "2024/01/05", "2024.01.05", "20240105", "2024年01月05日"]
    rows = read(tmp_path, "".join(f"{day},{day}\n" for day in days), {"day": "date", "ts": "timestamp"})
    assert {row["day"] for row in rows} == {datetime.date(2024, 1, 5)}
    assert {row["ts"] for row in rows} == {datetime.datetime(2024, 1, 5)}  # noqa: DTZ001
    [row] = read(tmp_path, "20240105101112\n", {"ts": "timestamp"})
    assert row["ts"] == datetime.datetime(2024, 1, 5, 10, 11, 12)  # noqa: DTZ001


def test_a_byte_order_mark_and_windows_lines_are_no_data(tmp_path: Path) -> None:
    """A BOM belongs to the file, CR to the line end, and the last line needs none."""
    assert read(tmp_path, b"\xef\xbb\xbf1,a\r\n2,b", {"i": "int", "s": "string"}) == [{"i": 1, "s": "a"}, {"i": 2, "s": "b"}]


def test_header_lines_are_skipped(tmp_path: Path) -> None:
    """skip_header_row_number lines are passed over, also after a BOM."""
    rows = read(tmp_path, b"\xef\xbb\xbfid\nunit\n1\n", {"i": "int"}, skip_header_row_number=2)
    assert rows == [{"i": 1}]


def test_a_header_line_can_name_the_columns(tmp_path: Path) -> None:
    """csv_use_header_line finds columns by name, whatever their order and whatever else there is."""
    rows = read(tmp_path, 'b,"x y",a\n2,z,1\n', {"a": "int", "b": "int"}, csv_use_header_line=True)
    assert rows == [{"a": 1, "b": 2}]
    with pytest.raises(DataError, match="the header line has no column c"):
        read(tmp_path, "a,b\n1,2\n", {"c": "int"}, csv_use_header_line=True)


def test_only_some_columns_are_read(tmp_path: Path) -> None:
    """read_columns chooses and orders; the others are not even converted."""
    fields = {"a": "int", "b": "int", "c": "string"}
    assert read(tmp_path, "1,oops,x\n", fields, read_columns=["c", "a"]) == [{"c": "x", "a": 1}]
    with pytest.raises(OptionError, match="read_columns"):
        read(tmp_path, "1,2,3\n", fields, read_columns=["z"])


def test_any_ascii_delimiter(tmp_path: Path) -> None:
    """The delimiter is an option under both of its names."""
    assert read(tmp_path, '1|"a|b"\n', {"i": "int", "s": "string"}, field_delimiter="|") == [{"i": 1, "s": "a|b"}]
    assert read(tmp_path, "1\ta\n", {"i": "int", "s": "string"}, delimiter="\t") == [{"i": 1, "s": "a"}]
    with pytest.raises(OptionError, match="one ASCII character"):
        read(tmp_path, "1||a\n", {"i": "int", "s": "string"}, field_delimiter="||")


@pytest.mark.parametrize(
    ("content", "fields", "words", "position"),
    [
        ("1,2\nx,4\n", {"a": "int", "b": "int"}, "data.csv line 2, column a: 'x' is not an int", "line 2"),
        ('1,"q\nr"\n3\n', {"a": "int", "b": "string"}, "line 3, 1 column where 2 were expected (a, b)", "line 3"),
        ("1,2\n3,4,5\n", {"a": "int", "b": "int"}, "line 2, 3 columns where 2 were expected", "line 2"),
        ("1\n1.5\n", {"a": "int"}, "line 2, column a: '1.5' is not an int", "line 2"),
        ("1\n300\n", {"a": "tinyint"}, "line 2, column a: '300' is not a tinyint", "line 2"),
        ("1.555\n", {"a": "decimal(10, 2)"}, "line 1, column a: '1.555' is not a decimal(10, 2)", "line 1"),
        ("12345678901\n", {"a": "decimal(10, 2)"}, "line 1, column a", "line 1"),
        ("2024-02-30\n", {"a": "date"}, "line 1, column a: '2024-02-30' is not a date", "line 1"),
        ("25:00:00\n", {"a": "time"}, "line 1, column a", "line 1"),
        ("yes\n", {"a": "boolean"}, "line 1, column a: 'yes' is not a boolean", "line 1"),
        ("1\x02x\n", {"a": "array<int>"}, "line 1, column a", "line 1"),
        (b"a\n\xff\n", {"a": "string"}, "line 2: a byte that is not UTF-8: 0xff", "byte 2"),
        ("name,age\nann,5\n", {"name": "string", "age": "int"}, "line 1, column age: 'age' is not an int", "line 1"),
    ],
)
def test_a_bad_line_is_reported_with_file_line_column_and_value(
    tmp_path: Path, content: str | bytes, fields: dict[str, Any], words: str, position: str
) -> None:
    """The message says what to look at; another attempt would fail the same way."""
    with pytest.raises(DataError) as caught:
        read(tmp_path, content, fields)
    assert words in caught.value.message
    assert caught.value.position is not None
    assert caught.value.position.endswith(position)
    assert not caught.value.retriable


def test_a_forgotten_header_is_guessed(tmp_path: Path) -> None:
    """The hint names the option."""
    with pytest.raises(DataError) as caught:
        read(tmp_path, "name,age\nann,5\n", {"name": "string", "age": "int"})
    assert "skip_header_row_number" in caught.value.hint


@pytest.mark.parametrize(("sign", "written"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
def test_another_delimiter_is_guessed(tmp_path: Path, sign: str, written: str) -> None:
    """The hint says what to write; where the values cannot be told apart so, it does not."""
    with pytest.raises(DataError) as caught:
        read(tmp_path, f"1{sign}ann{sign}5\n", {"id": "int", "name": "string", "age": "int"})
    assert f'field_delimiter = "{written}"' in caught.value.hint
    with pytest.raises(DataError) as caught:
        read(tmp_path, f"1{sign}ann\n", {"id": "int", "name": "string", "age": "int"})
    assert caught.value.hint == ""


def test_a_schema_is_needed(tmp_path: Path) -> None:
    """Csv files do not know their columns."""
    made = Options({}, "LocalFile")
    with pytest.raises(OptionError, match="schema"):
        CsvReader(FileSettings(made, declared_columns(made), None))


def test_text_files_have_no_quotes(tmp_path: Path) -> None:
    """The delimiter is U+0001 unless an option says otherwise, and a regular expression as in SeaTunnel."""
    fields = {"a": "string", "b": "int"}
    assert read(tmp_path, '"x\x011\n', fields, kind=TextReader) == [{"a": '"x', "b": 1}]
    assert read(tmp_path, "x|1\r\n\r\n", fields, kind=TextReader, field_delimiter="\\|") == [{"a": "x", "b": 1}]
    assert read(tmp_path, "x||1\ny||2", fields, kind=TextReader, field_delimiter="\\|\\|") == [
        {"a": "x", "b": 1},
        {"a": "y", "b": 2},
    ]
    assert read(tmp_path, "x;  1\n\n", fields, kind=TextReader, field_delimiter="[;,] *") == [{"a": "x", "b": 1}]


@pytest.mark.parametrize("delimiter", ["\x01", ";;", "[;,]+"])
def test_text_errors_say_where(tmp_path: Path, delimiter: str) -> None:
    """As for csv, with every kind of delimiter."""
    text = {"\x01": "\x01", ";;": ";;", "[;,]+": ";"}[delimiter]
    fields = {"a": "string", "b": "int"}
    with pytest.raises(DataError, match="line 2, column b: 'z' is not an int"):
        read(tmp_path, f"x{text}1\ny{text}z\n", fields, kind=TextReader, field_delimiter=delimiter)
    with pytest.raises(DataError, match="line 2, 1 column where 2 were expected"):
        read(tmp_path, f"x{text}1\ny\n", fields, kind=TextReader, field_delimiter=delimiter)
