"""Options against their schema: coercions that are legal, findings at the exact span, did-you-mean and fixes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spec.check import CheckResult, check_file, check_text
from spec.diagnostic import Applicability, Diagnostic
from spec.document import Dialect, ReadOptions
from spec.job import JobSpec

JOB = """env {{
  job.mode = BATCH
  {env}
}}
source {{
  FakeSource {{
    {source}
    schema {{ fields {{ id = int, name = string }} }}
  }}
}}
transform {{
  {transform}
}}
sink {{
  {sink}
}}
"""


def check(source: str = "", *, env: str = "", transform: str = "", sink: str = "Console { }") -> CheckResult:
    """Check a job with these pieces."""
    return check_text(JOB.format(env=env, source=source, transform=transform, sink=sink), "job.conf", ReadOptions())


def valid(result: CheckResult) -> JobSpec:
    """The job of a check that found no error."""
    assert result.job is not None, [diagnostic.message for diagnostic in result.diagnostics]
    return result.job


def only(result: CheckResult) -> Diagnostic:
    """The one finding of a check."""
    assert len(result.diagnostics) == 1, [diagnostic.message for diagnostic in result.diagnostics]
    return result.diagnostics[0]


def marked(diagnostic: Diagnostic) -> str:
    """The text that a finding points at."""
    assert diagnostic.primary is not None
    return diagnostic.primary.span.text


def test_defaults_and_canonical_keys_reach_the_job() -> None:
    """Options are flat, have their defaults, and none of the common ones."""
    options = valid(check("row.num = 7")).sources[0].options
    assert options["row.num"] == 7
    assert options["split.num"] == 1
    assert options["string.length"] == 5
    assert options["schema"] == {"fields": {"id": "int", "name": "string"}}
    assert not {"plugin_name", "plugin_input", "plugin_output", "parallelism"} & set(options)
    assert "tables_configs" not in options


@pytest.mark.parametrize(
    ("written", "option", "value"),
    [
        ('row.num = "12"', "row.num", 12),
        ("row.num = 12.0", "row.num", 12),
        ("row { num = 12 }", "row.num", 12),
        ('"row.num" = 12', "row.num", 12),
        ("row { num = 12 }\n split { num = 3 }", "split.num", 3),
        ('double.max = "1.5"', "double.max", 1.5),
        ("double.max = 2", "double.max", 2),
        ('string.fake.mode = "TEMPLATE"\n string.template = [a, b]', "string.fake.mode", "template"),
        ('string.template = "a, b ,c"', "string.template", ["a", "b", "c"]),
        ("string.template = a", "string.template", ["a"]),
        ("string.template = [1, true, 1.50]", "string.template", ["1", "true", "1.50"]),
        ('int.template = "1, 2"', "int.template", [1, 2]),
        ('int.template = "[1, 2]"', "int.template", [1, 2]),
        ("int.template = 5", "int.template", [5]),
        ("int.template = [1, ${?nothing}]", "int.template", [1]),
        ("row.num = null", "row.num", 5),
    ],
)
def test_what_the_format_converts(written: str, option: str, value: Any) -> None:
    """Text for numbers and lists, nested keys, any case of enums: all legal, all canonical in the job."""
    result = check(written)
    found = valid(result).sources[0].options[option]
    assert found == value
    assert type(found) is type(value)
    assert result.diagnostics == ()


def test_booleans_in_any_case() -> None:
    """``"TRUE"`` and ``False`` in quotes are booleans."""
    options = valid(check(sink='Console { log.print.data = "FALSE" }')).sinks[0].options
    assert options["log.print.data"] is False


def test_numbers_become_text_as_they_were_written() -> None:
    """``1.10`` for a text option stays ``1.10``."""
    transform = "Replace { replace_field = name, pattern = 1.10, replacement = true }"
    options = valid(check(transform=transform)).transforms[0].options
    assert options["pattern"] == "1.10"
    assert options["replacement"] == "true"


def test_aliases_mean_the_canonical_option() -> None:
    """An older name works, is noted, and can be renamed for certain."""
    result = check(transform="Filter { fields = [id] }")
    assert valid(result).transforms[0].options["include_fields"] == ["id"]
    noted = only(result)
    assert (noted.code, noted.severity, marked(noted)) == ("M701", "note", "fields")
    assert noted.fix is not None
    assert noted.fix.edits[0].text == "include_fields"


def test_keys_that_reach_into_an_object() -> None:
    """``schema.fields { ... }`` and ``schema { table = ... }`` are two pieces of one option."""
    text = "env { }\nsource { FakeSource { schema.fields { id = int }\n schema { table = t } } }\nsink { Console { } }\n"
    job = valid(check_text(text, "job.conf", ReadOptions()))
    assert job.sources[0].options["schema"] == {"fields": {"id": "int"}, "table": "t"}


def test_an_unknown_option_with_one_near_name_can_be_fixed() -> None:
    """The finding is at the key; applying the fix makes the job clean."""
    result = check("row.nums = 7")
    found = only(result)
    assert (found.code, marked(found), found.pointer) == ("J201", "row.nums", "/source/0/row.nums")
    assert found.notes == ('help: did you mean "row.num"?',)
    assert found.fix is not None
    assert found.fix.applicability is Applicability.UNSAFE
    edit = found.fix.edits[0]
    text = result.document.source.text
    fixed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert valid(check_text(fixed, "job.conf", ReadOptions())).sources[0].options["row.num"] == 7


def test_no_fix_where_the_near_name_is_given_already() -> None:
    """Renaming would collide, so it is only suggested."""
    found = only(check("row.num = 1\n    row.nums = 7"))
    assert found.notes == ('help: did you mean "row.num" or "map.size"?',) or 'did you mean "row.num"' in found.notes[0]
    assert found.fix is None


def test_an_unknown_option_that_is_like_nothing() -> None:
    """No guess is better than a wild one."""
    found = only(check("zzzzzz = 7"))
    assert (found.code, found.notes, found.fix) == ("J201", (), None)


def test_unknown_keys_of_env_are_warnings_and_engine_settings_are_free() -> None:
    """SeaTunnel hands unknown env keys on, so they stop nothing; flink.* and spark.* are for those engines."""
    result = check(env='spark.app.name = "x"\n  flink.state.backend = rocksdb\n  paralelism = 2')
    found = only(result)
    assert (found.code, found.severity, marked(found)) == ("J201", "warning", "paralelism")
    assert valid(result).env.parallelism == 1


@pytest.mark.parametrize(
    ("written", "code", "at", "message"),
    [
        ("row.num = many", "J203", "many", '"row.num" must be a whole number, found the text "many"'),
        (
            "row.num = 99999999999999999999",
            "J203",
            "99999999999999999999",
            '"row.num" must be a whole number, found 99999999999999999999, a number that is too large',
        ),
        ("row.num = 1.5", "J203", "1.5", '"row.num" must be a whole number, found the number 1.5'),
        ("row.num = [1]", "J203", "[1]", '"row.num" must be a whole number, found a list'),
        ("row.num = { a = 1 }", "J203", "{ a = 1 }", '"row.num" must be a whole number, found an object { ... }'),
        ("row.num = true", "J203", "true", '"row.num" must be a whole number, found true'),
        ("split.num = 0", "J205", "0", '"split.num" must be at least 1, found 0'),
        ("tinyint.max = 200", "J205", "200", '"tinyint.max" must be at most 127, found 200'),
        ("string.fake.mode = templat", "J204", "templat", '"templat" is not a value of "string.fake.mode"'),
        ("int.template = [1, x]", "J203", "x", '"int.template[1]" must be a whole number, found the text "x"'),
        ("int.template = []", "J205", "[]", '"int.template" must not be empty, found []'),
        ("int.min = 10\n    int.max = 5", "J205", "10", '"int.min" must be at most "int.max", but 10 is more than 5'),
        ("parallelism = 0", "J205", "0", '"parallelism" must be at least 1, found 0'),
        ("plugin_output = [a]", "J203", "[a]", '"plugin_output" must be a text, found a list'),
        ("rows = [{ fields = [1, a] }]", "J202", "{", None),
    ],
)
def test_a_wrong_value_is_marked(written: str, code: str, at: str, message: str | None) -> None:
    """The finding is at the value, and says what was expected and what is there."""
    found = only(check(written))
    assert found.code == code
    assert marked(found).startswith(at)
    assert message in (None, found.message)


def test_a_misspelt_enum_value_can_be_fixed() -> None:
    """The near value is offered as a replacement of just that text."""
    found = only(check('string.fake.mode = "templat"\n string.template = [a]'))
    assert found.fix is not None
    assert found.fix.edits[0].text == '"template"'


def test_a_variable_that_has_no_value_is_named() -> None:
    """SeaTunnel leaves a reference in quotes as it is; the finding says what to do about it."""
    found = only(check('string.fake.mode = "${mode}"'))
    assert (found.code, found.notes) == ("J204", ("help: give the variable a value: -i mode=...",))
    assert only(check('row.num = "${rows}"')).notes == ("help: give the variable a value: -i rows=...",)


def test_a_condition_says_why() -> None:
    """What another option's value makes necessary is reported with a label at that option."""
    found = only(check("string.fake.mode = template"))
    assert found.code == "J208"
    assert 'because string.fake.mode is "template"' in found.message
    assert [label.span.text for label in found.secondary] == ["string.fake.mode"]


