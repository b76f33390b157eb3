"""Colours and hints: what each word is, and the columns beside the plugins that make them."""

from itertools import pairwise

import pytest

from spec.document import Dialect
from spec.language.highlighting import highlights
from spec.language.hints import hints
from tui.language_server.colouring import _encoded
from tui.language_server.documents import OpenDocument

JOB = """# note
day = 1
source { FakeSource { plugin_output = "rows", schema { fields { id = bigint, name = string } } } }
sink { Console { plugin_input = [rows], log.print.data = true } }
"""


@pytest.mark.parametrize(
    ("word", "highlight"),
    [
        ("# note", "COMMENT"),
        ("source", "SECTION"),
        ("FakeSource", "PLUGIN"),
        ("plugin_output", "KEY"),
        ('"rows"', "DATASET"),
        ("rows", "DATASET"),
        ("bigint", "TEXT"),
        ("1", "NUMBER"),
        ("true", "CONSTANT"),
    ],
)
def test_what_a_word_is(at, word, highlight):
    """Keys, plugins and datasets are told apart from other texts."""
    known, _ = at(JOB + "|")
    found = {known.view.text[each.start : each.end]: each.highlight.name for each in highlights(known.view)}
    assert found[word] == highlight


def test_words_in_json_and_references(at):
    """A plugin in a list goes by its plugin_name; `${x}` and `include` are what they are."""
    known, _ = at('{"sink": [{"plugin_name": "Console"}]}|', Dialect.JSON)
    assert [each.highlight.name for each in highlights(known.view)] == ["SECTION", "KEY", "PLUGIN"]
    known, _ = at('include "x.conf"\na = ${?b}|')
    assert [each.highlight.name for each in highlights(known.view)] == ["SECTION", "TEXT", "KEY", "SUBSTITUTION"]


def test_words_are_in_order_and_apart(at):
    """The protocol counts from word to word."""
    known, _ = at(JOB + "|")
    found = list(highlights(known.view))
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_a_text_of_several_lines_is_sent_line_by_line():
    """Five numbers for each piece: lines and code units since the one before, its length, its kind; empty lines have none."""
    text = 'q = """a\r\n\n  😀 b"""'
    document = OpenDocument("file:///a.conf", "hocon", 1, text, "utf-16")
    data = list(_encoded(document, highlights(document.view)))
    assert [tuple(data[at : at + 3]) for at in range(0, len(data), 5)] == [(0, 0, 1), (0, 4, 4), (2, 0, 9)]


def test_hints(at):
    """The columns stand behind the name of the dataset, only in the lines asked for; many are counted instead of listed."""
    known, _ = at(JOB + "|")
    behind = JOB.index('"rows"') + len('"rows"')
    assert list(hints(known, 0, len(JOB))) == [(behind, "id bigint, name string")]
    assert list(hints(known, 0, 10)) == []
    many = ", ".join(f"a_column_{number} = int" for number in range(50))
    (hint,) = hints(at(JOB.replace("id = bigint", many) + "|")[0], 0, len(JOB))
    assert hint.text.endswith(" more")
    assert len(hint.text) < 100
