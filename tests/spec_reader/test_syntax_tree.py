"""The syntax tree: lossless for any text, well-formed, and aware of what every token is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.position import SourceText
from spec.syntax import kinds
from spec.syntax.readings import parse
from spec.syntax.tokens import tokenize
from spec.syntax.tree import (
    ArraySyntax,
    ConcatenationSyntax,
    FieldSyntax,
    IncludeSyntax,
    Node,
    ObjectSyntax,
    SyntaxTree,
    children,
)

PIECES = st.sampled_from(
    [
        *'{}[]=:,+#"\\$.-/!?*&^`@ \t\r\n',
        *("a", "b c", "1", "-2.5e+3", "true", "null", "->", "+=", "//", '"""', '"x"', '"\\n"', '"\\u12', "${", "${?", "${a.b}"),
        *("include", 'include "f"', "source {", "}\n", "a = 1\n", "a {\n", "[1, 2]", "\u00a0", "\u2028", "\ufeff", "é", "😀"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join))


def tree_of(text: str) -> SyntaxTree:
    """The tree of a text."""
    return parse(SourceText("test.conf", text))


def token_kinds(text: str) -> list[int]:
    """The kinds of the tokens of a text, the end left out."""
    return list(tokenize(SourceText("test.conf", text)).kinds)[:-1]


def only_field(text: str) -> tuple[SyntaxTree, FieldSyntax]:
    """The single field of a document."""
    tree = tree_of(text)
    assert tree.problems == ()
    assert isinstance(tree.root, ObjectSyntax)
    (member,) = tree.root.members
    assert isinstance(member, FieldSyntax)
    return tree, member


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_any_text_is_printed_as_it_was(text: str) -> None:
    """print(parse(text)) == text, broken text included."""
    assert tree_of(text).print() == text


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_children_lie_inside_their_parents_in_order(text: str) -> None:
    """Every node covers its children, which do not overlap."""
    tree = tree_of(text)
    last = len(tree.tokens.kinds)
    for node in tree.walk():
        assert 0 <= node.first <= node.end <= last
        at = node.first
        for child in children(node):
            assert at <= child.first <= child.end <= node.end
            at = child.end


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_tokens_cover_the_text_and_only_whitespace_lies_between(text: str) -> None:
    """What no token covers is whitespace."""
    tokens = tokenize(SourceText("test.conf", text))
    assert "".join(tokens.gap(i) + tokens.text(i) for i in range(len(tokens.kinds))) == text
    assert all(tokens.gap(i).replace("\ufeff", " ").strip() == "" for i in range(len(tokens.kinds)))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_problems_lie_inside_the_text(text: str) -> None:
    """Every span of every problem is a range of the text."""
    for problem in tree_of(text).problems:
        assert problem.primary is not None
        for label in (problem.primary, *problem.secondary):
            assert 0 <= label.span.start <= label.span.end <= len(text)
        for edit in problem.fix.edits if problem.fix else ():
            assert 0 <= edit.span.start <= edit.span.end <= len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http", [kinds.UNQUOTED]),
        ("a/b//c", [kinds.UNQUOTED, kinds.COMMENT]),
        ("1.5e+3", [kinds.UNQUOTED]),
        ("a+b", [kinds.UNQUOTED, kinds.RESERVED, kinds.UNQUOTED]),
        ("a+=b", [kinds.UNQUOTED, kinds.PLUS_EQUALS, kinds.UNQUOTED]),
        ('"""a"b""c""""', [kinds.RAW_STRING]),
        ('"a\\"b"', [kinds.STRING]),
        ('"a\tb"', [kinds.CONTROL_STRING]),
        ('"a\nb"', [kinds.UNTERMINATED_STRING, kinds.NEWLINE, kinds.UNQUOTED, kinds.UNTERMINATED_STRING]),
        ("${a.b}${?c}", [kinds.SUBSTITUTION, kinds.SUBSTITUTION]),
        ('${"a}b"}', [kinds.SUBSTITUTION]),
        ("${a\nb", [kinds.BROKEN_SUBSTITUTION, kinds.NEWLINE, kinds.UNQUOTED]),
        ("$a", [kinds.RESERVED, kinds.UNQUOTED]),
        ("a\u00a0b", [kinds.UNQUOTED, kinds.UNQUOTED]),
        ("# c\r\nx", [kinds.COMMENT, kinds.NEWLINE, kinds.UNQUOTED]),
    ],
)
def test_text_is_cut_into_the_right_tokens(text: str, expected: list[int]) -> None:
    """Each kind of token ends where HOCON says."""
    assert token_kinds(text) == expected


