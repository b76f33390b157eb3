"""What sinks ask of the columns they get."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spec.diagnostic import Diagnostic

Findings = Callable[..., list[Diagnostic]]


def words(findings: list[Diagnostic]) -> list[tuple[str, str]]:
    """The code of each finding and the text it underlines."""
    return [(finding.code, finding.primary.span.text) for finding in findings if finding.primary]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("sink_columns = [id, name], partition_by = [id]", []),
        ("sink_columns = [id, nam]", [("T503", "nam")]),
        ("partition_by = [nam]", [("T503", "nam")]),
        ("sink_columns = [id], partition_by = [name]", [("T509", "name")]),
        ("sink_columns = [id], partition_by = [id]", [("T508", "[id]")]),
        ("sink_columns = [id], partition_by = [id], is_partition_field_write_in_file = true", []),
        ('partition_by = [id], partition_dir_expression = "${v0}"', []),
        ('partition_by = [id], partition_dir_expression = "${k0}=${v1}"', [("T509", '"${k0}=${v1}"')]),
    ],
)
def test_columns_that_a_file_sink_names(found: Findings, options: str, expected: list[tuple[str, str]]) -> None:
    """Each has to be there, and something has to be left to write."""
    sink = f'LocalFile {{ path = "out", file_format_type = "csv", {options} }}'
    assert words(found("", sink)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("field_name = id, field_type = int", []),
        ("field_name = id, field_type = INT", []),
        ("field_name = idd, field_type = int", [("T503", "idd")]),
        ("field_name = id, field_type = bigint", [("T506", "bigint")]),
        ('field_name = price, field_type = "decimal(12, 2)"', []),
        ('field_name = price, field_type = "decimal(9, 2)"', [("T506", '"decimal(9, 2)"')]),
        ('field_name = tags, field_type = "array<string>"', []),
        ("field_name = address, field_type { street = string, number = int }", []),
        ("field_name = name, field_value = [{ rule_type = MIN, rule_value = 1 }]", [("T505", "MIN")]),
        ("field_name = id, field_value = [{ rule_type = MIN, rule_value = 1 }]", []),
    ],
)
@pytest.mark.parametrize("engine", ["local", "seatunnel"])
def test_rules_of_assert(found: Findings, rule: str, expected: list[tuple[str, str]], engine: str) -> None:
    """Fields have to be there and have the type that is asserted."""
    values = "" if "field_value" in rule else ", field_value = [{ rule_type = NOT_NULL }]"
    assert words(found("", f"Assert {{ rules {{ field_rules = [{{ {rule}{values} }}] }} }}", engine=engine)) == expected


def test_types_that_a_query_makes_are_asserted_on_the_local_engine_only(found: Findings) -> None:
    """What SeaTunnel makes of an expression is not known here."""
    query = 'Sql { query = "select id, id + 1 as n from dual" }'
    sink = (
        "Assert { rules { field_rules = [{ field_name = n, field_type = string, field_value = [{ rule_type = NOT_NULL }] }] } }"
    )
    assert words(found(query, sink)) == [("T506", "string")]
    assert found(query, sink, engine="seatunnel") == []
    plain = sink.replace("= n,", "= id,")
    assert words(found(query.replace(", id + 1 as n", ""), plain, engine="seatunnel")) == [("T506", "string")]


def test_console_takes_anything(found: Findings) -> None:
    """Nothing to tell."""
    assert found("", "Console { }") == []


@pytest.mark.parametrize(
    ("sink", "expected"),
    [
        ('Kafka { topic = "t", bootstrap.servers = "b:9092", partition_key_fields = [id, nam] }', [("T503", "nam")]),
        ('Kafka { topic = "t", bootstrap.servers = "b:9092", partition_key_fields = ["${primary_key}"] }', []),
        ('Jdbc { url = "jdbc:x", driver = "d", primary_keys = ["Id"] }', [("T503", '"Id"')]),
        ('Jdbc { url = "jdbc:x", driver = "d", primary_keys = ["ID"], field_ide = "UPPERCASE" }', []),
        ('Jdbc { url = "jdbc:x", driver = "d", primary_keys = ["key"], query = "insert into t values (?)" }', []),
    ],
)
def test_key_columns_of_sinks_of_another_engine(found: Findings, sink: str, expected: list[tuple[str, str]]) -> None:
    """They name columns of the input, unless the sink gives them other names or fills them in."""
    assert words(found("", sink, engine="seatunnel")) == expected
