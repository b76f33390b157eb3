"""Completion: what is proposed at each kind of place, and how it is written there. `|` marks the cursor."""

import pytest

from spec.document import Dialect
from spec.language.completion import complete
from spec.language.completion_item import Kind

WIRED = """
source {
  FakeSource { plugin_output = "orders", schema { fields { id = bigint, price = "decimal(8, 2)" } } }
  FakeSource { plugin_output = customers, schema { fields { id = bigint } } }
}
"""
SCHEMA = "source {{ FakeSource {{ schema {{ fields {{ a = {} }} }} }} }}"
INPUT = 'sink {{ Console {{ plugin_input = "{}" }} }}'
JSON = '{"source": [{"plugin_name": "FakeSource", %s}]}'


def labels(known, offset):
    """What is proposed, in order."""
    return [completion.label for completion in complete(known, offset)]


def accepted(known, offset, label):
    """The text after accepting the proposal of that label, with `|` where one goes on writing."""
    completion = next(found for found in complete(known, offset) if found.label == label)
    text, span = known.view.text, completion.span
    caret = completion.text[: completion.caret] + "|" + completion.text[completion.caret :]
    return text[: span.start] + caret + text[span.end :]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|", ["env", "source", "transform", "sink"]),
        ("env {}\n|", ["source", "transform", "sink"]),
        ("env {}\nso|\nsink {}", ["source", "transform"]),
        ("env { job.m| }", "job.mode"),
        ("env {\n  parallelism = 2\n  |\n}", "job.name"),
        ("env { checkpoint { | } }", "interval"),
        ("source { Fa| }", "FakeSource"),
        ("source {\n  |\n}", "FakeSource"),
        ("transform { | }", "Sql"),
        ("source { fakesource { row| } }", "row.num"),
        ("source { FakeSource { row { n| } } }", "num"),
        ("source { FakeSource { schema { | } } }", "fields"),
        ("source { FakeSource { schema.| } }", "schema"),
        ("sink { Assert { rules { row_rules = [ { | } ] } } }", "rule_type"),
        ("sink { Nowhere { | } }", "plugin_input"),
        ("source { Any { plugin_name = FakeSource, | } }", "row.num"),
    ],
)
def test_keys(at, text, expected):
    """Sections, plugins and options where a key is due."""
    found = labels(*at(text))
    assert found == expected if isinstance(expected, list) else expected in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env { job.mode = | }", ["BATCH", "STREAMING"]),
        ('env { job.mode = "S|" }', ["BATCH", "STREAMING"]),
        ("sink { Console { log.print.data = | } }", ["true", "false"]),
        ("sink { Assert { rules { row_rules = [ { rule_type = | } ] } } }", ["MIN_ROW", "MAX_ROW"]),
        (WIRED + "sink { Console { plugin_input = | } }", ["orders", "customers"]),
        (WIRED + 'sink { Console { plugin_input = "ord|" } }', ["orders", "customers"]),
        (WIRED + 'sink { Console { plugin_input = ["orders", |] } }', ["orders", "customers"]),
        (WIRED + 'sink { Console { source_table_name = "|" } }', ["orders", "customers"]),
        (WIRED + 'transform { Copy { plugin_output = "copy", plugin_input = | } }', ["orders", "customers"]),
        ("day = 1\nbase { path = x }\nenv { job.name = ${| }", ["${day}", "${base}", "${base->path}"]),
        ("day = 1\nenv { job.name = $| }", ["${day}"]),
        ("env { job.name = | }", ["orders"]),
        (WIRED + 'transform { Filter { plugin_input = "orders", include_fields = [|] } }', ["id", "price"]),
        (WIRED + 'transform { FieldMapper { plugin_input = "orders", field_mapper { | } } }', ["id", "price"]),
        (WIRED + 'transform { FieldMapper { plugin_input = "orders", field_mapper { price = | } } }', []),
        (WIRED + 'transform { Copy { plugin_input = "orders", fields { other = | } } }', ["id", "price"]),
        (WIRED + 'transform { Copy { plugin_input = "orders", fields { | } } }', []),
        (WIRED + "sink { Assert { plugin_input = orders, rules { field_rules = [{ field_name = | }] } } }", ["id", "price"]),
        (
            WIRED + 'transform { Sql { plugin_input = "orders", plugin_output = "x", query = "select pr| from orders" } }',
            ["id", "price", "orders"],
        ),
    ],
)
def test_values(at, text, expected):
    """Enum values, switches, datasets, references and columns where a value is due."""
    assert labels(*at(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "# a comm|ent",
        "env { parallelism = 2 } // |",
        "source { FakeSource { plugin_output = | } }",
        "source { FakeSource | { } }",
        "other { | }",
        "env { nonsense { | } }",
    ],
)
def test_nothing(at, text):
    """Nothing is proposed in comments, for new names, and where nothing is known."""
    assert labels(*at(text)) == []


def test_types_of_columns(at):
    """The names of types stand where a column's type is due, in both ways of writing a schema."""
    assert "bigint" in labels(*at("source { FakeSource { schema { fields { id = | } } } }"))
    assert "bigint" in labels(*at('source { FakeSource { schema { columns = [ { name = id, type = "|" } ] } } }'))