def test_comments_and_blank_lines_survive_in_the_tree() -> None:
    """Comments are tokens between the fields they stand between."""
    text = "# first\n\na = 1 // one\n# last\n"
    tree = tree_of(text)
    comments = [tree.tokens.text(i) for i, kind in enumerate(tree.tokens.kinds) if kind == kinds.COMMENT]
    assert comments == ["# first", "// one", "# last"]
    assert tree.print() == text


def test_a_field_knows_its_key_operator_and_value() -> None:
    """The three parts of a field have spans of their own."""
    tree, member = only_field("  some key = one two  # comment\n")
    assert tree.tokens.span(member.first, member.key_end).text == "some key"
    assert tree.tokens.text(member.operator) == "="
    assert member.value is not None
    assert tree.span(member.value).text == "one two"
    assert tree.span(member).text == "some key = one two"


def test_a_block_after_a_key_needs_no_operator() -> None:
    """`key { ... }` has no operator token."""
    _, member = only_field("a {}")
    assert member.operator == -1
    assert isinstance(member.value, ObjectSyntax)


def test_the_value_may_stand_on_the_line_after_the_operator() -> None:
    """HOCON lets a value begin on a later line than its key."""
    tree, member = only_field("a =\n\n  # comment\n  [1]")
    assert isinstance(member.value, ArraySyntax)
    assert tree.span(member.value).text == "[1]"


def test_several_pieces_on_a_line_are_one_value() -> None:
    """Pieces make a concatenation that ends with the line."""
    tree, member = only_field('a = x ${b} "c" [1] {d=1}\n')
    assert isinstance(member.value, ConcatenationSyntax)
    assert [tree.span(part).text for part in member.value.parts] == ["x", "${b}", '"c"', "[1]", "{d=1}"]


@pytest.mark.parametrize(
    ("text", "kind", "required", "name"),
    [
        ('include "f.conf"', "", False, '"f.conf"'),
        ('include"f.conf"', "", False, '"f.conf"'),
        ('include\n"f.conf"', "", False, '"f.conf"'),
        ('include file("f.conf")', "file", False, '"f.conf"'),
        ('include required("f.conf")', "", True, '"f.conf"'),
        ('include required( file( "f.conf" ) )', "file", True, '"f.conf"'),
        ('include url("http:f")', "url", False, '"http:f"'),
        ('include classpath("f")', "classpath", False, '"f"'),
    ],
)
def test_every_form_of_include_is_known(text: str, kind: str, required: bool, name: str) -> None:
    """An include statement has a kind, a name and may be required."""
    tree = tree_of(text)
    assert tree.problems == ()
    assert isinstance(tree.root, ObjectSyntax)
    (member,) = tree.root.members
    assert isinstance(member, IncludeSyntax)
    assert (member.kind, member.required, tree.tokens.text(member.name)) == (kind, required, name)


def test_include_is_a_statement_only_as_a_whole_word_at_the_start() -> None:
    """`include.schema.changes` and `x include` are ordinary keys."""
    tree = tree_of("include.schema.changes = true\nx include = 1\na = include\n")
    assert tree.problems == ()
    assert isinstance(tree.root, ObjectSyntax)
    assert all(isinstance(member, FieldSyntax) for member in tree.root.members)


def test_nested_blocks_keep_their_extent() -> None:
    """The span of a block is from brace to brace."""
    tree = tree_of("a { b { c = 1 } }\nd = 2\n")
    spans = [tree.span(node).text for node in tree.walk() if isinstance(node, ObjectSyntax) and node.braced]
    assert spans == ["{ b { c = 1 } }", "{ c = 1 }"]


def test_walk_visits_every_node_once() -> None:
    """Parents come before their children."""
    seen: list[Node] = list(tree_of("a = [1, {b = 2}] c\n").walk())
    assert len({id(node) for node in seen}) == len(seen)
    assert isinstance(seen[0], ObjectSyntax)
