"""Every syntax problem: its code, the exact text it points at, and that it hides nothing else."""

from __future__ import annotations

import pytest

from spec.diagnostic import Applicability, Diagnostic, Severity
from spec.document import Dialect, Document, ReadOptions, read_text
from spec.value import to_plain

HOCON = ReadOptions(dialect=Dialect.HOCON)


def errors(text: str, options: ReadOptions = HOCON) -> list[Diagnostic]:
    """The errors in a text."""
    return [d for d in read_text(text, "test.conf", options).diagnostics if d.severity is Severity.ERROR]


def only_error(text: str) -> Diagnostic:
    """The single error in a text."""
    found = errors(text)
    assert len(found) == 1, [(d.code, d.message) for d in found]
    return found[0]


def pointed_at(diagnostic: Diagnostic) -> str:
    """The text under the caret."""
    assert diagnostic.primary is not None
    return diagnostic.primary.span.text


def repaired(text: str) -> str:
    """The text after the fix of its only error."""
    fix = only_error(text).fix
    assert fix is not None
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def plain(document: Document) -> object:
    """The plain data of a document that has a root."""
    assert document.root is not None
    return to_plain(document.root)


@pytest.mark.parametrize(
    ("text", "code", "culprit"),
    [
        ("a { b = 1", "S010", ""),
        ("a = [1, 2", "S010", ""),
        ("a = [1 }", "S011", "}"),
        ("a = 1 }", "S011", "}"),
        ("a = 1 ]", "S011", "]"),
        ("a = ", "S012", "="),
        ("a { b = }", "S012", "="),
        ("a =\nb = 1", "S012", "="),
        ("a =\nb { c = 1 }", "S012", "="),
        ("a = 1, b = , c = 2", "S012", "="),
        ("a = = 2", "S012", "="),
        ("a = 1 b = 2", "S013", "b"),
        ("a { x = 1 } b = 2", "S013", "b"),
        ("a = x*y", "S014", "*"),
        ("a = user@host", "S014", "@"),
        ("a = http://host/path", "S014", ":"),
        ("a = k=v", "S014", "="),
        ("a!b = 1", "S014", "!"),
        ("a = 1+2", "S014", "+"),
        ('a = "open', "S015", '"open'),
        ('a = """open\nb = 1', "S015", '"""'),
        ('a = "\\x"', "S016", "\\x"),
        ('a = "ab\\u12"', "S016", "\\u"),
        ('a = "\\ud800"', "S016", "\\ud800"),
        ("a..b = 1", "S017", "."),
        (".a = 1", "S017", "."),
        ("a. = 1", "S017", "."),
        ("a = ${b:1}", "S017", ":"),
        ("a = ${}", "S017", ""),
        ("a = ${b..c}", "S017", "."),
        ("a = ${b", "S018", "${b"),
        ("= 1", "S019", "="),
        ("${a} = 1", "S019", "${a}"),
        ("a\nb = 1", "S020", "a"),
        ("a { just words }", "S020", "just words"),
        ("a = 1,, b = 2", "S021", ","),
        (", a = 1", "S021", ","),
        ("a = [1,,2]", "S021", ","),
        ("a = [,]", "S021", ","),
        ("{ a = 1 } b = 2", "S022", "b"),
        ("include foo", "S024", "include foo"),
        ("include { a = 1 }", "S024", "include"),
        ('include "a" "b"', "S024", 'include "a" "b"'),
        ('a = "x\ty"', "S025", "\t"),
        ("a = [b = 1]", "S027", "="),
        ("a = [= 1]", "S027", "="),
    ],
)
def test_a_problem_has_its_code_and_points_at_its_cause(text: str, code: str, culprit: str) -> None:
    """One problem gives one error, at exactly the text that causes it."""
    error = only_error(text)
    assert (error.code, pointed_at(error)) == (code, culprit)
    assert error.message