@pytest.mark.parametrize(
    ("transform", "code", "at"),
    [
        ("Filter { include_fields = [id], exclude_fields = [name] }", "J206", "exclude_fields"),
        ("Filter { }", "J206", "Filter"),
        ("Copy { fields { a = id }, src_field = id, dest_field = b }", "J206", "src_field"),
        ("Copy { src_field = id }", "J207", "src_field"),
        ("Sql { }", "J202", "Sql"),
        ("Split { separator = a, split_field = name, output_fields = [] }", "J205", "[]"),
    ],
)
def test_rules_about_several_options(transform: str, code: str, at: str) -> None:
    """Exclusive, bundled and required options, each with its own code and place."""
    found = only(check(transform=transform))
    assert (found.code, marked(found)) == (code, at)


def test_fields_and_columns_exclude_each_other() -> None:
    """A schema has one of the two."""
    text = JOB.format(env="", source="schema { columns = [{ name = id, type = int }] }", transform="", sink="Console { }")
    found = only(check_text(text, "job.conf", ReadOptions()))
    assert (found.code, marked(found)) == ("J206", "fields")
    assert [label.span.text for label in found.secondary] == ["columns"]


def test_options_deep_inside_are_checked() -> None:
    """Rules of Assert: unknown keys, wrong enum values, missing bounds, each where it is written."""
    sink = "Assert { rules { field_rules = [{ field_name = id, field_value = [{ rule_type = MIN }, { rul = 1 }] }] } }"
    result = check(sink=sink)
    assert [(found.code, marked(found)[:4]) for found in result.diagnostics] == [("J208", "{ ru"), ("J201", "rul")]


