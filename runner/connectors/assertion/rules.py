"""Assert's rules as SQL conditions for rows that break them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from runner.connectors.assertion.expected import sql_value
from runner.connectors.options import Options
from runner.connectors.values import ValueMismatch, typed_value
from runner.dataset.arrow_types import field_type_of
from spec.sql.text import identifier
from spec.types import DecimalType, FieldType, FieldTypeError, MapType, ScalarType, parse_field_type


class RuleType(enum.StrEnum):
    """``rule_type`` of field and row rules."""

    NULL = "NULL"
    NOT_NULL = "NOT_NULL"
    MIN = "MIN"
    MAX = "MAX"
    MIN_LENGTH = "MIN_LENGTH"
    MAX_LENGTH = "MAX_LENGTH"
    MIN_ROW = "MIN_ROW"
    MAX_ROW = "MAX_ROW"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """``broken``: an SQL condition, true for a row that breaks the rule and never null; ``words``: the rule, for people."""

    words: str
    broken: str


@dataclass(frozen=True, slots=True)
class RowRule:
    """A bound of the number of rows, itself included."""

    kind: RuleType
    bound: float


_NUMBERS = (
    ScalarType.TINYINT,
    ScalarType.SMALLINT,
    ScalarType.INT,
    ScalarType.BIGINT,
    ScalarType.FLOAT,
    ScalarType.DOUBLE,
)


def row_rules(rules: Options) -> list[RowRule]:
    """The rules on the number of rows. Raises OptionError."""
    found = []
    for rule in rules.objects("row_rules") or []:
        kind = rule.choice(RuleType, "rule_type")
        if kind not in {RuleType.MIN_ROW, RuleType.MAX_ROW}:
            raise rules.error("row_rules", f"take MIN_ROW and MAX_ROW, not {kind}")
        found.append(RowRule(kind, rule.number("rule_value", default=0.0)))
    return found


def field_rules(rules: Options, schema: pa.Schema) -> list[FieldRule]:
    """The rules on values. Raises OptionError, also for a field that the input does not have or that has another type."""
    found: list[FieldRule] = []
    for rule in rules.objects("field_rules") or []:
        name = rule.text("field_name")
        if name not in schema.names:
            raise rules.error(
                "field_rules", f"name a field that the input does not have: '{name}'", hint=", ".join(schema.names)
            )
        actual = field_type_of(schema.field(name).type)
        found.extend(_type_rules(rule, name, actual))
        for value_rule in rule.objects("field_value") or []:
            found.extend(_value_rules(value_rule, name, actual))
    return found


def _type_rules(rule: Options, name: str, actual: FieldType) -> Iterator[FieldRule]:
    declared = rule.raw("field_type")
    if declared is None:
        return
    try:
        expected = parse_field_type(declared)
    except FieldTypeError as error:
        raise rule.error("field_type", f"of {name}: {error.message}", hint=error.hint) from error
    if not _same_type(expected, actual):
        raise rule.error("field_type", f"of {name} is {expected}, and the field is {actual}")
    if expected is not ScalarType.NULL:
        yield FieldRule(f"{name} is a {expected}", f"{identifier(name)} IS NULL")


def _same_type(expected: FieldType, actual: FieldType) -> bool:
    if isinstance(expected, DecimalType) and isinstance(actual, DecimalType):
        return expected.scale == actual.scale and actual.precision <= expected.precision
    return str(expected).lower() == str(actual).lower()


def _value_rules(rule: Options, name: str, actual: FieldType) -> Iterator[FieldRule]:
    kind = rule.raw("rule_type")
    if kind is not None:
        yield _value_rule(rule.choice(RuleType, "rule_type"), rule, name, actual)
    expected = rule.raw("equals_to")
    if expected is not None:
        yield _equality(expected, rule, name, actual)


def _value_rule(kind: RuleType, rule: Options, name: str, actual: FieldType) -> FieldRule:
    column = identifier(name)
    if kind is RuleType.NULL:
        return FieldRule(f"{name} NULL", f"{column} IS NOT NULL")
    if kind is RuleType.NOT_NULL:
        return FieldRule(f"{name} NOT_NULL", f"{column} IS NULL")
    bound = rule.number("rule_value", default=0.0)
    words = f"{name} {kind} {bound:g}"
    comparison = ">=" if kind in {RuleType.MIN, RuleType.MIN_LENGTH} else "<="
    if kind in {RuleType.MIN, RuleType.MAX}:
        if actual not in _NUMBERS and not isinstance(actual, DecimalType):
            raise rule.error("rule_type", f"{kind} is for numbers, and {name} is {actual}")
        return FieldRule(words, f"NOT coalesce(CAST({column} AS DOUBLE) {comparison} {bound!r}::DOUBLE, false)")
    if kind in {RuleType.MIN_LENGTH, RuleType.MAX_LENGTH}:
        return FieldRule(words, f"NOT (length(coalesce(CAST({column} AS VARCHAR), '')) {comparison} {bound!r}::DOUBLE)")
    raise rule.error("rule_type", f"{kind} is a rule for rows, not for {name}")


def _equality(expected: object, rule: Options, name: str, actual: FieldType) -> FieldRule:
    try:
        value = sql_value(typed_value(expected, actual), actual)
    except ValueMismatch as error:
        raise rule.error("equals_to", f"of {name}: {error.message}") from error
    column = identifier(name)
    left, right = column, value
    if isinstance(actual, MapType):  # the order of entries does not matter
        left, right = f"list_sort(map_entries({column}))", f"list_sort(map_entries({value}))"
    return FieldRule(f"{name} equals_to {expected}", f"({column} IS NOT NULL AND {left} IS DISTINCT FROM {right})")
