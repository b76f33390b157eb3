"""A query that does not fit its input: what is told, and at which word of the job file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spec.check import CheckResult, check_text
from spec.dataflow.schema import UNKNOWN, Schema
from spec.diagnostic import Diagnostic, Severity
from spec.document import ReadOptions
from spec.sql.names import FUNCTIONS_ELSEWHERE

Findings = Callable[..., list[Diagnostic]]


def words(findings: list[Diagnostic]) -> list[tuple[str, str]]:
    """The code of each finding and the text it underlines."""
    return [(finding.code, finding.primary.span.text) for finding in findings if finding.primary]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select nam from dual", [("T512", "nam")]),
        ("select id, `nam` || 'x', id as i from dual where idd = 1", [("T512", "`nam`"), ("T512", "idd")]),
        ("select dual.nam from dual", [("T512", "dual.nam")]),
        ("select orders.id from dual", [("T512", "orders.id")]),
        ("select address.streets from dual", [("T512", "address.streets")]),
        ("select offset, nam from dual", [("T512", "nam")]),
        ("select id + 1 as next, next + nam from dual", [("T512", "nam")]),
        ("select uper(name), lenght(name) as l from dual", [("T513", "uper"), ("T513", "lenght")]),
        ("select des_encrypt('k', name) as d from dual", [("E805", "des_encrypt")]),
        ("select abs(name) from dual", [("T514", "abs(name)")]),
        ("select upper(1 + name) from dual", [("T514", "1 + name")]),
        ("select id from dual where day > 5 and id > 5", [("T514", "day > 5")]),
        ("select id from dual where id like 5", [("T514", "id like 5")]),
        ("select cast(id as strin) from dual", [("T514", "strin")]),
        ("select dateadd(day, 1, 'FORTNIGHT') as d from dual", [("T514", "dateadd(day, 1, 'FORTNIGHT')")]),
        ("select cast('x' as int) as i from dual", [("T516", "cast('x' as int)")]),
        ("select case when id = 1 then cast('x' as int) end as i from dual", []),
        ("select id frm dual where id = 1", [("T510", "dual")]),
        ("selec id from dual", [("T510", "selec")]),
        ("select max(id) as m from dual", [("T511", "max(id)")]),
        ("select id from dual where id in (select 1)", [("T511", "id in (select 1)")]),
        ("select id from (select 1 as id)", [("T511", "(select 1 as id)")]),
        ("select 'é', naïf, 'é' || nam from dual", [("T512", "naïf"), ("T512", "nam")]),
    ],
)
def test_each_mistake_is_told_at_its_place(found: Findings, query: str, expected: list[tuple[str, str]]) -> None:
    """All of them in one check, at the innermost expression that is wrong."""
    assert words(found(f'Sql {{ query = """{query}""" }}')) == expected


@pytest.mark.parametrize(
    ("query", "clause"),
    [
        ("select id from dual order  by id", "order  by"),
        ("select id from dual limit 5", "limit"),
        ("select distinct id from dual", "distinct"),
        ("select (id), 'group by' as g from dual group by id", "group by"),
        ("select id from dual having id > 1", "having"),
        ("select id from dual union all select id from dual", "union"),
        ("with rows as (select 1) select id from dual", "with"),
        ("select id from dual; select 1", "; select 1"),
        ("update dual set id = 1", '"update dual set id = 1"'),
        (" ; ", '" ; "'),
    ],
)
def test_what_is_more_than_a_select_of_rows_is_told_at_its_clause(found: Findings, query: str, clause: str) -> None:
    """The clause is underlined, outside of brackets and texts; the whole query where no clause is to blame."""
    assert words(found(f'Sql {{ query = "{query}" }}')) == [("T511", clause)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("id > 'abc'", [("T516", "'abc'")]),
        ("name = 'abc' and 'soon' < day and id = '7'", [("T516", "'soon'")]),
        ("price <> '1.5' and day > '2024-01-31'", []),
        ("id = 1 or id = 'abc'", []),
    ],
)
def test_a_text_that_is_compared_is_converted_beforehand(
    found: Findings, condition: str, expected: list[tuple[str, str]]
) -> None:
    """As the engine does it with the first row; not where another condition may spare it."""
    assert words(found(f'Sql {{ query = "select id from dual where {condition}" }}')) == expected


def test_an_empty_query_is_told_once(check_flow: Callable[..., CheckResult]) -> None:
    """As an option without a value, and not as SQL too."""
    assert [finding.code for finding in check_flow('Sql { query = "" }').diagnostics] == ["J205"]


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("select (id from dual", "help: a ( is never closed"),
        ("select id) from dual", "help: there is a ) too many"),
        ("select id from from dual", None),
    ],
)
def test_brackets_that_do_not_match_are_told(found: Findings, query: str, hint: str | None) -> None:
    """The parser says only where it could not go on."""
    [finding] = found(f'Sql {{ query = "{query}" }}')
    assert (finding.code, finding.notes) == ("T510", (hint,) if hint else ())


def test_functions_of_other_databases_have_a_translation_that_works(check_flow: Callable[..., CheckResult]) -> None:
    """What a hint says to write is SQL that the engine takes."""
    [finding] = check_flow("Sql { query = \"select nvl(name, '-') as n from dual\" }").diagnostics
    assert finding.notes == ("help: write COALESCE(a, b)",)
    moments = ("FORMATDATETIME", "EPOCH", "INTERVAL")
    for written in {part for hint in FUNCTIONS_ELSEWHERE.values() for part in hint.split(", or ")}:
        kind = "timestamp" if any(word in written for word in moments) else "string"
        kind = "int" if any(word in written for word in ("> 0", "a, 0", "POWER")) else kind
        fields = f"a = {kind}\nb = string\nc = string"
        result = check_flow(f'Sql {{ query = "select {written} as x from dual" }}', fields=fields)
        assert [found.message for found in result.diagnostics] == [], written


def test_a_finding_teaches(found: Findings) -> None:
    """What is meant, what the function takes, and where the columns come from."""
    [column] = found('Sql { query = "select nam from dual" }')
    assert column.notes == ('help: did you mean "name"?',)
    assert [label.span.text for label in column.secondary] == ["schema"]
    assert column.fix is not None
    assert [(edit.span.text, edit.text) for edit in column.fix.edits] == [("nam", "name")]
    [function] = found('Sql { query = "select uper(name) from dual" }')
    assert 'help: did you mean "upper"?' in function.notes
    [arguments] = found('Sql { query = "select upper(id, name) from dual" }')
    assert arguments.message == "upper() does not take (int, string)"
    assert arguments.notes == ("help: it takes upper(string)",)
    [comparison] = found('Sql { query = "select id from dual where day > id" }')
    assert comparison.message == "cannot compare date with int"


def test_names_in_a_message_are_a_job_files(found: Findings) -> None:
    """Not the engine's."""
    for query in ("select id + name from dual", "select date_trunc(name, name) from dual", "select substr(day) from dual"):
        for finding in found(f'Sql {{ query = "{query}" }}'):
            assert not any(name in finding.message for name in ("VARCHAR", "INTEGER", "seatunnel_", "Error")), finding.message