def test_what_is_there_is_not_proposed_again(at):
    """Options that the block has, by whichever of their names, are left out; the one the cursor is in stays."""
    found = labels(*at('sink { Console { source_table_name = "x", log.print.data = true, | } }'))
    assert "plugin_input" not in found
    assert "log.print.data" not in found
    assert "plugin_name" not in found
    assert "log.print.data" in labels(*at("sink { Console { log.print.da| = true } }"))


def test_required_options_come_first(at):
    """What must be given is proposed before what may be."""
    assert labels(*at("transform { FieldMapper { | } }"))[0] == "field_mapper"


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("so|", "source", "source {\n  |\n}"),
        ("source { Fa| }", "FakeSource", "source { FakeSource {\n  |\n} }"),
        ("sink { Console { plug| } }", "plugin_input", "sink { Console { plugin_input = [|] } }"),
        ("source { FakeSource { plug| } }", "plugin_output", 'source { FakeSource { plugin_output = "|" } }'),
        ("source { FakeSource { ro| } }", "row.num", "source { FakeSource { row.num = | } }"),
        ("source { FakeSource { ro| = 5 } }", "row.num", "source { FakeSource { row.num| = 5 } }"),
        ("env { job.mode = | }", "BATCH", 'env { job.mode = "BATCH"| }'),
        ("env { job.mode = B| }", "BATCH", 'env { job.mode = "BATCH"| }'),
        ('env { job.mode = "x|y" }', "BATCH", 'env { job.mode = "BATCH|" }'),
        ('env { job.mode = "S|', "BATCH", 'env { job.mode = "BATCH|'),
        (
            "source { FakeSource { schema { fields { a = in| } } } }",
            "int",
            "source { FakeSource { schema { fields { a = int| } } } }",
        ),
        ("x = 1\ny = ${|", "${x}", "x = 1\ny = ${x}|"),
        ("x = 1\ny = ${|}", "${x}", "x = 1\ny = ${x}|"),
        (
            WIRED + 'sink { Console { plugin_input = "orders, c|" } }',
            "customers",
            WIRED + 'sink { Console { plugin_input = "orders, customers|" } }',
        ),
    ],
)
def test_how_it_is_written(at, text, label, expected):
    """An accepted proposal replaces the word there and brings the quotes, operators and braces that are missing."""
    assert accepted(*at(text), label) == expected


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("{|}", "source", '{"source": [\n  |\n]}'),
        ('{"en|"}', "env", '{"env": {\n  |\n}}'),
        ('{"source": [{|}]}', "plugin_name", '{"source": [{"plugin_name": "|"}]}'),
        ('{"source": [{"plugin_name": "Fa|"}]}', "FakeSource", '{"source": [{"plugin_name": "FakeSource|"}]}'),
        (
            '{"source": [{"plugin_name": "FakeSource", "ro|"}]}',
            "row.num",
            '{"source": [{"plugin_name": "FakeSource", "row.num": |}]}',
        ),
        (
            '{"source": [{"plugin_name": "FakeSource", "ro|": 5}]}',
            "row.num",
            '{"source": [{"plugin_name": "FakeSource", "row.num"|: 5}]}',
        ),
        ('{"env": {"job.mode": |}}', "BATCH", '{"env": {"job.mode": "BATCH"|}}'),
    ],
)
def test_in_json(at, text, label, expected):
    """JSON files get JSON."""
    assert accepted(*at(text, Dialect.JSON), label) == expected


def test_in_general_hocon(at):
    """Where dots make paths, they lead into sections and options too."""
    assert "row.num" in labels(*at("source.FakeSource { | }", Dialect.HOCON))
    assert labels(*at("env.job.mode = |", Dialect.HOCON)) == ["BATCH", "STREAMING"]


@pytest.mark.parametrize(
    "text",
    [
        "source {\n  FakeSource {\n    ro|\n    schema { fields { id = int } }\n  }\n}\nsink { Console { } }",
        "source {\n  FakeSource {\n    |\n\nsink {\n  Console { }\n}\n",
        'source {\n  FakeSource {\n    plugin_output = "a\n    |\n  }\n}\n',
        "source {\n  FakeSource {\n    row.num = \n    |\n  }\n}\n",
        "source {\n  FakeSource {\n    x = [1, 2\n  }\n  FakeSource { |",
    ],
)
def test_in_unfinished_text(at, text):
    """Missing braces, quotes and values around the cursor do not hide where it stands."""
    assert "split.num" in labels(*at(text))


def test_a_missing_brace_leaves_the_sections_below_alone(at):
    """While a block above is open, the datasets of the sections below are still known."""
    text = (
        'source {\n  FakeSource {\n    plugin_output = "a"\n\n'
        'transform {\n  Copy { plugin_input = "a", plugin_output = "b" }\n}\n'
        'sink {\n  Console { plugin_input = "|" }\n}\n'
    )
    assert labels(*at(text)) == ["a", "b"]


def test_documentation_comes_along(at):
    """A proposed option brings its documentation and its default; a plugin is what its section says."""
    known, offset = at("source { FakeSource { | } }")
    found = next(completion for completion in complete(known, offset) if completion.label == "row.num")
    assert found.kind is Kind.OPTION
    assert "default 5" in found.detail
    assert "- Default: `5`" in found.documentation
    assert all(plugin.kind is Kind.PLUGIN and plugin.detail == "sink" for plugin in complete(*at("sink { | }")))
