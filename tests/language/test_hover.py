"""Hover: what is told of the thing at the cursor. `|` marks it."""

import pytest

from spec.language.hover import hover
from spec.language.markdown import code

JOB = """
source { FakeSource { plugin_output = "orders", schema { fields { id = bigint, price = "map<string, int>" } } } }
sink { Console { plugin_input = "orders" }, Console { plugin_input = "orders" } }
"""


@pytest.mark.parametrize(
    ("text", "word", "parts"),
    [
        ("source { Fake|Source {} }", "FakeSource", ["**FakeSource** · source", "- Engines: ", "`row.num`"]),
        ("sink { con|sole {} }", "console", ["**Console** · sink", "- Delivery: at-least-once"]),
        ("transform { X { plugin_name = S|ql } }", "Sql", ["**Sql** · transform", "- Required: `query`"]),
        ("source { FakeSource { row.n|um = 1 } }", "row.num", ["`row.num` · whole number", "- Default: `5`"]),
        ("source { FakeSource { row { nu|m = 1 } } }", "num", ["`row.num` · whole number"]),
        ("source { FakeSource { row.num = 1|0 } }", "10", ["`row.num` · whole number"]),
        ("env { job.m|ode = BATCH }", "job.mode", ["STREAMING", '- Default: `"BATCH"`']),
        ("env { checkpoint { inter|val = 1 } }", "interval", ["`checkpoint.interval`", "- Unit: milliseconds"]),
        ("sink { Console { source_table_n|ame = x } }", "source_table_name", ["`plugin_input`", "`source_table_name`"]),
        ("sou|rce { }", "source", ["Where the data comes from"]),
        ("en|v { }", "env", ["Settings of the whole job"]),
        ("day = 1\nx = ${da|y}", "${day}", ["defined in line 1 of `job.conf`", "`day = 1`"]),
        ("x = ${da|y}", "${day}", ["not defined in this file", "an error when there is none"]),
        ("x = ${?da|y}", "${?day}", ["left out when there is none"]),
        ('env { job.name = "${da|y:today}" }', "${day:today}", ["-i day=VALUE", "`today` when it is not given"]),
        ('sink { Jdbc { q = "${table_n|ame}" } }', "${table_name}", ["filled in for each table"]),
        (
            'sink { Console { plugin_input = "no|ne" } }',
            "none",
            ["dataset `none`", "- Nothing makes it", "- Read by: sink `Console`"],
        ),
        (
            JOB.replace('output = "orders"', 'output = "ord|ers"'),
            "orders",
            ["- Made by: source `FakeSource`", "- Read by: sink `Console`, sink `Console`", "| `id` | `bigint` |"],
        ),
    ],
)
def test_what_is_told(at, text, word, parts):
    """Plugins, options by any of their names, sections, datasets with their columns, references and placeholders."""
    found = hover(*at(text))
    assert found is not None
    assert found.span.text == word
    assert [part for part in parts if part not in found.markdown] == []


def test_a_column(at):
    """A column in a query or an option has its type and its dataset."""
    text = JOB.replace(
        "sink {", 'transform { Sql { plugin_input = "orders", plugin_output = b, query = "select PRI|CE from x" } }\nsink {'
    )
    found = hover(*at(text))
    assert found is not None
    assert found.markdown == "column `price` `map<string, int>` of dataset `orders`"


def test_secrets_are_not_shown(at):
    """The value of a key is masked where a check found it to be a secret."""
    known, offset = at("pass = swordfish\nx = ${pa|ss}")
    start = known.view.text.index("swordfish")
    known.view.source.hide(start, start + len("swordfish"))
    found = hover(known, offset)
    assert found is not None
    assert "`pass = ********`" in found.markdown


@pytest.mark.parametrize("text", ["|", "x| = 1", "env { non|sense = 1 }", "# en|v", "source { No|thing { } }", "env { } |"])
def test_nothing_to_tell(at, text):
    """Nothing is told of what nothing is known."""
    assert hover(*at(text)) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "`a`"),
        ("a`b", "`` a`b ``"),
        ("``", "``` `` ```"),
        ("a\nb\x1b[31m", "`a\\x0ab\\x1b[31m`"),
        ("\u202ex", "`\\u202ex`"),
    ],
)
def test_text_from_files_stays_text(text, shown):
    """What comes from a file is shown as code that cannot break out, on one line, with nothing that hides or moves."""
    assert code(text) == shown


def test_long_text_is_cut():
    """Nobody reads ten thousand characters in a hover."""
    assert len(code("x" * 10_000)) < 250
