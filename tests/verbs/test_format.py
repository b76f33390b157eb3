"""The canonical layout: what it looks like, and that nothing but the layout ever changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.document import Dialect, ReadOptions, read_text
from spec.format.format import format_text
from spec.position import SourceText
from spec.syntax import kinds
from spec.syntax.tokens import tokenize
from spec.value import to_plain

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"


def formatted(text: str, name: str = "job.conf") -> str:
    """The canonical layout of a text that has one."""
    result = format_text(text, name)
    assert result.text is not None, result.diagnostics
    return result.text


def comments(text: str) -> list[str]:
    """The comments of a text in order."""
    tokens = tokenize(SourceText("text", text))
    return [tokens.text(index).rstrip() for index, kind in enumerate(tokens.kinds) if kind == kinds.COMMENT]


def meaning(text: str, dialect: Dialect) -> object:
    """What a text resolves to, and what is said about it, positions aside."""
    environment = {"HOME": "/home", "name": "n"}
    document = read_text(text, "text", ReadOptions(dialect=dialect, environment=environment, variables={"x": "1"}))
    found = sorted((diagnostic.code, diagnostic.message) for diagnostic in document.diagnostics)
    return (to_plain(document.root) if document.root is not None else None, found)


def documents() -> Iterator[Path]:
    """Every job file beside and in the project."""
    samples = [*ROOT.glob("samples/*.*"), *ROOT.glob("samples/mistakes/*.*")]
    for path in sorted([*CORPUS.rglob("*.*"), *samples]):
        if path.suffix in (".conf", ".json") and ".parsed" not in path.name and path.name != "manifest.json":
            yield path


LAYOUTS = [
    ("a:1\nb  =  2", "a = 1\nb = 2\n"),
    ("a={b=1}", "a { b = 1 }\n"),
    ("a {\nb=1,c=2}", "a {\n  b = 1\n  c = 2\n}\n"),
    ("a\n{\n}", "a {}\n"),
    ("a += {b=1}", "a += { b = 1 }\n"),
    ("{a=1}", "{\n  a = 1\n}\n"),
    ("\n\n\na=1\n\n\n\nb=2\n\n", "a = 1\n\nb = 2\n"),
    ("a{\n\n b=1\n\n}\nc=1", "a {\n  b = 1\n}\n\nc = 1\n"),
    ("a = [1,2 , 3,]", "a = [1, 2, 3]\n"),
    ("a = [\n1,2\n3]", "a = [\n  1, 2,\n  3\n]\n"),
    ("a = [{b=1},\n{b=2}]", "a = [\n  { b = 1 },\n  { b = 2 }\n]\n"),
    ("a = [{\nb=1},{b=2}]", "a = [\n  {\n    b = 1\n  },\n  { b = 2 }\n]\n"),
    ("a = ${x}  /y [1]", "a = ${x}  /y [1]\n"),
    ("a = ${x}[1]{b=1}", "a = ${x} [1] { b = 1 }\n"),
    ("a = ${x} {\nb = 1}", "a = ${x} {\n  b = 1\n}\n"),
    ('include   required( file( "x.conf" ) )', 'include required(file("x.conf"))\n'),
    ("a b . c = d  e", "a b . c = d  e\n"),
    ('a = """x  \r\n y"""   # c  ', 'a = """x  \r\n y"""  # c\n'),
    ("a = 1 # one\nlonger = 2 // two\n\nb = 3 # three", "a = 1       # one\nlonger = 2  // two\n\nb = 3  # three\n"),
    ("a { # opening\nb = 1\n# last\n}\n# end", "a {  # opening\n  b = 1\n  # last\n}\n\n# end\n"),
    ("a = # why\n  1", "# why\na = 1\n"),
    ("a = [ # why\n 1, # one\n # two\n 2 ]", "a = [  # why\n  1,  # one\n  # two\n  2\n]\n"),
    ("a = {\n# only this\n}", "a {\n  # only this\n}\n"),
    ("", ""),
    ("# only a comment", "# only a comment\n"),
    ("\ufeffa\u00a0=\t1\r\n", "a = 1\n"),
    ('{"a":1,"b":{"c":[1,2]}}', '{\n  "a": 1,\n  "b": {"c": [1, 2]}\n}\n'),
    ("[]", "[]\n"),
]


@pytest.mark.parametrize(("text", "expected"), LAYOUTS)
def test_the_layout(text: str, expected: str) -> None:
    """One layout for what was written in many."""
    assert formatted(text) == expected
    assert formatted(expected) == expected


def test_what_is_too_long_is_broken() -> None:
    """A block gets a line for each field, a list of texts full lines, a list of blocks a line each; the outermost first."""
    words = ", ".join(f"word{number:02}" for number in range(20))
    blocks = ", ".join(f"{{ number = {number}, word = word }}" for number in range(4))
    lines = formatted(f"a {{ words = [{words}], blocks = [{blocks}] }}").split("\n")
    assert lines[0] == "a {"
    assert lines[1] == "  words = ["
    assert all(len(line) <= 100 for line in lines)
    assert "    { number = 3, word = word }" in lines


def test_lines_with_silenced_findings_stay_lines() -> None:
    """A comment that silences findings is about a line: what stands on it stays on it."""
    fields = ", ".join(f"option_number_{number} = {number}" for number in range(6))
    comment = "# flowdeck: ignore[J201]"
    for text in (
        f"a {{ {fields} }}  {comment}\n",
        f"{comment}\na {{ {fields} }}\n",
        f"a {{\n  b = 1, c = 2  {comment}\n  d = 3\n}}\n",
        f"a = [{fields.replace(' = ', '_')}]  {comment}\n",
    ):
        assert formatted(text) == text
    assert formatted(f"a {{ {fields} }}  # note\n") != f"a {{ {fields} }}  # note\n"


@pytest.mark.parametrize(
    "text",
    [
        "# flowdeck: ignore[J201]\na=1,a\t:\n { # note\n} # flowdeck: ignore[J201]\n",
        "a=1,b=2,c = # flowdeck: ignore[J201]\n 3",
        " # flowdeck: ignore[J201]\na={a=1\na=1\na=1,a=1} # flowdeck: ignore[J201]\n",
        'a=1,include # flowdeck: ignore[J201]\n "x"',
    ],
)
def test_lines_that_cannot_stay_lines_are_laid_out_as_any_other(text: str) -> None:
    """Where a silenced line opens a block, or ends inside a field; found by the generated documents below."""
    assert formatted(formatted(text)) == formatted(text)


def test_a_text_that_cannot_be_broken_stays() -> None:
    """A long string is no reason to do anything."""
    text = f'a {{\n  query = "{"x" * 200}"\n}}\n'
    assert formatted(text) == text


def test_the_documented_layout_is_the_layout() -> None:
    """The example in docs/formatting.md is what fmt makes of it."""
    _, _, rest = (ROOT / "docs" / "formatting.md").read_text().partition("```hocon\n")
    example = rest.partition("```")[0]
    assert formatted(example) == example


def test_samples_are_in_the_layout() -> None:
    """What users read first looks like what fmt makes."""
    for path in [*(ROOT / "samples").glob("*.conf"), *(ROOT / "samples").glob("*.json")]:
        assert formatted(path.read_text(), path.name) == path.read_text(), path


def test_broken_text_is_refused() -> None:
    """A text with a syntax problem has no layout, and the problem says why."""
    for text, name in (
        ("=======", "a.conf"),
        ("a = {", "a.conf"),
        ("a = 1 b = 2", "a.conf"),
        ("{a: 1}", "a.json"),
        ('{"a": 1} // no', "a.json"),
    ):
        result = format_text(text, name)
        assert result.text is None
        assert result.diagnostics
        assert not result.is_changed


def test_every_document_keeps_its_meaning_and_comments() -> None:
    """All job files of the corpus and the samples: the same values, diagnostics and comments, and a layout that is final."""
    count = 0
    for path in documents():
        text = path.read_bytes().decode("utf-8-sig")
        result = format_text(text, path.name)
        if result.text is None:
            assert result.diagnostics
            continue
        count += 1
        dialect = Dialect.JSON if path.suffix == ".json" else Dialect.SEATUNNEL
        assert comments(result.text) == comments(text), path
        assert meaning(result.text, dialect) == meaning(text, dialect), path
        assert formatted(result.text, path.name) == result.text, path
    assert count > (300 if CORPUS.is_dir() else 3)


_SPACE = st.sampled_from(["", " ", "  ", "\t", "\u00a0"])
_BREAK = st.sampled_from(
    ["\n", "\n\n", "\n\n\n", "\r\n", " # note\n", " # flowdeck: ignore[J201]\n", "\n// remark  \n", "\n\n#\n\n# two\n"]
)
_SEPARATOR = st.one_of(_BREAK, st.sampled_from([",", ", ", ",\n", "\n,\n", ", # after\n"]))
_KEY = st.sampled_from(["a", "b.c", '"quoted key"', "two words", "a->b", "source", "Plugin", "x-y", '""'])
_WORD = st.sampled_from(
    [
        "1",
        "-1.50e+3",
        "true",
        "null",
        "text",
        "two  words",
        '"q"',
        '"\\u0041 # no"',
        '"""raw\n # x """',
        "${x}",
        "${?y}",
        "${a} z",
    ]
)
_OPERATOR = st.sampled_from(["=", ":", " = ", "\t:\n ", " += ", " = # why\n", "= \n\n"])


