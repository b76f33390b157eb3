"""T5xx: field types, and how they flow from the sources through the transforms to the sinks."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity


def _job(declared: str) -> str:
    return (
        'env { job.mode = "BATCH" }\n'
        f"source {{ FakeSource {{ schema {{ fields {{ id = {declared} }} }} }} }}\n"
        "sink { Console { } }\n"
    )


_FLIGHTS = 'carrier = string, distance = int, tags = "array<string>"'


def _flow(transform: str, sink: str = "Console { }", fields: str = _FLIGHTS) -> str:
    return (
        'env { job.mode = "BATCH" }\n'
        f"source {{\n  FakeSource {{ schema {{ fields {{ {fields} }} }} }}\n}}\n"
        f"transform {{\n  {transform}\n}}\n"
        f"sink {{\n  {sink}\n}}\n"
    )


def _sink(block: str) -> str:
    return _flow("", block)


def _query(query: str, named: str = "") -> str:
    return _flow(f'Sql {{ query = "{query}" }}').replace("FakeSource {", f"FakeSource {{{named}")


def _union(second: str) -> str:
    def source(name: str, fields: str) -> str:
        return f'  FakeSource {{ plugin_output = "{name}", schema {{ fields {{ {fields} }} }} }}\n'

    return (
        f'env {{ job.mode = "BATCH" }}\nsource {{\n{source("north", "id = int")}{source("south", second)}}}\n'
        'sink { Console { plugin_input = ["north", "south"] } }\n'
    )


def _asserted(rule: str) -> str:
    return _sink(f"Assert {{ rules {{ field_rules = [{{ {rule} }}] }} }}")


def _file(options: str) -> str:
    return _sink(f'LocalFile {{ path = "out", file_format_type = "csv", {options} }}')


CODES = (
    Code(
        "T501",
        "invalid field type",
        "The type does not exist or is not written completely. Types: string, boolean, tinyint, smallint, int, bigint, float, "
        "double, decimal(p, s), null, bytes, date, time, timestamp, array<t>, map<k, v>, and a nested object for a row.",
        bad=_job("integr"),
        good=_job("int"),
    ),
    Code(
        "T502",
        "column named twice",
        "The names of two columns are the same, or differ only in the case of letters, which the SQL of the local engine does "
        "not tell apart.",
        bad=_job("int, ID = string"),
        good=_job("int, name = string"),
    ),
    Code(
        "T503",
        "column that the input does not have",
        "The option names a column that its plugin does not get: the name is misspelt (upper and lower case count), or a "
        "transform before it renames or drops the column.",
        bad=_flow("Filter { include_fields = [carier, distance] }"),
        good=_flow("Filter { include_fields = [carrier, distance] }"),
    ),
    Code(
        "T504",
        "two columns with one name",
        "The names of two columns of the result are the same, or differ only in the case of letters, which the SQL of the "
        "local engine does not tell apart.",
        bad=_flow("FieldMapper { field_mapper { carrier = name, distance = name } }"),
        good=_flow("FieldMapper { field_mapper { carrier = name, distance = miles } }"),
    ),
    Code(
        "T505",
        "column of a type that does not fit",
        "The plugin works on values of another type than the column has: text cannot be replaced in a list, and only numbers "
        "have a smallest and a largest value.",
        bad=_flow('Replace { replace_field = tags, pattern = "a", replacement = "b" }'),
        good=_flow('Replace { replace_field = carrier, pattern = "a", replacement = "b" }'),
    ),
    Code(
        "T506",
        "asserted type that the column does not have",
        "Assert compares types exactly, so this rule fails for every row. Types follow from the schema of the source and from "
        "what the transforms make of it: CAST in a Sql transform changes them.",
        bad=_asserted('field_name = distance, field_type = bigint, field_value = [{ rule_type = "NOT_NULL" }]'),
        good=_asserted('field_name = distance, field_type = int, field_value = [{ rule_type = "NOT_NULL" }]'),
    ),
    Code(
        "T507",
        "inputs with different columns",
        "Several inputs are read as one dataset, so they need the same columns with the same types in the same order. A "
        "FieldMapper or Sql transform before makes them alike.",
        bad=_union("id = bigint"),
        good=_union("id = int"),
    ),
    Code(
        "T508",
        "no column left",
        "The plugin drops every column it gets, so there is nothing left to write.",
        bad=_flow("Filter { exclude_fields = [carrier, distance, tags] }"),
        good=_flow("Filter { exclude_fields = [tags] }"),
    ),
    Code(
        "T509",
        "partition column that is not there",
        "The directories of a sink are made from the columns in partition_by, which have to be among those that are written, "
        "and partition_dir_expression counts them from 0.",
        bad=_file("sink_columns = [distance], partition_by = [carrier]"),
        good=_file("sink_columns = [carrier, distance], partition_by = [carrier]"),
    ),
    Code(
        "T510",
        "query that is no SQL",
        "The query ends too early, or a word stands where SQL expects something else. The place that is shown is where the "
        "query cannot go on; what is wrong may stand just before it.",
        bad=_query("select carrier distance miles from dual"),
        good=_query("select carrier, distance from dual"),
    ),
    Code(
        "T511",
        "query that is more than one row at a time",
        "A Sql transform is one SELECT of expressions from its input, with a WHERE if need be. It works row by row, so that a "
        "job can stop and go on at any row: no joins, aggregates, sorting, limits or subqueries.",
        bad=_query("select carrier, count(*) as flights from dual group by carrier"),
        good=_query("select carrier, distance from dual where distance > 100"),
    ),
    Code(
        "T512",
        "column that the query's input does not have",
        "The query names a column that its input does not have. The columns are those of the source, or what the transforms "
        "before this one make of them.",
        bad=_query("select carrier, distence * 1.6 as kilometres from dual"),
        good=_query("select carrier, distance * 1.6 as kilometres from dual"),
    ),
    Code(
        "T513",
        "unknown SQL function",
        "Neither SeaTunnel nor the local engine has a function of this name.",
        bad=_query("select uper(carrier) as carrier from dual"),
        good=_query("select upper(carrier) as carrier from dual"),
    ),
    Code(
        "T514",
        "SQL expression of the wrong type",
        "The function or operator does not work on values of these types, or a CAST names a type that does not exist. CAST "
        "makes one type of another.",
        bad=_query("select abs(carrier) as size from dual"),
        good=_query("select abs(distance) as size from dual"),
    ),
    Code(
        "T515",
        "query from another name than its input's",
        "A Sql transform reads its plugin_input, whatever name stands in FROM. A name that says something else misleads "
        "whoever reads the job.",
        bad=_query("select carrier from orders", named=' plugin_output = "flights",'),
        good=_query("select carrier from flights", named=' plugin_output = "flights",'),
        severity=Severity.WARNING,
    ),
    Code(
        "T516",
        "constant that cannot be converted",
        "The CAST of this constant fails for every row, so the job fails with its first one.",
        bad=_query("select carrier, cast('12 miles' as int) as distance from dual"),
        good=_query("select carrier, cast('12' as int) as distance from dual"),
    ),
    Code(
        "T517",
        "column name with a NUL character",
        "The name of a column has the character U+0000 in it, which no name can have in SQL, nor in most files.",
        bad=_flow('FieldMapper { field_mapper { carrier = "car\\u0000rier" } }'),
        good=_flow("FieldMapper { field_mapper { carrier = code } }"),
    ),
)
