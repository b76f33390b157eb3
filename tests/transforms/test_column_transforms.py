"""Filter, FieldMapper, Copy, Replace and Split do to rows what job files say."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from runner.connectors.base import OptionError
from runner.transforms.base import MissingField
from runner.worker.failure import StageError

Run = Callable[..., pa.Table]

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "name": pa.array(["a,b,c", None, "x"], pa.string()),
        "Order By": pa.array(["p", 'q"', "r"], pa.string()),
    }
)


def test_filter_includes_in_the_given_order(run_chain: Run) -> None:
    """The order of include_fields is the order of the columns."""
    result = run_chain(ROWS, ("Filter", {"include_fields": ["Order By", "id"]}))
    assert result.column_names == ["Order By", "id"]
    assert result.column("Order By").to_pylist() == ["p", 'q"', "r"]


def test_filter_excludes(run_chain: Run) -> None:
    """exclude_fields drops columns and keeps the others in place."""
    assert run_chain(ROWS, ("Filter", {"exclude_fields": ["name"]})).column_names == ["id", "Order By"]


def test_field_mapper_renames_and_orders(run_chain: Run) -> None:
    """The output has exactly the mapped columns."""
    result = run_chain(ROWS, ("FieldMapper", {"field_mapper": {"name": "n", "id": "id"}}))
    assert result.to_pydict() == {"n": ["a,b,c", None, "x"], "id": [1, 2, 3]}


def test_copy_appends_and_overwrites(run_chain: Run) -> None:
    """New columns come last; an existing target is overwritten in place."""
    result = run_chain(ROWS, ("Copy", {"fields": {"again": "id", "name": "Order By"}}))
    assert result.column_names == ["id", "name", "Order By", "again"]
    assert result.column("name").to_pylist() == ["p", 'q"', "r"]
    assert result.column("again").to_pylist() == [1, 2, 3]


def test_copy_takes_the_older_spelling(run_chain: Run) -> None:
    """src_field and dest_field copy one column."""
    result = run_chain(ROWS, ("Copy", {"src_field": "id", "dest_field": "twin"}))
    assert result.column("twin").to_pylist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"pattern": ",", "replacement": "-"}, ["a-b-c", None, "x"]),
        ({"pattern": ".", "replacement": "-"}, ["a,b,c", None, "x"]),
        ({"pattern": ".", "replacement": "-", "is_regex": True, "replace_first": True}, ["-,b,c", None, "-"]),
        ({"pattern": "([a-z])", "replacement": "<$1>", "is_regex": True, "replace_first": False}, ["<a>,<b>,<c>", None, "<x>"]),
        ({"pattern": "b", "replacement": r"\$1\\", "is_regex": True, "replace_first": True}, ["a,$1\\,c", None, "x"]),
        ({"pattern": "'", "replacement": "''"}, ["a,b,c", None, "x"]),
    ],
)
def test_replace(run_chain: Run, options: dict[str, Any], expected: list[str | None]) -> None:
    """Literal patterns replace everywhere, regular expressions everywhere or once; null stays null."""
    result = run_chain(ROWS, ("Replace", {"replace_field": "name", **options}))
    assert result.column("name").to_pylist() == expected


def test_replace_keeps_the_type_of_the_column(run_chain: Run) -> None:
    """A number column stays one."""
    table = pa.table({"price": pa.array([decimal.Decimal("10.50")], pa.decimal128(10, 2))})
    result = run_chain(table, ("Replace", {"replace_field": "price", "pattern": "10", "replacement": "99"}))
    assert result.schema.field("price").type == pa.decimal128(10, 2)
    assert result.column("price").to_pylist() == [decimal.Decimal("99.50")]


@pytest.mark.parametrize(
    ("separator", "text", "count", "expected"),
    [
        (",", "a,b,c", 2, ["a", "b,c"]),
        (",", "a,b,c", 3, ["a", "b", "c"]),
        (",", "a,b,c", 4, ["a", "b", "c", None]),
        (",", "a,b,c", 1, ["a,b,c"]),
        (",", None, 2, [None, None]),
        (",", "", 2, ["", None]),
        (",", "a,,", 3, ["a", "", ""]),
        ("[0-9]+", "a1b22c333d", 3, ["a", "b", "c333d"]),
        ("[0-9]+", "a1b22c333d", 5, ["a", "b", "c", "d", None]),
        ("\\|", "a|b|c", 2, ["a", "b|c"]),
        ("|", "a|b", 2, None),
        (";;", "a;;b", 2, ["a", "b"]),
        ("\\s*,\\s*", "a , b,c\nd", 2, ["a", "b,c\nd"]),
    ],
)
def test_split(run_chain: Run, separator: str, text: str | None, count: int, expected: list[str | None] | None) -> None:
    """The last field gets the rest, missing pieces are null; the separator is a regular expression."""
    fields = [f"f{number}" for number in range(count)]
    table = pa.table({"text": pa.array([text], pa.string())})
    result = run_chain(table, ("Split", {"separator": separator, "split_field": "text", "output_fields": fields}))
    assert result.column_names == ["text", *fields]
    if expected is not None:
        assert [result.column(field)[0].as_py() for field in fields] == expected


def test_split_takes_numbers_as_text(run_chain: Run) -> None:
    """Any column can be split."""
    table = pa.table({"age": pa.array([212], pa.int32())})
    result = run_chain(table, ("Split", {"separator": "1", "split_field": "age", "output_fields": ["f1", "f2"]}))
    assert result.to_pydict() == {"age": [212], "f1": ["2"], "f2": ["2"]}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Filter", {"include_fields": ["id", "nope"]}),
        ("Filter", {"exclude_fields": ["nope"]}),
        ("FieldMapper", {"field_mapper": {"nope": "x"}}),
        ("Copy", {"fields": {"x": "nope"}}),
        ("Replace", {"replace_field": "nope", "pattern": "a", "replacement": "b"}),
        ("Split", {"separator": ",", "split_field": "nope", "output_fields": ["x"]}),
    ],
)
def test_a_missing_field_is_named(run_chain: Run, name: str, options: dict[str, Any]) -> None:
    """Every transform says which field its input does not have, and which it has."""
    with pytest.raises(StageError) as caught:
        run_chain(ROWS, (name, options))
    error = caught.value.cause
    assert isinstance(error, MissingField)
    assert "'nope'" in error.message
    assert "Order By" in error.hint


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("Filter", {}, "include_fields"),
        ("Filter", {"include_fields": ["id"], "exclude_fields": ["name"]}, "exclude each other"),
        ("Filter", {"exclude_fields": ["id", "name", "Order By"]}, "leaves no column"),
        ("FieldMapper", {"field_mapper": {"id": "x", "name": "X"}}, "same name"),
        ("Split", {"separator": ",", "split_field": "name", "output_fields": ["a", "a"]}, "different names"),
        ("Copy", {}, "dest_field"),
    ],
)
def test_impossible_options_are_refused(run_chain: Run, name: str, options: dict[str, Any], words: str) -> None:
    """A mistake in the options is found when the job starts."""
    with pytest.raises(StageError, match=words) as caught:
        run_chain(ROWS, (name, options))
    assert isinstance(caught.value.cause, OptionError)


def test_a_pattern_that_the_engine_cannot_run_is_refused(run_chain: Run) -> None:
    """Look-around does not exist in RE2; the job does not start."""
    options = {"replace_field": "name", "pattern": "(?=b)", "replacement": "", "is_regex": True, "replace_first": True}
    with pytest.raises(StageError, match="invalid perl operator"):
        run_chain(ROWS, ("Replace", options))


def test_a_chain_is_one_query(run_chain: Run) -> None:
    """Transforms after one another work on each other's columns."""
    result = run_chain(
        ROWS,
        ("Copy", {"fields": {"twin": "name"}}),
        ("Split", {"separator": ",", "split_field": "twin", "output_fields": ["first", "rest"]}),
        ("Sql", {"query": "select id, upper(first) as first from anything where id <> 2"}),
        ("FieldMapper", {"field_mapper": {"first": "letter"}}),
    )
    assert result.to_pydict() == {"letter": ["A", "X"]}