def _joined(pieces: list[str], separators: list[str], edge: str) -> str:
    text = edge
    for index, piece in enumerate(pieces):
        text += piece + (separators[index] if index < len(pieces) - 1 else edge)
    return text


def _list_of(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    separators = st.lists(_SEPARATOR, min_size=4, max_size=4)
    edges = st.one_of(_SPACE, _BREAK)
    return st.builds(_joined, st.lists(pieces, max_size=4), separators, edges)


def _nested(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    field = st.builds(lambda key, operator, item: f"{key}{operator}{item}", _KEY, _OPERATOR, value)
    block = _list_of(field).map(lambda inner: f"{{{inner}}}")
    array = _list_of(value).map(lambda inner: f"[{inner}]")
    joined = st.builds(lambda one, gap, other: f"{one}{gap}{other}", value, _SPACE, value)
    return st.one_of(block, array, joined)


_VALUE = st.recursive(_WORD, _nested, max_leaves=12)
_DOCUMENT = _list_of(st.builds(lambda key, operator, item: f"{key}{operator}{item}", _KEY, _OPERATOR, _VALUE))


@settings(max_examples=400, deadline=None)
@given(_DOCUMENT, st.sampled_from([Dialect.SEATUNNEL, Dialect.HOCON]))
def test_generated_documents_keep_their_meaning_and_comments(text: str, dialect: Dialect) -> None:
    """Whatever a text is made of, its layout says the same in every dialect, holds the same comments, and is final."""
    result = format_text(text, "text.conf", dialect)
    if result.text is None:
        assert result.diagnostics
    if not result.text:  # refused, or nothing but space
        return
    assert comments(result.text) == comments(text)
    assert meaning(result.text, dialect) == meaning(text, dialect)
    again = format_text(result.text, "text.conf", dialect)
    assert again.text == result.text


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='ab ={}[]",\n#$\\:+/é\r\t', max_size=60))
def test_arbitrary_text_is_formatted_or_refused(text: str) -> None:
    """No text makes the formatter fail, and none loses a comment."""
    result = format_text(text, "text.conf")
    if result.text is None:
        assert result.diagnostics
    else:
        assert comments(result.text) == comments(text)


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    """As deep as the reader goes; beyond that the text is refused as any other with a problem."""
    deep = "a = " + "[" * 250 + "\n" + "]" * 250
    assert formatted(deep).count("[") == 250
    assert format_text("a = " + "[" * 5000 + "]" * 5000, "a.conf").text is None


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "x " * 100_000,
        "a = " + "[1] " * 25_000,
        "a = [" + "1, " * 40_000 + "]",
        "a = 1 # note\n" * 10_000,
        "a {" * 200 + "}" * 200,
    ],
    ids=["words", "lists", "elements", "comments", "blocks"],
)
def test_large_texts_take_linear_time(text: str) -> None:
    """A text of one kind of thing, many times: what is quadratic would not end within the timeout of a test."""
    again = formatted(text)
    assert again.count("x") == text.count("x")
    assert again.count("1") == text.count("1")
