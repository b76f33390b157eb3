"""JSON lines: values of every type, and errors that say where."""

from __future__ import annotations

import datetime
import decimal
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.connectors.base import DataError, Pace
from runner.connectors.file.json_reader import JsonReader
from runner.connectors.file.listing import InputFile
from runner.connectors.file.reader import FileSettings
from runner.connectors.options import Options
from runner.connectors.table_schema import declared_columns


def read(path: Path, content: str | bytes, fields: dict[str, Any], *, pace: Pace | None = None, parts: int = 1) -> list[Any]:
    """The rows of a file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    made = Options({"schema": {"fields": fields}}, "LocalFile")
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        reader = JsonReader(FileSettings(made, declared_columns(made), None), connection)
        pieces = reader.pieces(InputFile(path, path.stat().st_size, ()), parts)
        batches = [batch for piece in pieces for batch in reader.read(path, piece, None, pace or Pace())]
    return [row for batch in batches for row in batch.data.to_pylist()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "data.json"


def test_every_type_has_a_json_form(path: Path) -> None:
    """Bytes are base64, maps are objects; a missing field is null and an undeclared one is passed over."""
    fields = {
        "s": "string",
        "b": "boolean",
        "t": "tinyint",
        "l": "bigint",
        "f": "float",
        "d": "double",
        "p": "decimal(10, 2)",
        "n": "null",
        "y": "bytes",
        "day": "date",
        "at": "time",
        "ts": "timestamp",
        "a": "array<string>",
        "m": "map<string, array<int>>",
        "r": {"x": "int", "y": {"z": "date"}},
    }
    document = {
        "s": "",
        "b": False,
        "t": 1,
        "l": 9007199254740993,
        "f": 0.5,
        "d": 1,
        "p": 1.5,
        "n": None,
        "y": "YWI=",
        "day": "2024/01/05",
        "at": "10:11:12",
        "ts": "2024-01-05T10:11:12.5",
        "a": ["x", None],
        "m": {"k": [1, 2], "l": None},
        "r": {"x": 1, "y": {"z": "2024-01-05"}, "more": True},
        "extra": {"deep": [1]},
    }
    first, second = read(path, json.dumps(document) + "\n\n{}\n", fields)
    assert first == {
        **{key: document[key] for key in ("s", "b", "t", "l", "f", "n", "a")},
        "d": 1.0,
        "p": decimal.Decimal("1.50"),
        "y": b"ab",
        "day": datetime.date(2024, 1, 5),
        "at": datetime.time(10, 11, 12),
        "ts": datetime.datetime(2024, 1, 5, 10, 11, 12, 500000),  # noqa: DTZ001
        "m": [("k", [1, 2]), ("l", None)],
        "r": {"x": 1, "y": {"z": datetime.date(2024, 1, 5)}},
    }
    assert set(second.values()) == {None}


def test_other_json_types_are_taken_where_they_fit(path: Path) -> None:
    """A number or an object is fine for a text column, a text with a number in it for a number column."""
    rows = read(path, '{"s": 5, "i": "7"}\n{"s": {"a": 1}, "i": 8}\n{"s": true, "i": null}\n', {"s": "string", "i": "int"})
    assert rows == [{"s": "5", "i": 7}, {"s": '{"a":1}', "i": 8}, {"s": "true", "i": None}]


def test_space_around_a_number_in_a_text_does_not_count(path: Path) -> None:
    """As in csv, and to the engine, which reads large files by itself."""
    fields = {"d": "double", "i": "int", "e": "decimal(5, 2)", "s": "string"}
    [row] = read(path, '{"d": " 1.5", "i": "7\\t", "e": " 2.25 ", "s": " x "}\n', fields)
    assert row == {"d": 1.5, "i": 7, "e": decimal.Decimal("2.25"), "s": " x "}


def test_minus_zero_without_a_point_is_a_whole_number(path: Path) -> None:
    """It is 0 whichever parser reads it; with a point it keeps its sign."""
    rows = read(path, '{"d": -0}\n{"d": -0.0}\n{"d": 0, "day": "2024-01-01"}\n{"d": -0e0}\n{"d": 1}', {"d": "double"})
    assert str([row["d"] for row in rows]) == "[0.0, -0.0, 0.0, -0.0, 1.0]"
    assert str(read(path, '{"d": -0.0, "day": "2024-01-01"}\n', {"d": "double"})) == "[{'d': -0.0}]"


def test_floats_that_json_does_not_have(path: Path) -> None:
    """The texts that writers use for them are read."""
    rows = read(path, '{"d": "NaN"}\n{"d": "Infinity"}\n{"d": "-Infinity"}\n', {"d": "double"})
    assert str([row["d"] for row in rows]) == "[nan, inf, -inf]"


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        ('{"a": 1}\n{"a": "y"}\n', {"a": "int"}, 'line 2, field a: "y" is not of type int'),
        ('{"a": 1}\n{"a": 1.5}\n', {"a": "int"}, "line 2, field a: 1.5 is not of type int"),
        ('{"a": 300}\n', {"a": "tinyint"}, "line 1, field a: 300 is not of type tinyint"),
        ('{"a": 1}\n{"a": }\n', {"a": "int"}, "line 2, column 7"),
        ('{"a": 1\n', {"a": "int"}, "line 1, column"),
        ('[{"a": 1}]\n', {"a": "int"}, "is not an object"),
        ("null\n", {"m": "map<string, int>"}, "is not an object"),
        ('{"m": {"k": 1}}\n{"m": [1]}\n', {"m": "map<string, int>"}, "line 2, field m: [1] is not of type map<string, int>"),
        ('{"m": {"k": {"a": "x"}}}\n', {"m": "map<string, map<string, int>>"}, "field m.k.a"),
        ('{"m": {"k": 5}}\n', {"m": "map<string, map<string, int>>"}, "field m.k: 5 is not of type map<string, int>"),
        ('{"r": 5}\n', {"r": {"x": "int"}, "m": "map<string, int>"}, "field r: 5 is not of type"),
        ('{"r": {"x": [1]}}\n', {"r": {"x": "int"}}, "field r.x: [1] is not of type int"),
        ('{"y": "%%"}\n', {"y": "bytes"}, "field y"),
        ('{"day": "tomorrow"}\n', {"day": "date"}, 'field day: "tomorrow" is not of type date'),
        (b'{"a": 1}\n{"a": "\xff"}\n', {"a": "int"}, "line 2, a byte that is not UTF-8"),
        ('{"a": 1} {"a": 2}\n{"a": "x"}\n', {"a": "int"}, "line 1"),
    ],
)
def test_a_bad_line_is_reported_with_its_field(path: Path, content: str | bytes, fields: dict[str, Any], words: str) -> None:
    """The message names file, line, field and value; nothing becomes null on the way."""
    with pytest.raises(DataError) as caught:
        read(path, content, fields)
    assert f"data.json {words}" in caught.value.message or words in caught.value.message
    assert not caught.value.retriable


documents = st.fixed_dictionaries(
    {},
    optional={
        "s": st.none() | st.text(max_size=5),
        "i": st.none() | st.integers(-(2**31), 2**31 - 1),
        "a": st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3),
        "m": st.none() | st.dictionaries(st.text(max_size=3), st.none() | st.booleans(), max_size=3),
    },
)


@given(st.lists(documents, min_size=1, max_size=10), st.integers(1, 60), st.integers(1, 3), st.booleans())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_documents_are_read_as_they_are(
    path: Path, rows: list[dict[str, Any]], size: int, parts: int, ascii_only: bool
) -> None:
    """Any texts, in ranges of any size, cut into any number of splits."""
    fields = {"s": "string", "i": "int", "a": "array<string>", "m": "map<string, boolean>"}
    content = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)
    found = read(path, content, fields, pace=Pace(bytes=size), parts=parts)
    expected = [{name: row.get(name) for name in fields} for row in rows]
    assert [{**row, "m": None if row["m"] is None else dict(row["m"])} for row in found] == expected


@pytest.mark.parametrize(
    "content", ["null\n", 'null\n{"i": 1}\n', '{"i": 1}\n  null\n', '{"i": 1} null\n', '\n \tnull\r\n{"i": 2}']
)
def test_a_document_that_is_null_is_refused(path: Path, content: str) -> None:
    """It is no row, wherever it stands; Arrow's parser would crash on some of them and make a row of others."""
    with pytest.raises(DataError):
        read(path, content, {"i": "int"})


def test_null_inside_a_document_is_none_of_its_own(path: Path) -> None:
    """Values and texts that say null, also at the beginning of a line of text."""
    assert read(path, '{"i": null, "s": "\\nnull"}\n{"s": "null", "i": 1}\n', {"i": "int", "s": "string"}) == [
        {"i": None, "s": "\nnull"},
        {"i": 1, "s": "null"},
    ]
