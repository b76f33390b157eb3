"""What transforms do to columns, and what is told when a column is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spec.check import CheckResult, check_text
from spec.dataflow.schema import Schema
from spec.diagnostic import Applicability, Diagnostic
from spec.document import ReadOptions

Findings = Callable[..., list[Diagnostic]]
CheckFlow = Callable[..., CheckResult]

FIELDS = {
    "id": "int",
    "name": "string",
    "price": "decimal(10, 2)",
    "day": "date",
    "moment": "timestamp",
    "tags": "array<string>",
    "attributes": "map<string, int>",
    "address": "{street = string, number = int}",
    "offset": "bigint",
}


def columns(result: CheckResult, dataset: str = "out") -> dict[str, str]:
    """The columns of a dataset with their types as text."""
    schema = result.datasets[dataset]
    assert isinstance(schema, Schema), result.diagnostics
    return {column.name: str(column.type) for column in schema.columns}


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("Filter { include_fields = [day, id] OUT }", {"day": "date", "id": "int"}),
        ("Filter { fields = [tags] OUT }", {"tags": "array<string>"}),
        (
            "Filter { exclude_fields = [name, price, day, moment, tags, attributes, offset] OUT }",
            {"id": "int", "address": "{street = string, number = int}"},
        ),
        ("FieldMapper { field_mapper { price = cost, id = id } OUT }", {"cost": "decimal(10, 2)", "id": "int"}),
        (
            'Sql { query = "select id, price * 2 as twice, address.street from dual" OUT }',
            {"id": "int", "twice": "decimal(18, 2)", "street": "string"},
        ),
        ('Sql { query = "select upper(`name`), `offset` from dual" OUT }', {"upper(`name`)": "string", "offset": "bigint"}),
    ],
)
def test_a_transform_chooses_columns(check_flow: CheckFlow, transform: str, expected: dict[str, str]) -> None:
    """The result has these columns and no others."""
    assert columns(check_flow(transform.replace("OUT", ', plugin_output = "out"'))) == expected


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("Copy { fields { id2 = id, name = price } OUT }", {"id2": "int", "name": "decimal(10, 2)"}),
        ("Copy { src_field = id, dest_field = id2 OUT }", {"id2": "int"}),
        ('Split { separator = " ", split_field = name, output_fields = [id, last] OUT }', {"id": "string", "last": "string"}),
        ('Replace { replace_field = id, pattern = "1", replacement = "2" OUT }', {"id": "int"}),
    ],
)
def test_a_transform_adds_columns(check_flow: CheckFlow, transform: str, expected: dict[str, str]) -> None:
    """The others stay as they are, in their order; new ones come last."""
    after = columns(check_flow(transform.replace("OUT", ', plugin_output = "out"')))
    assert list(after) == [*FIELDS, *(name for name in expected if name not in FIELDS)]
    assert after == {**FIELDS, **expected}


@pytest.mark.parametrize(
    ("transform", "at"),
    [
        ("Filter { include_fields = [id, nam] }", "nam"),
        ("Filter { exclude_fields = [nam] }", "nam"),
        ("Filter { include_fields = [id, Name] }", "Name"),
        ("FieldMapper { field_mapper { id = id, nam = other } }", "nam"),
        ("Copy { fields { id2 = nam } }", "nam"),
        ("Copy { src_field = nam, dest_field = id2 }", "nam"),
        ('Replace { replace_field = nam, pattern = "a", replacement = "b" }', "nam"),
        ('Split { split_field = nam, separator = " ", output_fields = [a, b] }', "nam"),
    ],
)
@pytest.mark.parametrize("engine", ["local", "seatunnel"])
def test_a_column_that_is_not_there(found: Findings, transform: str, at: str, engine: str) -> None:
    """It is told at the name, points at where the columns come from, and offers the one that must be meant."""
    [finding] = found(transform, engine=engine)
    assert finding.code == "T503"
    assert finding.primary is not None
    assert finding.primary.span.text == at
    assert [label.span.text for label in finding.secondary] == ["schema"]
    assert finding.notes == ('help: did you mean "name"?',)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert [edit.text for edit in finding.fix.edits] == ["name"]


def test_a_name_that_is_near_no_column_gets_the_columns_there_are(found: Findings) -> None:
    """As many as fit on a line."""
    [finding] = found("Filter { include_fields = [qqq] }")
    assert finding.fix is None
    assert finding.notes == ("columns: id, name, price, day, moment, tags, attributes, address, offset",)
    fields = "\n".join(f"column_with_a_long_name_{number} = int" for number in range(50))
    [finding] = found("Filter { include_fields = [qqq] }", fields=fields)
    assert finding.notes[0].endswith("and 48 more")
    assert len(finding.notes[0]) < 80


def test_a_mistake_is_told_once(found: Findings) -> None:
    """Those who read a column that only a mistake lost are not wrong as well."""
    chain = """
      Filter { plugin_input = "fake", plugin_output = "few", include_fields = [id, nam, qqq] }
      FieldMapper { plugin_input = "few", plugin_output = "out", field_mapper { name = name, qqq = q, id = id } }
    """
    source = 'env { }\nsource { FakeSource { plugin_output = "fake", schema { fields { id = int, name = string } } } }\n'
    text = source + f'transform {{ {chain} }}\nsink {{ Console {{ plugin_input = "out" }} }}'
    result = check_text(text, "job.conf", ReadOptions())
    assert [finding.code for finding in result.diagnostics] == ["T503", "T503"]
    assert [finding.primary.span.text for finding in result.diagnostics if finding.primary] == ["nam", "qqq"]


@pytest.mark.parametrize(
    ("transform", "at", "code"),
    [
        ("FieldMapper { field_mapper { id = x, name = X } }", "X", "T504"),
        ("Filter { include_fields = [id, id] }", "id", "T504"),
        ("Copy { fields { ID = name } }", "ID", "T504"),
        ('Split { split_field = name, separator = " ", output_fields = [a, Name] }', "Name", "T504"),
        ('Split { split_field = name, separator = " ", output_fields = [a, A] }', "A", "T504"),
        ('Sql { query = "select id, name as ID from dual" }', '"select id, name as ID from dual"', "T504"),
        ("Filter { exclude_fields = [id, name, price, day, moment, tags, attributes, address, offset] }", None, "T508"),
        ('Replace { replace_field = tags, pattern = "a", replacement = "b" }', "tags", "T505"),
        ('FieldMapper { field_mapper { id = "i\\u0000d" } }', "FieldMapper", "T517"),
        ('Copy { fields { "i\\u0000d" = id } }', "Copy", "T517"),
        ('Split { split_field = name, separator = " ", output_fields = ["\\u0000"] }', "Split", "T517"),
    ],
)
def test_results_that_cannot_be(found: Findings, transform: str, at: str | None, code: str) -> None:
    """Two columns of one name, none at all, or text work on a list."""
    [finding] = found(transform)
    assert finding.code == code
    assert finding.primary is not None
    assert at is None or finding.primary.span.text == at


@pytest.mark.parametrize(
    "source",
    [
        'LocalFile { path = "in.parquet", file_format_type = parquet }',
        'LocalFile { path = "in", file_format_type = csv, schema { fields { id = int } } }',
        'LocalFile { path = "year=2024/in.csv", file_format_type = csv, schema { fields { id = int } } }',
        "FakeSource { tables_configs = [{ schema { fields { id = int } } }] }",
    ],
)
def test_nothing_is_said_of_columns_that_may_be_there(source: str) -> None:
    """Files know their own columns, and paths add some."""
    transform = 'Sql { query = "select year, year + 1 as y from dual" }'
    for block in (transform, "Filter { include_fields = [year] }"):
        text = f"env {{ }}\nsource {{ {source} }}\ntransform {{ {block} }}\nsink {{ Console {{ }} }}"
        result = check_text(text, "job.conf", ReadOptions())
        codes = {finding.code for finding in result.diagnostics}
        if "year=" in source and "Sql" in block:
            assert codes == {"T514"}  # directories name texts
        else:
            assert not any(code.startswith("T") for code in codes)


def test_a_file_has_the_declared_columns_that_are_read() -> None:
    """``read_columns`` chooses, and the path's directories add texts."""
    text = """
      env { }
      source {
        LocalFile {
          plugin_output = "files", path = "data/year=2024/in.csv", file_format_type = "csv"
          schema { columns = [{ name = id, type = int }, { name = name, type = string }] }
          read_columns = [name]
        }
      }
      sink { Console { } }
    """
    result = check_text(text, "job.conf", ReadOptions())
    assert columns(result, "files") == {"name": "string", "year": "string"}
    wrong = check_text(text.replace("[name]", "[nane]"), "job.conf", ReadOptions())
    assert [finding.code for finding in wrong.diagnostics] == ["T503"]


