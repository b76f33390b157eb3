"""What a check calls wrong is what the runtime refuses, and nothing else: made-up transforms, most of them wrong."""

from __future__ import annotations

import json
import random
from typing import Any

import pyarrow as pa
import pytest

from runner.connectors.options import Options
from runner.connectors.table_schema import arrow_schema, declared_columns
from runner.dataset.arrow_types import arrow_type
from runner.dataset.engine import Engine
from runner.worker.compiler import Compiler
from runner.worker.failure import StageError
from spec.check import CheckResult, check_text
from spec.dataflow.schema import Schema
from spec.diagnostic import Severity
from spec.document import ReadOptions
from spec.job import PluginKind, PluginSpec
from spec.sql.names import SEATUNNEL_FUNCTIONS
from spec.sql.session import session
from spec.types import ScalarType

FIELDS = {
    "id": "int",
    "name": "string",
    "price": "decimal(10, 2)",
    "day": "date",
    "moment": "timestamp",
    "tags": "array<string>",
    "attributes": "map<string, int>",
    "address": {"street": "string", "number": "int"},
    "ok": "boolean",
    "data": "bytes",
    "ratio": "double",
}
NAMES = (*FIELDS, *FIELDS, "nam", "ID", "Name", "other", "another")
FUNCTIONS = (
    *("upper", "length", "abs", "concat", "coalesce", "substring", "round", "floor", "year", "dayname", "to_char", "nullif"),
    *("dateadd", "datediff", "replace", "lpad", "sign", "mod", "regexp_like", "uper", "soundex", "sum", "locate", "ifnull"),
)
OPERATORS = ("+", "-", "*", "/", "%", "||", "=", "<>", "<", ">=", "and", "or", "like", "in", "is null")
TARGETS = ("string", "int", "bigint", "double", "date", "timestamp", "decimal(8, 3)", "bytes", "boolean", "byte", "numbr")
CONSTANTS = ("1", "'a'", "2.5", "null", "true", "'YEAR'", "10000000000")


def expression(choice: random.Random, depth: int = 3) -> str:
    """A random expression, not always a sensible one."""
    kind = choice.random() if depth else choice.random() * 0.35
    if kind < 0.25:
        name = choice.choice(NAMES)
        return choice.choice([name, name, f"`{name}`", f"dual.{name}", f"address.{name}", "attributes.key", "tags[1]"])
    if kind < 0.35:
        return choice.choice(CONSTANTS)
    inner = [expression(choice, depth - 1) for _ in range(choice.randint(1, 3))]
    if kind < 0.6:
        return f"{choice.choice(FUNCTIONS)}({', '.join(inner)})"
    if kind < 0.7:
        return f"cast({inner[0]} as {choice.choice(TARGETS)})"
    if kind < 0.75:
        return f"case when {inner[0]} then {inner[-1]} else {inner[0]} end"
    operator = choice.choice(OPERATORS)
    if operator == "is null":
        return f"({inner[0]} is null)"
    return f"({inner[0]} in ({', '.join(inner)}))" if operator == "in" else f"({inner[0]} {operator} {inner[-1]})"


def transform(choice: random.Random) -> tuple[str, dict[str, Any]]:
    """A random transform of columns."""
    names = [choice.choice(NAMES) for _ in range(choice.randint(1, 4))]
    match choice.randrange(6):
        case 0:
            return "Filter", {"include_fields": names}
        case 1:
            return "Filter", {"exclude_fields": names}
        case 2:
            return "FieldMapper", {"field_mapper": {name: choice.choice(NAMES) for name in names}}
        case 3:
            return "Copy", {"fields": {choice.choice(NAMES): name for name in names}}
        case 4:
            return "Replace", {"replace_field": names[0], "pattern": "a", "replacement": "b"}
        case _:
            return "Split", {"split_field": names[0], "separator": ",", "output_fields": names[1:] or ["x"]}


def query(choice: random.Random) -> tuple[str, dict[str, Any]]:
    """A random Sql transform."""
    items = [f"{expression(choice)} as c{number}" for number in range(choice.randint(1, 2))]
    where = f" where {expression(choice, 2)}" if choice.random() < 0.2 else ""
    return "Sql", {"query": f"select {', '.join(items)} from dual{where}"}


def check(name: str, options: dict[str, Any]) -> CheckResult:
    """What a check says of the transform."""
    source = {"plugin_name": "FakeSource", "schema": {"fields": FIELDS}}
    job = {
        "env": {},
        "source": [source],
        "transform": [{"plugin_name": name, "plugin_output": "out", **options}],
        "sink": [{"plugin_name": "Console"}],
    }
    return check_text(json.dumps(job), "job.json", ReadOptions())


def compiled(name: str, options: dict[str, Any], engine: Engine) -> pa.Schema | None | str:
    """What the runtime makes of it, None when it refuses; the words of its refusal when a constant cannot be converted."""
    columns = declared_columns(Options({"schema": {"fields": FIELDS}}, "FakeSource"))
    assert columns is not None
    plugin = PluginSpec(id="out", kind=PluginKind.TRANSFORM, name=name, index=0, options=options, inputs=("in",), output="out")
    try:
        return Compiler([plugin], engine).compile([plugin], arrow_schema(columns)).output_schema
    except StageError as error:
        return str(error) if "Could not convert" in str(error) else None


@pytest.fixture(scope="module")
def engine() -> Engine:
    """One for all."""
    return Engine([])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", [transform, query])
def test_refusals_agree(make: Any, seed: int, engine: Engine) -> None:
    """Both take it, with the same columns and types, or neither does.

    Constants are another matter: a CAST that can only fail is told by the check, while the runtime tells some implicit
    conversions of constants, which it works out before the first row.
    """
    choice = random.Random(seed)
    for _ in range(40):
        name, options = make(choice)
        result, made = check(name, options), compiled(name, options, engine)
        wrong = {finding.code for finding in result.diagnostics if finding.severity is Severity.ERROR}
        if isinstance(made, str) or wrong == {"T516"}:
            continue
        assert bool(wrong) == (made is None), (options, wrong, made)
        schema = result.datasets["out"]
        if made is not None:
            assert isinstance(schema, Schema)
            fields = [pa.field(column.name, arrow_type(column.type or ScalarType.NULL)) for column in schema.columns]
            assert pa.schema(fields) == made, options


def test_no_function_of_seatunnel_is_an_aggregate_of_the_engine() -> None:
    """A check takes the functions of SeaTunnel for functions of one row without asking the engine."""
    with session() as dialect:
        assert {"sum", "count"} <= dialect.aggregates
        assert not SEATUNNEL_FUNCTIONS & dialect.aggregates
