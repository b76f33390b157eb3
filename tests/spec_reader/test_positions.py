"""Every value and key knows exactly where it was written and how it came to its place."""

from __future__ import annotations

from spec.document import Dialect, ReadOptions, read_text
from spec.value import Field, ListValue, ObjectValue, Scalar, Value

TEXT = """\
env {
  job.mode = "BATCH" # comment
  parallelism = 2
}
base = { x = 1, y = [a b, "c"] }
source {
  Fake {
    schema = { fields { "id" = int } }
    copied = ${base}
    text = "n"${base->x}"m"
  }
}
"""


def document(text: str = TEXT, **variables: str) -> ObjectValue:
    """The root of a job file."""
    root = read_text(text, "job.conf", ReadOptions(variables=variables, environment={"E": "env"})).root
    assert isinstance(root, ObjectValue)
    return root


def find(root: Value, *path: str | int) -> Value:
    """The value under keys and indexes."""
    for step in path:
        if isinstance(step, int):
            assert isinstance(root, ListValue)
            root = root.items[step]
        else:
            assert isinstance(root, ObjectValue)
            found = root.get(step)
            assert found is not None
            root = found
    return root


def key(root: Value, *path: str | int) -> Field:
    """The field under keys and indexes."""
    holder = find(root, *path[:-1])
    assert isinstance(holder, ObjectValue)
    found = holder.field(str(path[-1]))
    assert found is not None
    return found


def test_spans_cover_exactly_the_value() -> None:
    """Scalars with their quotes, blocks from brace to brace, several words as one."""
    root = document()
    assert find(root, "env", "job.mode").span.text == '"BATCH"'
    assert find(root, "env", "parallelism").span.text == "2"
    assert find(root, "base").span.text == '{ x = 1, y = [a b, "c"] }'
    assert find(root, "base", "y", 0).span.text == "a b"
    assert find(root, "source", 0, "schema", "fields").span.text == '{ "id" = int }'
    assert find(root, "source").span.text.startswith("{\n  Fake")
    assert find(root, "source", 0).span.text.startswith("{\n    schema")


def test_key_spans_cover_exactly_the_key() -> None:
    """Quotes included, operator and whitespace not."""
    root = document()
    assert key(root, "env", "job.mode").key_span.text == "job.mode"
    assert key(root, "source", 0, "schema", "fields", "id").key_span.text == '"id"'
    assert key(root, "source").key_span.text == "source"


def test_positions_are_one_based_lines_and_columns() -> None:
    """In characters of the decoded text."""
    root = document('a = "é😀" # x\n  b = 1\n')
    assert find(root, "a").span.start_position() == (1, 5)
    assert find(root, "a").span.end_position() == (1, 9)
    assert key(root, "b").key_span.start_position() == (2, 3)


def test_each_part_of_a_path_key_has_its_own_span() -> None:
    """The objects on the way begin at their part of the path."""
    root = read_text('a."b c".d = [1]', "x", ReadOptions(dialect=Dialect.HOCON)).root
    assert root is not None
    assert key(root, "a").key_span.text == "a"
    assert key(root, "a", "b c").key_span.text == '"b c"'
    assert key(root, "a", "b c", "d").key_span.text == "d"
    assert find(root, "a").span.text == '"b c".d = [1]'
    assert find(root, "a", "b c").span.text == "d = [1]"


def test_the_key_that_won_is_the_last_one() -> None:
    """Also where objects are merged."""
    text = "a = 1\na = 2\no { x = 1 }\no { y = 2 }\n"
    root = document(text)
    assert key(root, "a").key_span.start_position() == (2, 1)
    assert find(root, "a").span.text == "2"
    assert key(root, "o").key_span.start_position() == (4, 1)
    assert find(root, "o").span.text == "{ y = 2 }"
    assert key(root, "o", "x").key_span.start_position() == (3, 5)


def test_a_value_through_a_reference_keeps_its_own_span_and_remembers_the_reference() -> None:
    """Every value of a copied block, not only the block."""
    root = document()
    copied = find(root, "source", 0, "copied")
    assert copied.span.text == '{ x = 1, y = [a b, "c"] }'
    for value in (copied, find(copied, "x"), find(copied, "y"), find(copied, "y", 1)):
        assert [span.text for span in value.via] == ["${base}"]
    assert find(root, "base", "x").via == ()


def test_a_chain_of_references_is_listed_outermost_first() -> None:
    """The way from the use to the text."""
    root = document("a = ${b}\nb = ${c->d}\nc { d = 1 }\n")
    assert [span.text for span in find(root, "a").via] == ["${b}", "${c->d}"]
    assert find(root, "a").span.start_position() == (3, 9)


def test_joined_text_has_the_span_of_the_whole() -> None:
    """It is written where its pieces are."""
    value = find(document(), "source", 0, "text")
    assert isinstance(value, Scalar)
    assert (value.data, value.span.text, value.via) == ("n1m", '"n"${base->x}"m"', ())


def test_merged_blocks_keep_the_way_of_each_field() -> None:
    """A field from the reference knows it, a field of the block itself does not."""
    root = document("d { x = 1, y = 1 }\na = ${d} { y = 2 }\n")
    assert [span.text for span in find(root, "a", "x").via] == ["${d}"]
    assert find(root, "a", "y").via == ()
    assert find(root, "a", "y").span.text == "2"


def test_appended_items_have_their_own_spans() -> None:
    """Each where it was written."""
    root = document("l = [1]\nl += 2\n")
    assert [find(root, "l", index).span.start_position()[0] for index in (0, 1)] == [1, 2]


def test_variables_and_the_environment_are_sources_of_their_own() -> None:
    """The span is outside of the file, the reference is the way there; the environment's value is not in any text."""
    root = document("a = ${v}\nb = ${E}\nc = ${l}\n", v="1", l="[x,yz]")
    a, b, second = find(root, "a"), find(root, "b"), find(root, "c", 1)
    assert (a.span.source.name, a.span.source.text, a.span.text) == ("<-i>", "v=1", "1")
    assert (b.span.source.name, b.span.text) == ("<environment>", "E")
    assert (second.span.source.text, second.span.text) == ("l=[x,yz]", "yz")
    assert [[span.text for span in value.via] for value in (a, b)] == [["${v}"], ["${E}"]]


def test_a_filled_placeholder_keeps_the_span_of_its_string() -> None:
    """The string in the file is where to look."""
    value = find(document('a = "x ${v}"', v="1"), "a")
    assert isinstance(value, Scalar)
    assert (value.data, value.span.text) == ("x 1", '"x ${v}"')


def test_fields_stand_in_the_order_of_the_text() -> None:
    """The first mention decides."""
    assert list(document("b = 1\na = 2\nb = 3\n").keys()) == ["b", "a"]
