"""Field types: text and nested objects become one tree."""

from __future__ import annotations

import pytest

from spec.types import ArrayType, DecimalType, FieldTypeError, MapType, RowType, ScalarType, parse_field_type


@pytest.mark.parametrize("scalar", list(ScalarType))
def test_every_scalar_name_parses_whatever_its_case(scalar: ScalarType) -> None:
    """Names ignore case and spaces."""
    assert parse_field_type(f" {scalar.upper()} ") is scalar


def test_aliases_mean_the_sql_names() -> None:
    """byte, short and long are tinyint, smallint and bigint."""
    assert [parse_field_type(name) for name in ("byte", "short", "long")] == [
        ScalarType.TINYINT,
        ScalarType.SMALLINT,
        ScalarType.BIGINT,
    ]


def test_generics_nest() -> None:
    """Maps, arrays and decimals nest to any depth."""
    expected = MapType(DecimalType(10, 2), ArrayType(MapType(ScalarType.STRING, ScalarType.INT)))
    assert parse_field_type("Map<decimal(10,2), ARRAY< map<string , int> >>") == expected
    assert parse_field_type(str(expected)) == expected


def test_a_row_may_stand_in_a_text() -> None:
    """As in HOCON, with commas or line breaks; names keep their case."""
    row = RowType((("c_Int", ScalarType.INT), ("b", ArrayType(ScalarType.STRING))))
    assert parse_field_type("map<string, {c_Int = INT, b = array<string>}>") == MapType(ScalarType.STRING, row)
    assert parse_field_type("map<string, {c_Int=int\n b : array<string>\n}>") == MapType(ScalarType.STRING, row)
    assert parse_field_type('{ "c_Int" : "int", "b" : "array<string>" }') == row
    assert parse_field_type(str(row)) == row


def test_an_object_is_a_row() -> None:
    """A nested object becomes a row that keeps its field order."""
    row = parse_field_type({"b": "int", "a": {"c": "string"}})
    assert row == RowType((("b", ScalarType.INT), ("a", RowType((("c", ScalarType.STRING),)))))


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("strin", "unknown type 'strin'"),
        ("decimal", "precision and a scale"),
        ("decimal(10)", "needs a scale, too"),
        ("decimal(39, 1)", "precision is 1 to 38"),
        ("decimal(5, 6)", "scale cannot be larger"),
        ("array<int", "ends too early"),
        ("map<string>", "the types of its keys and values"),
        ("map<array<int>, int>", "cannot be the key"),
        ("int int", "unknown type 'intint'"),
        ("array<int>>", "goes on after"),
        ("", "is empty"),
        ("{}", "at least one field"),
        ("{ a int }", "a field such as"),
        ("map<{a = int}, int>", "cannot be the key"),
        ("int!", "is not a type"),
        ("{a = int", "ends too early"),
        ("row<int>", "by its fields"),
        (5, "not int"),
        ({}, "at least one field"),
        ("array<" * 100, "levels deep"),
    ],
)
def test_what_is_no_type_is_refused_in_words(declared: object, words: str) -> None:
    """Each mistake names what is wrong."""
    with pytest.raises(FieldTypeError, match=words.replace("(", r"\(")):
        parse_field_type(declared)
