"""Definitions, references and renames of datasets, references and columns. `|` marks the cursor."""

import pytest

from spec.document import Dialect
from spec.language.navigation import RenameRefused, find_definition, find_references, rename, renameable

JOB = """
day = "2024-01-01"
source { FakeSource { plugin_output = "orders", schema { fields { id = bigint, price = int } } } }
transform {
  Sql { plugin_input = "orders", plugin_output = clean, query = "select id, price from orders" }
  Filter { source_table_name = ["clean"], result_table_name = "kept", include_fields = [id] }
}
sink {
  Console { plugin_input = "kept, clean" }
  LocalFile { plugin_input = "kept", path = "out/"${day}, file_format_type = "json" }
}
"""


def marked_in(text, at_text, mark):
    """``text`` with a cursor at the ``|`` of ``mark``, which says what stands around it."""
    plain = mark.replace("|", "")
    assert text.count(plain) == 1, plain
    return at_text(text.replace(plain, mark))


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ('plugin_input = "ord|ers"', "orders"),
        ('plugin_input = "|kept, clean"', "kept"),
        ('"kept, clea|n"', "clean"),
        ('["clea|n"]', "clean"),
        ("from or|ders", "orders"),
        ("${da|y}", "day"),
        ("select id, pr|ice", "price"),
        ("[i|d]", "id"),
    ],
)
def test_definition(at, mark, expected):
    """A dataset is defined where it is made, a reference by the key it names, a column where a schema declares it."""
    known, offset = marked_in(JOB, at, mark)
    (found,) = find_definition(known, offset)
    assert found.text == expected
    assert found.start < offset


def test_references(at):
    """Every mention of a dataset, inside lists, several in one text, and queries; only the maker is the definition."""
    known, offset = marked_in(JOB, at, "= cle|an")
    found = find_references(known, offset)
    assert [(known.view.source.line_column(each.span.start)[0], each.is_definition) for each in found] == [
        (5, True),
        (6, False),
        (9, False),
    ]
    assert {each.span.text for each in found} == {"clean"}


def test_references_of_a_key(at):
    """A key and each ``${...}`` that names it, optional or not; text in quotes is no reference to a key."""
    known, offset = at('da|y = 1\nenv { a = ${day}, b = ${?day}, c = "${day}", d = ${days} }')
    assert [each.span.text for each in find_references(known, offset)] == ["day", "${day}", "${?day}"]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (Dialect.SEATUNNEL, "base { path = 1 }\nx = ${base->pa|th}"),
        (Dialect.SEATUNNEL, "base->path = 1\nx = ${base->pa|th}"),
        (Dialect.HOCON, "base { path = 1 }\nx = ${base.pa|th}"),
        (Dialect.HOCON, "base.path = 1\nx = ${base.pa|th}"),
    ],
)
def test_paths(at, dialect, text):
    """A path leads to the key at its end, however it is written."""
    known, offset = at(text, dialect)
    assert [span.text for span in find_definition(known, offset)] == ["path"]


def renamed(known, offset, name):
    """The text after the rename."""
    text = known.view.text
    for edit in sorted(rename(known.view, offset, name), key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def test_rename_a_dataset(at):
    """Everywhere at once, and nothing else: not a longer name, not a text of the same letters."""
    known, offset = marked_in(JOB + 'x = "clean", cleaner = 1\n', at, "= cle|an")
    expected = JOB.replace("= clean", "= tidy").replace('["clean"]', '["tidy"]').replace("kept, clean", "kept, tidy")
    assert renamed(known, offset, "tidy") == expected + 'x = "clean", cleaner = 1\n'


def test_rename_adds_quotes_where_needed(at):
    """A name that cannot stand alone gets quotes, what is in quotes keeps them, and a query is only changed to a plain name."""
    known, offset = marked_in(JOB, at, "= cle|an")
    assert '= "very clean"' in renamed(known, offset, "very clean")
    known, offset = marked_in(JOB, at, 'output = "ord|ers"')
    assert 'price from paid"' in renamed(known, offset, "paid")
    assert 'price from orders"' in renamed(known, offset, "paid orders")
    assert 'plugin_input = "say \\"hi\\""' in renamed(known, offset, 'say "hi"')


def test_rename_a_key(at):
    """A key that is referred to, and its references."""
    known, offset = marked_in(JOB, at, "${d|ay}")
    assert renamed(known, offset, "date") == JOB.replace("day =", "date =").replace("${day}", "${date}")


@pytest.mark.parametrize("name", ["", "  ", "a,b", "a\nb", "${x}", "kept"])
def test_names_that_no_dataset_can_have(at, name):
    """A name that is taken, or that would not be read as one, is refused with a reason."""
    known, offset = marked_in(JOB, at, "= cle|an")
    with pytest.raises(RenameRefused):
        rename(known.view, offset, name)


@pytest.mark.parametrize(
    "text",
    [
        "sink { Console { plugin_input = elsewh|ere } }",
        "en|v { parallelism = 1 }",
        "env { paralle|lism = 1 }",
        "x = 1\ny = ${en|v}\nenv { a = 1 }",
        "base { pa|th = 1 }\nx = ${base->path}",
        "x| = 1",
        "# comm|ent",
    ],
)
def test_what_cannot_be_renamed(at, text):
    """Datasets of other files, options, sections, paths and keys that nothing refers to stay as they are."""
    known, offset = at(text)
    assert renameable(known.view, offset) is None
    with pytest.raises(RenameRefused):
        rename(known.view, offset, "new")