@pytest.mark.parametrize(
    "query",
    [
        "select nope(name) from dual",
        "select abs(name) from dual",
        "select id from dual lateral view explode(tags) as tag",
        "select max(id) as m from dual",
        "select cast('x' as int) as i from dual",
        "select des_encrypt('k', name) as d from dual",
    ],
)
def test_another_engine_is_not_judged_by_this_one(found: Findings, query: str) -> None:
    """What only the local engine refuses, SeaTunnel may take."""
    assert found(f'Sql {{ query = "{query}" }}', engine="seatunnel") == []


def test_a_missing_column_is_missing_on_every_engine(found: Findings) -> None:
    """SeaTunnel has no other columns."""
    assert words(found('Sql { query = "select nam from dual" }', engine="seatunnel")) == [("T512", "nam")]


def test_a_name_in_from_that_is_not_the_inputs() -> None:
    """A warning: both engines read the input all the same."""
    text = """
      env { }
      source { FakeSource { plugin_output = "orders", schema { fields { id = int } } } }
      transform { Sql { query = "select id from FROM" } }
      sink { Console { } }
    """
    for name, expected in (("orders", []), ("ORDERS", []), ("dual", []), ("order_items", ["order_items"])):
        result = check_text(text.replace("FROM", name), "job.conf", ReadOptions())
        assert [finding.primary.span.text for finding in result.diagnostics if finding.primary] == expected
        assert all(finding.severity is Severity.WARNING for finding in result.diagnostics)


def test_of_an_unknown_input_nothing_is_said() -> None:
    """Neither of the query nor of what comes after it."""
    text = """
      env { }
      source { LocalFile { path = "x.parquet", file_format_type = parquet, plugin_output = "a" } }
      transform {
        Sql { plugin_input = "a", plugin_output = "b", query = "select nope(x) frm a" }
        Filter { plugin_input = "b", plugin_output = "c", include_fields = [y] }
      }
      sink { Console { plugin_input = "c" } }
    """
    result = check_text(text, "job.conf", ReadOptions())
    assert result.diagnostics == ()
    assert set(result.datasets.values()) == {UNKNOWN}


def test_columns_are_known_where_other_things_are_wrong() -> None:
    """An editor offers them all the same."""
    text = """
      env { }
      source { FakeSource { plugin_output = "a", schema { fields { id = int } }, nonsense = 1 } }
      transform { Sql { plugin_input = "a", plugin_output = "b", query = "select id, id + 1 as n from a" } }
      sink { Console { plugin_input = "b" }, Console { plugin_input = "zz" } }
    """
    result = check_text(text, "job.conf", ReadOptions())
    assert result.job is None
    schema = result.datasets["b"]
    assert isinstance(schema, Schema)
    assert [(column.name, str(column.type)) for column in schema.columns] == [("id", "int"), ("n", "int")]
    first = schema.find("id")
    assert first is not None
    assert first.declared is not None
    assert first.declared.text == "id"


@pytest.mark.parametrize(
    "query",
    [
        "select " + "(" * 3000 + "id" + ")" * 3000 + " from dual",
        "select " + "||".join(["name"] * 3000) + " from dual",
        "select " + "+".join(["id"] * 400) + " from dual",
        "select " + "-" * 500 + "id from dual",
        "select " + "case when id = 1 then " * 300 + "1" + " end" * 300 + " from dual",
        "select " + "upper(" * 500 + "nam" + ")" * 500 + " from dual",
        "select " + ", ".join(f"nope{number}(id)" for number in range(300)) + " from dual",
        "select id from dual where " + " and ".join(f"zz{number} = 1" for number in range(300)),
        "select 'a\\u0000b' from dual",
        "",
        ";",
        "select",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy dual to '/tmp/x'",
        "install httpfs",
        "select getenv('HOME') as h from dual",
        "select content from read_text('/etc/passwd')",
        "pragma version",
        "attach '/tmp/x.db'",
    ],
)
def test_hostile_queries_end_in_findings(found: Findings, query: str) -> None:
    """No recursion, no long wait, no file: a finding, or a type."""
    text = query.replace('"', "")
    for finding in found(f'Sql {{ query = "{text}" }}'):
        assert finding.primary is not None
        assert len(finding.message) < 400
