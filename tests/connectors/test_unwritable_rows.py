"""Rows that a file cannot hold: exactly those are refused, whatever they are nested in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pytest

from runner.connectors.base import PluginContext
from runner.connectors.file.partitions import Partitioning
from runner.connectors.file.sink import LocalFileSink
from runner.connectors.options import Options
from runner.connectors.refusal import Refusal, refused_by, refused_row

MakeContext = Callable[..., PluginContext]

TEXT = pa.binary()
ROW = pa.struct([("k", pa.int64()), ("v", TEXT)])
TYPES = {
    "bytes": TEXT,
    "list": pa.list_(TEXT),
    "list in list": pa.list_(pa.list_(TEXT)),
    "map": pa.map_(pa.string(), TEXT),
    "row": ROW,
    "list of rows": pa.list_(ROW),
}
CONNECTION = duckdb.connect(config={"threads": 1})
GOOD = [b"text", "ü".encode(), b"", b"?", "\ufffd".encode()]


def nested(kind: str, value: bytes | None) -> Any:
    """``value`` in a value of that type, behind another one where there is room for it."""
    match kind:
        case "list":
            return [b"good", value]
        case "list in list":
            return [[b"good"], [None, value]]
        case "map":
            return [("a", b"good"), ("b", value)]
        case "row":
            return {"k": 1, "v": value}
        case "list of rows":
            return [{"k": 1, "v": b"good"}, {"k": None, "v": value}]
        case _:
            return value


def sink_of(make_context: MakeContext, schema: pa.Schema, **options: Any) -> LocalFileSink:
    """A sink of these columns."""
    return LocalFileSink(make_context("LocalFile", {"path": "out", **options}), schema)


def refused(refusals: tuple[Refusal, ...] | Any, rows: pa.Table) -> list[int | None]:
    """The number of the refusal that applies to each row."""
    CONNECTION.register("rows", rows)
    return [number for (number,) in CONNECTION.execute(f'SELECT {refused_by(refusals)} FROM "rows"').fetchall()]


@pytest.mark.parametrize("file_format", ["csv", "text"])
@pytest.mark.parametrize("kind", TYPES)
def test_bytes_that_are_no_text_are_refused(make_context: MakeContext, kind: str, file_format: str) -> None:
    """Wherever they are, and nothing else is; the query that writes fails for the same rows and shows them."""
    values = [nested(kind, value) for value in [*GOOD, None, b"\xff", b"ab\xc3"]] + [None]
    rows = pa.table({"id": pa.array(range(len(values)), pa.int64()), "b": pa.array(values, TYPES[kind])})
    sink = sink_of(make_context, rows.schema, file_format_type=file_format)
    bad = {len(GOOD) + 1, len(GOOD) + 2}
    assert {row for row, number in enumerate(refused(sink.refusals(), rows)) if number is not None} == bad
    assert sink.refusals()[0].reason == "column b: the bytes are not UTF-8"
    for row in range(rows.num_rows):
        told = failure(sink, rows.slice(row, 1))
        assert told.startswith(f'column b: the bytes are not UTF-8; the row: {{"id":{row},') if row in bad else not told


def failure(sink: LocalFileSink, rows: pa.Table) -> str:
    """Why the sink's query fails for ``rows``; empty when it does not."""
    CONNECTION.register("rows", rows)
    try:
        CONNECTION.execute(sink._layout.select()).fetchall()
    except duckdb.Error as error:
        return refused_row(error)
    return ""


@pytest.mark.parametrize(
    ("file_format", "name"), [("parquet", "b"), ("json", "b"), ("parquet", "s"), ("json", "s"), ("csv", "s")]
)
def test_most_rows_fit_into_most_files(make_context: MakeContext, file_format: str, name: str) -> None:
    """No condition is looked at where every value can be held."""
    schema = pa.schema([("id", pa.int64()), (name, TEXT if name == "b" else pa.string())])
    assert sink_of(make_context, schema, file_format_type=file_format).refusals() == ()