def test_types_inside_schemas() -> None:
    """A type that does not exist is marked where it stands, at any depth, with the near name as a fix."""
    text = """env { }
source { FakeSource { schema { fields {
  a = integr
  b { c = strin }
  d = "decimal(50, 2)"
  e = null
  f = "MAP<String, array< INT >>"
} } } }
sink { Console { } }
"""
    result = check_text(text, "job.conf", ReadOptions())
    assert [(found.code, marked(found)) for found in result.diagnostics] == [
        ("T501", "integr"),
        ("T501", "strin"),
        ("T501", '"decimal(50, 2)"'),
    ]
    assert result.diagnostics[1].fix is not None
    assert result.diagnostics[1].fix.edits[0].text == "string"


def test_a_number_that_python_makes_none_of_is_no_type() -> None:
    """Thousands of digits in a type are a finding like any other."""
    schema = f'schema {{ fields {{ a = "decimal({"9" * 5000}, 2)" }} }}'
    text = f"env {{ }}\nsource {{ FakeSource {{ {schema} }} }}\nsink {{ Console {{ }} }}\n"
    (found,) = check_text(text, "job.conf", ReadOptions()).diagnostics
    assert (found.code, "5000 digits" in found.message) == ("T501", True)


@pytest.mark.parametrize(
    ("written", "help_line", "fixed"),
    [
        ("integer", 'did you mean "int"?', "int"),
        ("array<integer>", 'did you mean "array<int>"?', "array<int>"),
        ("map<text, int64>", 'did you mean "map<string, bigint>"?', "map<string, bigint>"),
        ("numeric(10,2)", 'did you mean "decimal(10,2)"?', "decimal(10,2)"),
        ("numeric", 'did you mean "decimal(10, 2)"?', None),
        ("decimal", "write decimal(10, 2)", None),
        ("decimal(12)", "write decimal(12, 0)", None),
        ("map<string>", "write map<string, int>", None),
    ],
)
def test_types_of_other_systems_and_halves_of_types(written: str, help_line: str, fixed: str | None) -> None:
    """What is meant is said, inside of brackets too; a type is never answered with its own name."""
    text = f'env {{ }}\nsource {{ FakeSource {{ schema {{ fields {{ a = "{written}" }} }} }} }}\nsink {{ Console {{ }} }}\n'
    [found] = check_text(text, "job.conf", ReadOptions()).diagnostics
    assert (found.code, found.notes) == ("T501", (f"help: {help_line}",))
    assert (found.fix.edits[0].text if found.fix else None) == (f'"{fixed}"' if fixed else None)


