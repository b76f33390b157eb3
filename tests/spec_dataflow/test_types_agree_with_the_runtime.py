"""What a check infers is what the runtime makes: same columns, same order, same types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from runner.connectors.options import Options
from runner.connectors.table_schema import arrow_schema, declared_columns
from runner.dataset.arrow_types import arrow_type, canonical_schema
from runner.dataset.engine import Engine
from runner.worker.compiler import Compiler
from spec.check import CheckResult, check_file, check_text
from spec.dataflow.schema import Schema
from spec.document import ReadOptions
from spec.job import JobSpec

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
TYPES = """
  c_string = string, c_boolean = boolean, c_tinyint = tinyint, c_smallint = smallint, c_int = int, c_bigint = bigint
  c_float = float, c_double = double, c_decimal = "decimal(30, 8)", c_null = "null", c_bytes = bytes, c_date = date
  c_time = time, c_timestamp = timestamp, c_array = "array<int>", c_map = "map<string, decimal(5, 2)>"
  c_row = { a = int, "B c" = string, inner = { d = date } }, c_rows = "array<double>"
  c_vector = float_vector, c_binary_vector = binary_vector, c_sparse_vector = sparse_float_vector, offset = int
"""
TRANSFORMS = (
    "Filter { include_fields = [c_row, c_string] }",
    "Filter { exclude_fields = [c_row, c_string] }",
    'FieldMapper { field_mapper { c_map = a, c_vector = "b c", c_null = c } }',
    "Copy { fields { new = c_decimal, c_string = c_vector } }",
    "Copy { src_field = c_time, dest_field = other }",
    'Replace { replace_field = c_timestamp, pattern = "a", replacement = "b" }',
    'Replace { replace_field = c_decimal, pattern = "1+", replacement = "2", is_regex = true, replace_first = true }',
    'Split { split_field = c_int, separator = "[,;]", output_fields = [x, c_int] }',
    'Split { split_field = c_row, separator = " ", output_fields = [x] }',
)
EXPRESSIONS = (
    "*",
    "C_INT, c_Int as i2, dual.c_string",
    "offset + 1 as o",
    "'a' as a, 1 as b, 1.5 as c, 1e3 as d, null as e, true as f, 10000000000 as g, -1 as h",
    "c_int + 1 as a, c_int * c_bigint as b, c_int / 2 as c, c_int % 3 as d, c_double / c_int as e, -c_tinyint as f",
    "c_decimal + 1 as a, c_decimal * 2 as b, c_decimal / 3 as c, c_decimal + c_double as d, c_int + c_decimal as e",
    "c_string || c_int as a, c_string || null as b, concat(c_int, c_date) as c, concat_ws('-', c_string, 'x') as d",
    "c_bytes || c_bytes as a, c_array || c_array as b",
    "cast(c_int as string) as a, cast(c_string as bytes) as b, cast(c_string as decimal(10, 2)) as c, cast(c_int as long) as d",
    "cast(c_int as date) as a, cast(c_int as time) as b, cast(c_bigint as timestamp) as c, cast(c_int as datetime) as d",
    "cast(c_string as date) as a, cast(c_string as byte) as b, cast(c_double as float) as c, cast(c_string as boolean) as d",
    "case when c_int = 1 then 'a' else c_string end as a, case when c_boolean then 1 end as b, coalesce(c_int, c_bigint) as c",
    "ifnull(c_string, 'x') as a, nullif(c_int, 1) as b, c_int is null as c, c_int in (1, 2) as d, c_int <> 1 as e",
    "c_int between 1 and 2 as a, c_string like 'a%' as b, not c_boolean as c, c_boolean and c_int > 1 as d",
    "lower(c_string) as a, ascii(c_string) as b, bit_length(c_string) as c, char_length(c_string) as d, length(c_string) as e",
    "octet_length(c_string) as a, chr(65) as b, char(c_int) as c, insert(c_string, 1, 2, 'x') as d, left(c_string, 2) as e",
    "locate('a', c_string) as a, instr(c_string, 'a', 2) as b, position('a', c_string) as c, lpad(c_string, 9) as d",
    "rtrim(c_string) as a, regexp_replace(c_string, 'a', 'b') as b, regexp_like(c_string, 'a') as c",
    "regexp_substr(c_string, 'a') as a, repeat(c_string, 2) as b, replace(c_string, 'a') as c, space(3) as d",
    "substring(c_string, 2) as a, substr(c_string, 1, 2) as b, to_char(c_int) as c, translate(c_string, 'a', 'b') as d",
    "abs(c_int) as a, abs(c_decimal) as b, acos(c_double) as c, mod(c_int, 3) as d, ceil(c_double) as e, floor(c_decimal) as f",
    "exp(c_double) as a, ln(c_double) as b, log10(c_double) as c, pi() as d, power(c_int, 2) as e, rand() as f, random() as g",
    "round(c_double) as a, round(c_decimal, 2) as b, sign(c_double) as c, trunc(c_double) as d, truncate(c_double, 2) as e",
    "current_date as a, current_time as b, current_timestamp as c, now() as d, localtimestamp as e",
    "dateadd(c_date, 1) as a, dateadd(c_timestamp, 1, 'HOUR') as b, dateadd(c_date, 1, 'HOUR') as c",
    "datediff(c_date, c_date) as a, datediff(c_timestamp, c_timestamp, 'MONTH') as b, date_trunc(c_timestamp, 'DAY') as c",
    "dayname(c_date) as a, day_of_month(c_date) as b, day_of_week(c_date) as c, day_of_year(c_date) as d, hour(c_time) as e",
    "extract(year from c_date) as a, extract(millisecond from c_timestamp) as b, extract(dow from c_date) as c",
    "formatdatetime(c_timestamp, 'yyyy-MM-dd HH:mm:ss.SS') as a, parsedatetime(c_string, 'yyyy-MM-dd HH:mm:ss') as b",
    "to_date(c_string, 'yyyy-MM-dd') as a, to_date(c_string, 'HH:mm') as b, is_date(c_string, 'yyyy') as c, week(c_date) as d",
    "from_unixtime(c_bigint, 'yyyy') as a, from_unixtime(c_bigint, 'yyyy', 'UTC+8') as b, quarter(c_date) as c, uuid() as d",
    "c_row.a, c_row.inner.d, c_map.k, c_map['k'] as k2, c_array[1] as first, c_rows[1] as second, c_row as r",
    "c_row.inner as i, [c_int, 2] as l, {'a': c_int} as s, map {'a': c_int} as m, c_vector as v, c_sparse_vector as w",
    "sum_of, c_int + sum_of as twice from (select 1)",
    "c_timestamp - c_timestamp as a, c_date - c_date as b, c_date + 1 as c, md5(c_string) as d, hash(c_string) as e",
    "c_null as a, coalesce(c_null, 1) as b, c_binary_vector as c, * from dual where c_int > 1 and c_string like 'x%'",
    "c_tinyint + c_smallint as a, c_float * 2 as b, c_float + c_double as c, c_bigint * c_bigint as d, len(c_array) as e",
    "epoch_ms(c_timestamp) as a, gen_random_uuid() as b, to_days(1) as c, '1'::bit as d, 1::ubigint as e, [1::uhugeint] as f",
)


def job_text(transform: str) -> str:
    """A job with one transform over a source of every type."""
    block = transform.rstrip()[:-1] + ', plugin_output = "out" }'
    return (
        f'env {{ }}\nsource {{ FakeSource {{ plugin_output = "dual", schema {{ fields {{ {TYPES} }} }} }} }}\n'
        f"transform {{ {block} }}\nsink {{ Console {{ }} }}\n"
    )


def sql(items: str) -> str:
    """A Sql transform that selects ``items``."""
    query = f"select {items}" if " from dual" in items or " from (" in items else f"select {items} from dual"
    return f'Sql {{ query = """{query}""" }}'


def runtime_schemas(job: JobSpec) -> dict[str, pa.Schema]:
    """What the worker makes of every dataset, source by source and transform by transform."""
    schemas: dict[str, pa.Schema] = {}
    for source in job.sources:
        columns = declared_columns(Options(source.options, source.name))
        assert columns is not None
        schemas[str(source.output)] = canonical_schema(arrow_schema(columns))
    compiler = Compiler(job.transforms, Engine([]))
    for transform in job.transforms:
        schemas[str(transform.output)] = compiler.compile([transform], schemas[transform.inputs[0]]).output_schema
    return schemas


def inferred(result: CheckResult, dataset: str) -> pa.Schema:
    """What the check says of a dataset, as Arrow."""
    schema = result.datasets[dataset]
    assert isinstance(schema, Schema)
    assert schema.complete
    return pa.schema([pa.field(column.name, arrow_type(type_of(column.type))) for column in schema.columns])


def type_of(field_type: Any) -> Any:
    """A type that has to be known."""
    assert field_type is not None
    return field_type


@pytest.mark.parametrize("transform", [*TRANSFORMS, *map(sql, EXPRESSIONS)])
def test_a_check_and_the_runtime_agree(transform: str) -> None:
    """On the columns when the job is right, and on that it is not when it is not."""
    result = check_text(job_text(transform), "job.conf", ReadOptions())
    if "(select" in transform:
        assert [finding.code for finding in result.diagnostics] == ["T511"]
        return
    assert result.job is not None, result.diagnostics
    assert inferred(result, "out") == runtime_schemas(result.job)["out"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")
def test_a_check_and_the_runtime_agree_on_the_corpus() -> None:
    """On every dataset of every job that the local engine can run and whose sources say what they have."""
    compared = 0
    for entry in json.loads((CORPUS / "manifest.json").read_text()):
        path = CORPUS / entry["path"]
        if not entry["transforms"]:
            continue
        result = check_file(
            path, ReadOptions(variables=dict.fromkeys(entry.get("variables") or (), "x"), include_root=path.parent)
        )
        job = result.job
        if job is None or any(source.name != "FakeSource" for source in job.sources):
            continue
        for dataset, schema in runtime_schemas(job).items():
            assert inferred(result, dataset) == schema, (path, dataset)
            compared += 1
    assert compared > 20
