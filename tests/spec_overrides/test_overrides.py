"""Overrides: what a path means, what a value may be, and that the checks see the result as if the file said so."""

import pytest

from schemas.loader import PluginSchema
from spec.check import check_document
from spec.document import Dialect, ReadOptions, read_text
from spec.overrides import apply
from spec.overrides.apply import override, override_errors, shown_overrides
from spec.overrides.path import OverrideError, parse_path, split_assignment
from spec.position import MASK
from spec.value import to_plain

JOB = """
env { job.name = "orders", parallelism = 1, checkpoint { interval = 500 } }
source {
  FakeSource { plugin_output = "left", row.num = 5, schema { fields { id = bigint, name = string } } }
  FakeSource { plugin_output = "right", row.num = 5, rows = [{ kind = INSERT, fields = [1, "a"] }]
    schema { fields { id = bigint, name = string } } }
}
transform { FieldMapper { plugin_input = "left", plugin_output = "shaped", field_mapper { id = "a.b" } } }
sink { LocalFile { plugin_input = "shaped", path = "out", file_format_type = "json" }, Console { plugin_input = "right" } }
"""


def overridden(overrides, text=JOB, dialect=None):
    """The document as plain data after the overrides."""
    options = ReadOptions(dialect, {"n": "7"}, {}, None)
    return to_plain(override(read_text(text, "orders.conf", options), overrides, options).root)


def checked(overrides, text=JOB):
    """The check of the document after the overrides."""
    options = ReadOptions()
    return check_document(override(read_text(text, "orders.conf", options), overrides, options))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("env.parallelism=2", ("env", "parallelism")),
        ("source.FakeSource.row.num=10", ("source", "FakeSource", "row", "num")),
        ('transform.0.field_mapper."a.b=\\"c"=x=y', ("transform", "0", "field_mapper", 'a.b="c')),
        ("/sink/0/path=/tmp/a=b", ("sink", "0", "path")),
        ("/source/0/a~1b~0c=1", ("source", "0", "a/b~c")),
    ],
)
def test_paths_are_split_at_the_right_equals_sign(text, parts):
    """Dotted paths, quoted parts and JSON pointers; the value keeps its own equals signs."""
    path, value = split_assignment(text)
    assert parse_path(path) == parts
    assert text == f"{path}={value}"


@pytest.mark.parametrize("text", ["", "=1", "env.parallelism", "a b", '"x', ".=1"])
def test_what_is_no_assignment_is_refused(text):
    """A path, an equals sign, a value."""
    with pytest.raises(OverrideError, match="path=value"):
        split_assignment(text)


@pytest.mark.parametrize("path", ["env", "env..x", "env.", ".env", "/env", "/env//x", 'env."x', "env.a" * 300])
def test_what_is_no_path_is_refused(path):
    """At least a section and an option, no empty part."""
    with pytest.raises(OverrideError):
        parse_path(path)


@pytest.mark.parametrize(
    ("path", "value", "where", "expected"),
    [
        ("env.parallelism", "2", ("env", "parallelism"), 2),
        ("env.checkpoint.interval", "1000", ("env", "checkpoint", "interval"), 1000),
        ("env.job.mode", "STREAMING", ("env", "job.mode"), "STREAMING"),
        ("source.0.row.num", "10", ("source", 0, "row.num"), 10),
        ("source.right.row.num", "${n}", ("source", 1, "row.num"), "7"),
        ("/source/1/row.num", "10", ("source", 1, "row.num"), 10),
        ("source.right.rows.0.kind", "DELETE", ("source", 1, "rows", 0, "kind"), "DELETE"),
        ("source.right.rows.0.fields.1", '"b"', ("source", 1, "rows", 0, "fields", 1), "b"),
        ("source.left.schema.fields.id", "int", ("source", 0, "schema", "fields", "id"), "int"),
        ("source.left.split.num", "4", ("source", 0, "split.num"), 4),
        ('transform.FieldMapper.field_mapper."x.y"', "z", ("transform", 0, "field_mapper", "x.y"), "z"),
        ("sink.LocalFile.path", "/tmp/out", ("sink", 0, "path"), "/tmp/out"),
        ("sink.1.plugin_input", "[left, right]", ("sink", 1, "plugin_input"), ["left", "right"]),
        ("sink.0.path", "null", ("sink", 0, "path"), None),
    ],
)
def test_the_value_at_the_path_is_replaced_and_nothing_else(path, value, where, expected):
    """Existing keys however they are nested, new ones as one key, list items by number; the rest stays as it was."""
    before, after = overridden({}), overridden({path: value})
    inner = after
    for step in where:
        inner = inner[step]
    assert inner == expected
    for document in (before, after):
        block = document
        for step in where[:-1]:
            block = block[step]
        if isinstance(block, list):
            block[where[-1]] = None
        else:
            block.pop(where[-1], None)
    assert before == after