@pytest.mark.parametrize("dialect", [Dialect.SEATUNNEL, Dialect.HOCON])
def test_a_placeholder_in_a_path_that_nobody_fills(dialect: Dialect) -> None:
    """It would be looked for as a file of that name. What -i or a default gives, what the engine fills in, and what is no path
    or query, is fine."""
    source = "env {{ }}\nsource {{ LocalFile {{ path = {}, file_format_type = parquet }} }}\nsink {{ Console {{ }} }}\n"

    def codes(path: str, **variables: str) -> list[tuple[str, str]]:
        options = ReadOptions(dialect=dialect, variables=variables, environment={"dir": "data"})
        found = check_text(source.format(path), "job.conf", options).diagnostics
        return [(one.code, marked(one)) for one in found]

    assert codes('"${dir}/a.txt"') == [("I116", "${dir}")]
    assert codes('${dir}"/a.txt"') == codes('"/data/${table_name}.txt"') == codes('"a", plugin_output = "${dir}"') == []
    if dialect is Dialect.SEATUNNEL:
        assert codes('"${dir}/a.txt"', dir="data") == codes('"${dir:data}/a.txt"') == []


@pytest.mark.parametrize(
    ("pattern", "reason", "notes"),
    [
        ("[0-9", "missing ]: [0-9", 0),
        ("(?=x)y", "invalid perl operator: (?=", 1),
        (r"(x)\\1", r"invalid escape sequence: \1", 1),
        ("[^a-z]+.*|(x|y){2}", None, 0),
        (r".*[.]csv\\d", None, 0),
    ],
)
@pytest.mark.parametrize("option", ["pattern", "file_filter_pattern"])
def test_a_regular_expression_that_a_worker_would_fail_with(option: str, pattern: str, reason: str | None, notes: int) -> None:
    """As the local engine's own reading says; other engines have others."""
    source, transform = "FakeSource { schema { fields { a = string } } }", ""
    if option == "pattern":
        replaced = f'pattern = "{pattern}", replacement = "", is_regex = true, replace_first = true'
        transform = f"Replace {{ replace_field = a, {replaced} }}"
    else:
        source = f'LocalFile {{ path = x, file_format_type = parquet, file_filter_pattern = "{pattern}" }}'
    text = f"env {{ }}\nsource {{ {source} }}\ntransform {{ {transform} }}\nsink {{ Console {{ }} }}\n"
    found = check_text(text, "job.conf", ReadOptions()).diagnostics
    told = f'"{option}" is no regular expression that the local engine reads: {reason}'
    assert [(one.code, one.message, len(one.notes)) for one in found] == ([("J217", told, notes)] if reason else [])
    assert not [one for one in check_text(text, "job.conf", ReadOptions(), "flink").diagnostics if one.code == "J217"]
    literal = text.replace("is_regex = true", "is_regex = false")
    if option == "pattern":
        assert check_text(literal, "job.conf", ReadOptions()).diagnostics == ()


