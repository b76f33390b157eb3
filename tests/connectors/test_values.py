"""Values of job files, and the text forms of moments."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pytest

from runner.connectors.temporal import parse_date, parse_time, parse_timestamp
from runner.connectors.values import ValueMismatch, typed_value
from spec.sql.java_dates import UnknownPattern, directives, pieces
from spec.sql.patterns import literal_of, replacement_of
from spec.types import parse_field_type


@pytest.mark.parametrize(
    ("raw", "declared", "expected"),
    [
        (5, "int", 5),
        ("5", "bigint", 5),
        (5.0, "int", 5),
        (127, "tinyint", 127),
        (1, "double", 1.0),
        ("true", "boolean", True),
        (5, "string", "5"),
        (True, "string", "true"),
        ("YWI=", "bytes", b"ab"),
        (1.5, "decimal(10, 2)", decimal.Decimal("1.50")),
        ("12345678901234567890.12345678", "decimal(30, 8)", decimal.Decimal("12345678901234567890.12345678")),
        ("2024/1/5", "date", datetime.date(2024, 1, 5)),
        ("10:11", "time", datetime.time(10, 11)),
        ([1, "2"], "array<int>", [1, 2]),
        ({"a": 1}, "map<string, int>", [("a", 1)]),
        ({"2024-01-05": [1]}, "map<date, array<int>>", [(datetime.date(2024, 1, 5), [1])]),
        ([1, "x"], {"a": "int", "b": "string"}, {"a": 1, "b": "x"}),
        ({"b": "x"}, {"a": "int", "b": "string"}, {"a": None, "b": "x"}),
        (None, "int", None),
    ],
)
def test_values_become_what_they_are_declared_to_be(raw: Any, declared: Any, expected: Any) -> None:
    """Where that loses nothing."""
    found = typed_value(raw, parse_field_type(declared))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("raw", "declared"),
    [
        (1.5, "int"),
        (128, "tinyint"),
        (2**63, "bigint"),
        ("x", "int"),
        (True, "int"),
        (True, "double"),
        ("yes", "boolean"),
        ("ab", "bytes"),
        (1.555, "decimal(10, 2)"),
        (123456789, "decimal(10, 2)"),
        ("NaN", "decimal(10, 2)"),
        ("2024-02-30", "date"),
        ("25:00", "time"),
        ("yesterday", "timestamp"),
        (5, "array<int>"),
        ("ab", "array<string>"),
        ([1], "map<string, int>"),
        ([1], {"a": "int", "b": "int"}),
        ({"c": 1}, {"a": "int"}),
        ("x", "null"),
        ([1], "string"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(raw: Any, declared: Any) -> None:
    """Nothing is rounded, cut or guessed."""
    with pytest.raises(ValueMismatch):
        typed_value(raw, parse_field_type(declared))


def test_moments_in_all_their_forms() -> None:
    """Dates in five forms, timestamps with a space, a T, a fraction, or none of them."""
    day = datetime.date(2024, 1, 5)
    assert {parse_date(text) for text in ("2024-01-05", "2024/1/5", "2024.01.05", "20240105", "2024年1月5日")} == {day}
    moment = datetime.datetime(2024, 1, 5, 10, 11, 12, 123456)  # noqa: DTZ001
    assert parse_timestamp("2024-01-05 10:11:12.123456789") == moment
    assert parse_timestamp("2024/01/05T10:11:12.123456") == moment
    assert parse_timestamp("20240105101112") == moment.replace(microsecond=0)
    assert parse_timestamp("2024-01-05") == datetime.datetime.combine(day, datetime.time())
    assert parse_time("10:11:12.5") == datetime.time(10, 11, 12, 500000)
    assert [parse_date("2024-13-01"), parse_time("24:00"), parse_timestamp("2024-01-05 99:00:00"), parse_date("")] == [None] * 4


def test_java_patterns_become_directives() -> None:
    """With quoted text, per cent signs, and fractions of any length."""
    assert directives("yyyy-MM-dd'T'HH:mm:ss.SSS") == "%Y-%m-%dT%H:%M:%S.%g"
    assert directives("'at' yyyy'''s' %") == "at %Y's %%"
    assert [(piece.directives, piece.fraction) for piece in pieces("ss.SS'!'")] == [("%S.", 0), ("", 2), ("!", 0)]
    with pytest.raises(UnknownPattern, match="'Q'"):
        directives("yyyy-Q")


def test_patterns_that_are_texts_are_known() -> None:
    """An escaped character stands for itself; anything else that means something is a pattern."""
    assert [literal_of(pattern) for pattern in (",", "\\|", "a\\.b", ";;")] == [",", "|", "a.b", ";;"]
    assert [literal_of(pattern) for pattern in ("|", "a.b", "\\s", "[,]", "a+")] == [None] * 5
    assert [replacement_of(text) for text in ("<$1>", r"\$1", r"a\\b", "plain")] == [r"<\1>", "$1", r"a\\b", "plain"]