@pytest.mark.parametrize("name", ["s", "a long name/with an ü and a % " + 100 * "x"])
@pytest.mark.parametrize("expression", ["", "${k0}=${v0}", "by/${v0}-${v0}/.${v1}", "${v0}"])
def test_values_too_long_for_a_directory_are_refused(name: str, expression: str) -> None:
    """From the first byte too many on: of the name that the engine gives the directory, or of the one that people see."""
    fields = [pa.field(name, pa.string()), pa.field("n", pa.int64())]
    settings = {"partition_dir_expression": expression} if expression else {}
    partitioning = Partitioning([name, "n"], fields, Options(settings, "LocalFile"))
    lengths = range(10, 256)
    texts = (first + letter * length for first in ("", ".") for letter in 'a%ü\x01"🦆' for length in lengths)
    values: list[str | None] = [None, *texts]
    expected = [too_long(partitioning, [value, "7"]) for value in values]
    assert 0 < sum(expected) < len(values)
    rows = pa.table({name: pa.array(values, pa.string()), "n": pa.array([7] * len(values), pa.int64())})
    assert [number is not None for number in refused(partitioning.refusals, rows)] == expected


def too_long(partitioning: Partitioning, values: list[str | None]) -> bool:
    """Whether a directory for ``values`` would have a name of more than 255 bytes."""
    made = "flowdeck_partition=" + quote(json.dumps(values, ensure_ascii=False, separators=(",", ":")), safe="-_.~")
    return max(len(part.encode()) for part in [made, *partitioning.directory(values).split("/")]) > 255


def test_short_types_cannot_be_too_long() -> None:
    """Numbers and moments have names that always fit."""
    fields = [pa.field("day", pa.date32()), pa.field("n", pa.int64())]
    assert Partitioning(["day", "n"], fields, Options({}, "LocalFile")).refusals == ()


def test_ends_of_fields_and_lines_are_refused_in_text(make_context: MakeContext) -> None:
    """At any place in a value, also in a nested one; other signs are not."""
    texts = ["a;b", ";", "a\nb", "\r", "b\r", "a,b", "a\tb", '"', "\x01", "\u2028", "", None]
    rows = pa.table({"s": pa.array(texts, pa.string()), "l": pa.array([None] * len(texts), pa.list_(pa.string()))})
    sink = sink_of(make_context, rows.schema, file_format_type="text", field_delimiter=";")
    assert [number for number in refused(sink.refusals(), rows) if number is not None] == [0] * 5
    assert [bool(failure(sink, rows.slice(row, 1))) for row in range(len(texts))] == [True] * 5 + [False] * 7
    sink = sink_of(make_context, rows.schema, file_format_type="text", field_delimiter="||")
    ends = [("a|", True), ("|", True), ("a||b", True), ("|a", False), ("a|b", False), ("", False), ("🦆", False), (None, False)]
    rows = pa.table({"s": [text for text, _ in ends], "l": pa.array([None] * len(ends), pa.list_(pa.string()))})
    assert [number is not None for number in refused(sink.refusals(), rows)] == [is_bad for _, is_bad in ends]
    sink = sink_of(make_context, rows.schema, file_format_type="text", field_delimiter=";")
    nested_rows = pa.table({"s": ["good", "good"], "l": pa.array([["a", "b;c"], ["a", "b"]], pa.list_(pa.string()))})
    assert refused(sink.refusals(), nested_rows) == [1, None]


def test_a_failure_shows_the_row_and_not_more_of_it_than_fits(make_context: MakeContext) -> None:
    """A row may be large, and have columns of any name."""
    rows = pa.table({"rows": ["a\x01b"], 'the "text"': ["x" * 10_000]})
    sink = sink_of(make_context, rows.schema, file_format_type="text")
    told = failure(sink, rows)
    assert told.startswith("column rows: the value holds the field delimiter")
    assert '{"rows":"a\\u0001b","the \\"text\\"":"xxx' in told
    assert len(told) < 1000


def test_a_failure_of_a_directory_shows_the_whole_row(make_context: MakeContext) -> None:
    """Also the columns that rows are not sorted by."""
    rows = pa.table({"id": [1], "s": ["ü" * 41]})
    sink = sink_of(make_context, rows.schema, file_format_type="parquet", partition_by=["s"])
    partitioning = sink._partitioning
    assert partitioning is not None
    CONNECTION.register("rows", rows)
    with pytest.raises(duckdb.Error) as failed:
        CONNECTION.execute(sink._layout.select(partitioning.column())).fetchall()
    assert '; the row: {"id":1,"s":"üü' in refused_row(failed.value)


def test_paths_of_the_context_are_not_touched(make_context: MakeContext, tmp_path: Path) -> None:
    """Asking which rows are refused writes nothing."""
    sink_of(make_context, pa.schema([("s", pa.string())]), file_format_type="text").refusals()
    assert list(tmp_path.iterdir()) == []