def test_columns_outside_of_fields_are_one_finding() -> None:
    """A schema whose columns lack their block; a misspelt block is an unknown option, as elsewhere."""
    text = "env {{ }}\nsource {{ FakeSource {{ schema {{ {} }} }} }}\nsink {{ Console {{ }} }}\n"
    [found] = check_text(text.format("a = int, b = string, c = date, d = int"), "job.conf", ReadOptions()).diagnostics
    assert (found.code, marked(found)) == ("J201", "a")
    assert found.message == ('columns of FakeSource\'s schema stand outside of its fields: "a", "b", "c" and 1 more')
    [misspelt] = check_text(text.format("feilds { a = int }"), "job.conf", ReadOptions()).diagnostics
    assert misspelt.notes == ('help: did you mean "fields"?',)


def test_the_name_of_a_plugin_in_any_case() -> None:
    """FAKESOURCE is FakeSource, and the job has the canonical name."""
    text = "env { }\nsource { FAKESOURCE { schema { fields { id = int } } } }\nsink { console { } }\n"
    job = valid(check_text(text, "job.conf", ReadOptions()))
    assert (job.sources[0].name, job.sinks[0].name) == ("FakeSource", "Console")


def test_json_and_hocon_say_the_same_job() -> None:
    """One job in three dialects is one job."""
    json_text = (
        '{"env": {"job.name": "n"}, "source": [{"plugin_name": "FakeSource", "row.num": 3, '
        '"schema": {"fields": {"id": "int"}}}], "sink": [{"plugin_name": "Console"}]}'
    )
    seatunnel = (
        "env { job.name = n }\nsource { FakeSource { row.num = 3, schema { fields { id = int } } } }\nsink { Console { } }"
    )
    block = "env { job.name = n }\nsource { FakeSource { row.num = 3, schema { fields { id = int } } } }\nsink { Console { } }"
    listed = json_text
    jobs = [
        valid(check_text(json_text, "a.json", ReadOptions())),
        valid(check_text(seatunnel, "a.conf", ReadOptions())),
        valid(check_text(block, "a.conf", ReadOptions(dialect=Dialect.HOCON))),
        valid(check_text(listed, "a.conf", ReadOptions(dialect=Dialect.HOCON))),
    ]
    assert all(job == jobs[0] for job in jobs)


def test_findings_come_in_the_order_of_the_text() -> None:
    """Whatever found them."""
    result = check("row.nums = 1\n    split.num = 0", env="paralelism = 1", sink="Console { log.print.dat = 1 }")
    starts = [found.primary.span.start for found in result.diagnostics if found.primary]
    assert starts == sorted(starts)
    assert len(starts) == 4


def test_a_value_that_came_through_a_reference_shows_both_places() -> None:
    """The value is marked where it is written, and a label says where it comes in."""
    found = only(
        check_text(
            "n = many\n" + JOB.format(env="", source="row.num = ${n}", transform="", sink="Console { }"),
            "job.conf",
            ReadOptions(),
        )
    )
    assert marked(found) == "many"
    assert [label.span.text for label in found.secondary] == ["${n}"]


def test_what_follows_from_an_unreadable_value_is_not_told() -> None:
    """An undefined reference is one finding: not also a wrong type, nor a missing option."""
    assert only(check("row.num = ${undefined_number}")).code == "I101"
    assert only(check(transform="Sql { query = ${undefined_query} }")).code == "I101"