def test_an_unclosed_block_shows_where_it_was_opened() -> None:
    """The caret is at the end of the file, a second label at the opening brace."""
    text = "env {\n  a = 1\n"
    error = only_error(text)
    assert error.primary is not None
    assert error.primary.span.start == len(text)
    assert [(label.span.text, label.span.start) for label in error.secondary] == [("{", 4)]


def test_an_unclosed_inner_block_is_found_by_its_indentation() -> None:
    """When the outer brace is the one at the end, the label names the block that really lacks its brace."""
    text = "source {\n  Fake {\n    a = 1\n}\nsink {\n}\n"
    error = only_error(text)
    assert error.code == "S010"
    opened = {label.span.start_position()[0] for label in error.secondary}
    assert 2 in opened


def test_one_broken_line_does_not_hide_the_others() -> None:
    """All four problems are found, and the good lines are read."""
    text = "a = \nb = x*y\nc = 1\nd = [1,,2]\ne f\ng = 3\n"
    assert [d.code for d in errors(text)] == ["S012", "S014", "S021", "S020"]
    data = plain(read_text(text, "t.conf", HOCON))
    assert isinstance(data, dict)
    assert {key: data[key] for key in "cdg"} == {"c": 1, "d": [1, 2], "g": 3}


def test_a_broken_line_that_opens_a_block_keeps_its_problems_and_its_braces() -> None:
    """The block behind a broken key is still read, so the brace that ends it is no surprise."""
    text = "= {\n  x = 1 y = 2\n}\nb = 1\n"
    assert [d.code for d in errors(text)] == ["S019", "S013"]
    assert plain(read_text(text, "t.conf", HOCON)) == {"b": 1}


def test_the_missing_brace_of_a_list_does_not_swallow_the_file() -> None:
    """A brace that closes the block around an open list ends the list too."""
    text = "a { b = [1, 2\n}\nc = 3\n"
    assert [d.code for d in errors(text)] == ["S010"]
    assert plain(read_text(text, "t.conf", HOCON)) == {"a": {"b": [1, 2]}, "c": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = x*y", 'a = "x*y"'),
        ("a = 1 b = 2", "a = 1, b = 2"),
        ("a = http://host/path", 'a = "http://host/path"'),
        ("a = [1,,2]", "a = [1,2]"),
        ('a = "x\ty"', 'a = "x\\ty"'),
        ("a = 1 }", "a = 1 "),
    ],
)
def test_a_fix_makes_the_problem_go_away(text: str, expected: str) -> None:
    """The repaired text has no error left."""
    assert repaired(text) == expected
    assert errors(expected) == []


def test_a_fix_that_may_change_the_meaning_is_not_safe() -> None:
    """Quoting the rest of a line is a guess; quoting one word is not."""
    guess, certain = only_error("a = http://host").fix, only_error("a = x*y").fix
    assert guess is not None
    assert certain is not None
    assert (guess.applicability, certain.applicability) == (Applicability.UNSAFE, Applicability.SAFE)


def test_a_default_outside_of_quotes_is_explained() -> None:
    """`${x:4}` is refused with the way to write it, in the dialect that has defaults."""
    (error,) = errors("row.num = ${x:4}", ReadOptions())
    assert (error.code, pointed_at(error)) == ("S017", ":")
    assert any("inside quotes" in note for note in error.notes)
    assert error.fix is not None
    assert error.fix.edits[0].text == '"${x:4}"'


def test_depth_has_a_limit() -> None:
    """The 257th open block is refused, the 255th is read."""
    assert errors("a = " + "[" * 255 + "]" * 255) == []
    assert [d.code for d in errors("a = " + "[" * 300 + "]" * 300)] == ["S023"]


def test_a_flood_of_problems_is_cut() -> None:
    """After 100 problems the reader says so and stops."""
    found = errors("= 1\n" * 5000)
    assert [d.code for d in found[-2:]] == ["S019", "S026"]
    assert len(found) == 101


def test_a_text_of_too_many_tokens_is_refused() -> None:
    """The token limit keeps memory bounded; the complaint stands where reading stopped."""
    text = "\n" * 2_100_000 + "a = 1"
    (error,) = errors(text)
    assert error.code == "S004"