def test_inputs_of_a_union_need_the_same_columns() -> None:
    """The first difference is told in words; order counts."""

    def check(second: str, engine: str = "local") -> list[Any]:
        text = (
            'env { }\nsource { FakeSource { plugin_output = "a", schema { fields { id = int, name = string } } }\n'
            f'FakeSource {{ plugin_output = "b", schema {{ fields {{ {second} }} }} }} }}\n'
            'sink { Console { plugin_input = ["a", "b"] } }'
        )
        return [finding.primary.message for finding in check_text(text, "job.conf", ReadOptions(), engine).diagnostics]

    assert check("id = int, name = string") == []
    assert check("id = bigint, name = string") == ['"id" is int in "a", bigint in "b"']
    assert check("name = string, id = int") == ['"id" in "a", "name" in "b"']
    assert check("id = int") == ['2 columns in "a", 1 in "b"']
    assert check("id = bigint, name = string", engine="seatunnel") == []


@pytest.mark.parametrize("schema", ['fields { "a\\u0000" = int }', 'columns = [{ name = "a\\u0000", type = int }]'])
def test_a_name_that_nothing_can_have_is_told_where_it_is_written(schema: str) -> None:
    """Once, whoever reads the column."""
    source = f'source {{ FakeSource {{ plugin_output = "fake", schema {{ {schema} }} }} }}\n'
    transform = 'transform { Copy { src_field = "a\\u0000", dest_field = b, plugin_output = "out" } }\n'
    result = check_text(f"env {{ }}\n{source}{transform}sink {{ Console {{ }} }}", "job.conf", ReadOptions())
    assert [
        (found.code, found.primary and found.primary.span.text) for found in result.diagnostics if found.severity == "error"
    ] == [("T517", '"a\\u0000"')]