def test_after_a_syntax_error_nothing_else_is_guessed() -> None:
    """A missing brace moves nothing that stands after it where the layout tells the place."""
    text = JOB.format(env="", source="row.num = 1", transform="", sink="Console { }").replace("  job.mode = BATCH", "  x {")
    assert {found.code for found in check_text(text, "job.conf", ReadOptions()).diagnostics} == {"S010", "J201"}  # x itself


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("file_format_type = parquet, compress_codec = zstd", []),
        ("file_format_type = csv, compress_codec = zstd", ["J204"]),
        ("file_format_type = csv, compress_codec = zipp", ["J204"]),
        ("file_format_type = csv, compress_codec = lzo", ["E803"]),
        ("file_format_type = parquet, compress_codec = lzo", ["E803"]),
        ('file_format_type = csv, field_delimiter = "||"', ["J205"]),
        ('file_format_type = csv, field_delimiter = "|"', []),
        ("file_format_type = csv, encoding = utf-8", []),
        ("file_format_type = csv, encoding = GBK", ["E803"]),
        ('file_format_type = csv, file_name_expression = "${now}"', ["J209"]),
        ('file_format_type = csv, file_name_expression = "a_${transactionId}"', []),
        ("file_format_type = csv, schema_save_mode = RECREATE_SCHEMA", ["E803"]),
    ],
)
def test_what_one_option_allows_depends_on_another(options: str, expected: list[str]) -> None:
    """Codecs and delimiters by file format, and what the local engine makes of them: one finding each."""
    result = check(sink=f"LocalFile {{ path = out, {options} }}")
    assert [found.code for found in result.diagnostics] == expected


def test_json_in_quotes_where_an_object_or_a_list_is_wanted() -> None:
    """SeaTunnel reads it, so it counts; what is nested absurdly deep stays a text, which is of the wrong type."""
    rest = "env {{ }}\nsource {{ FakeSource {{ schema {{ fields {{ id = int }} }} }} }}\nsink {{ Kafka {{ {} }} }}\n"

    def job(more: str) -> CheckResult:
        text = rest.format(f"topic = t, bootstrap.servers = k, {more}")
        return check_text(text, "job.conf", ReadOptions(), "seatunnel")

    given = job("""kafka.config = "{\\"acks\\": \\"all\\"}", partition_key_fields = "[\\"id\\"]" """)
    assert valid(given).sinks[0].options["kafka.config"] == {"acks": "all"}
    assert valid(given).sinks[0].options["partition_key_fields"] == ["id"]
    for hostile in ('kafka.config = """' + '{"a":' * 5000 + '"""', 'partition_key_fields = """' + "[" * 5000 + '"""'):
        assert [found.code for found in job(hostile).diagnostics] == ["J203"]


def test_a_finding_in_an_included_file_shows_where_that_came_in(tmp_path: Path) -> None:
    """The finding stands in the included file; a label leads to each include statement on the way."""
    (tmp_path / "inner.conf").write_text("source { FakeSource { row.nmu = 5, schema { fields { id = int } } } }\n")
    (tmp_path / "outer.conf").write_text('include "inner.conf"\n')
    job = tmp_path / "job.conf"
    job.write_text('env { job.mode = BATCH }\ninclude "outer.conf"\nsink { Console { } }\n')
    (found,) = check_file(job, ReadOptions(include_root=tmp_path)).diagnostics
    assert (found.code, Path(found.file).name) == ("J201", "inner.conf")
    shown = [(Path(label.span.source.name).name, label.span.text, label.message) for label in found.secondary]
    assert shown == [
        ("job.conf", 'include "outer.conf"', "included from here"),
        ("outer.conf", 'include "inner.conf"', "included from here"),
    ]


def test_a_label_in_another_form_is_a_finding() -> None:
    """Its schema has a pattern and no words of its own for it."""
    source = "source { FakeSource { plugin_output = rows, schema { fields { a = int } } } }"
    text = f'env {{ job.labels {{ team = "a\\u0007b" }} }}\n{source}\nsink {{ Console {{ plugin_input = rows }} }}\n'
    result = check_text(text, "job.conf", ReadOptions())
    assert [found.code for found in result.diagnostics if found.severity == "error"] == ["J209"]