def test_overrides_add_up_in_order():
    """Several at once; a later one of the same place counts."""
    after = overridden({"source.left.row.num": "1", "/source/0/row.num": "2", "env.parallelism": "3"})
    assert (after["source"][0]["row.num"], after["env"]["parallelism"]) == (2, 3)


def test_an_env_block_is_made_where_there_is_none():
    """`env.option` works for a file without `env`."""
    text = JOB[JOB.index("source") :]
    assert overridden({"env.parallelism": "2"}, text)["env"] == {"parallelism": 2}


def test_the_other_dialects():
    """In general HOCON plugins are keys of their section and dotted keys are nested; in JSON sections are lists."""
    after = overridden({"sink.Console.log.print.data": "false"}, JOB.replace("LocalFile", "File"), Dialect.HOCON)
    assert after["sink"]["Console"]["log.print.data"] is False
    text = '{"env": {}, "source": [{"plugin_name": "FakeSource", "row.num": 1}], "sink": []}'
    assert overridden({"source.FakeSource.row.num": "2"}, text, Dialect.JSON)["source"][0]["row.num"] == 2


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("sorce.0.row.num", "no section", "did you mean source"),
        ("sink.LocalFiel.path", "no sink 'LocalFiel'", "did you mean LocalFile"),
        ("sink.7.path", "no sink '7'", "LocalFile"),
        ("source.FakeSource.row.num", "several plugins", "source.0, source.1"),
        ("sink.LocalFile", "names no option", "option"),
        ("source.right.rows.3.kind", "no item '3'", "it has 1"),
        ("source.right.rows.0.fields.1.x", "into a single value", ""),
    ],
)
def test_a_path_that_leads_nowhere(path, message, hint):
    """One sentence, and what may have been meant."""
    with pytest.raises(OverrideError, match=message) as refused:
        overridden({path: "1"})
    assert hint in refused.value.hint
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "value", ["", "{", "1, b = 2", "1\nb = 2", "a:b", "${missing}", "s3://x:1", '{ include "/etc/passwd" }']
)
def test_a_value_that_cannot_be_read(value):
    """Exactly one HOCON value, which includes nothing and refers to what there is."""
    with pytest.raises(OverrideError, match=r"the value of 'sink\.0\.path'"):
        overridden({"sink.0.path": value})


def test_the_schema_decides_about_option_and_value():
    """Wrong types and unknown options are found at the override, with a suggestion; in `env` too."""
    for path, value, message, note in (
        ("source.left.row.nums", "1", 'unknown option "row.nums"', "row.num"),
        ("env.paralelism", "2", 'unknown option "paralelism"', "parallelism"),
        ("env.parallelism", "many", "parallelism", ""),
        ("sink.LocalFile.file_format_type", "xsl", "file_format_type", ""),
    ):
        (found,) = override_errors(checked({path: value}).diagnostics)
        assert found.file == f"--set {path}"
        assert message in found.message
        assert note in " ".join(found.notes)
        assert found.primary.span.text.strip('"') in (path.split(".", 2)[-1], path.split(".", 1)[-1], value)
    result = checked({"source.left.row.num": "9", "env.parallelism": "2"})
    assert override_errors(result.diagnostics) == []
    assert (result.job.sources[0].options["row.num"], result.job.env.parallelism) == (9, 2)


def test_secret_values_are_not_shown(monkeypatch):
    """What a schema calls secret is masked, by any of its names; everything else is shown as it was given."""
    document = {"properties": {"password": {"writeOnly": True, "x-flowdeck-aliases": ["pass.word"]}, "path": {}}}
    monkeypatch.setattr(apply, "plugin_schema", lambda kind, name: PluginSchema(kind, name, document))  # none has a secret yet
    given = {"sink.0.password": "x", "/sink/0/pass.word": "y", "sink.0.path": "out", "env.parallelism": "2"}
    options = ReadOptions()
    root = override(read_text(JOB, "orders.conf", options), given, options).root
    assert shown_overrides(given, root) == {**given, "sink.0.password": MASK, "/sink/0/pass.word": MASK}
