"""What JSON forbids and HOCON allows. The text was read as HOCON; this says what of it is not JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from spec.diagnostic import Diagnostic, Edit, Fix, Label
from spec.position import Span
from spec.syntax import kinds
from spec.syntax.codes import SyntaxCode
from spec.syntax.problems import Problems
from spec.syntax.strings import decode_string
from spec.syntax.tokens import Tokens
from spec.syntax.tree import (
    ArraySyntax,
    Atom,
    ConcatenationSyntax,
    ErrorSyntax,
    FieldSyntax,
    IncludeSyntax,
    ObjectSyntax,
    SyntaxTree,
    ValueSyntax,
)

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS: Final = frozenset({"true", "false", "null"})
_FOREIGN_SPACE: Final = re.compile("[\x0b\x0c\x1c-\x1f\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")
_PYTHON_WORDS: Final = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false", "NULL": "null"}


def check_json(tree: SyntaxTree) -> tuple[Diagnostic, ...]:
    """Everything in ``tree`` that JSON does not allow, beyond the problems that the tree has already."""
    return _Strict(tree).run()


class _Strict:
    def __init__(self, tree: SyntaxTree) -> None:
        self._tree = tree
        self._tokens: Tokens = tree.tokens
        self._problems = Problems(tree.source)
        # Where the parser itself has missed a comma; saying it once is enough.
        self._known_gaps = {
            problem.primary.span.start
            for problem in tree.problems
            if problem.primary and problem.code == SyntaxCode.MISSING_SEPARATOR
        }

    def run(self) -> tuple[Diagnostic, ...]:
        root = self._tree.root
        if isinstance(root, ObjectSyntax) and not root.braced:
            self._bare_root(root)
            return self._problems.found()
        self._comments()
        self._spaces()
        blocks: list[ObjectSyntax | ArraySyntax] = [root]
        while blocks:
            block = blocks.pop()
            self._separators(block)
            if isinstance(block, ObjectSyntax):
                blocks.extend(self._object(block))
            else:
                blocks.extend(self._array(block))
        return self._problems.found()

    def _span(self, index: int) -> Span:
        return self._tokens.span(index, index + 1)

    def _bare_root(self, root: ObjectSyntax) -> None:
        span = self._span(root.first)
        message = "a JSON document is an object in `{ }` or a list in `[ ]`"
        notes = ("job files without outer braces end in .conf, not .json",)
        self._problems.add(SyntaxCode.JSON_ROOT, span, message, label="expected `{` or `[`", notes=notes)

    def _comments(self) -> None:
        if kinds.COMMENT not in self._tokens.kinds:
            return
        for index, kind in enumerate(self._tokens.kinds):
            if kind == kinds.COMMENT:
                self._problems.add(SyntaxCode.JSON_COMMENT, self._span(index), "JSON has no comments", label="comment")

    def _spaces(self) -> None:
        if not _FOREIGN_SPACE.search(self._tree.source.text):
            return
        for index in range(len(self._tokens.kinds)):
            gap = self._tokens.gap(index)
            match = _FOREIGN_SPACE.search(gap)
            at = self._tokens.starts[index] - len(gap) + match.start() if match else 0
            if match and not (at == 0 and match[0] == "\ufeff"):
                message = f"the character U+{ord(match[0]):04X} is not whitespace in JSON"
                self._problems.add(SyntaxCode.JSON_WHITESPACE, Span(self._tree.source, at, at + 1), message)

    def _object(self, node: ObjectSyntax) -> Iterator[ObjectSyntax | ArraySyntax]:
        """Check the fields; the blocks among their values."""
        seen: dict[str, FieldSyntax] = {}
        for member in node.members:
            if isinstance(member, FieldSyntax):
                self._field(member)
                self._duplicate(member, seen)
                if member.value is not None:
                    yield from self._value(member.value)
            elif isinstance(member, IncludeSyntax):
                self._problems.add(SyntaxCode.JSON_HOCON_FEATURE, self._tree.span(member), "JSON has no includes")

    def _array(self, node: ArraySyntax) -> Iterator[ObjectSyntax | ArraySyntax]:
        for member in node.members:
            if not isinstance(member, ErrorSyntax):
                yield from self._value(member)

    def _value(self, value: ValueSyntax) -> tuple[ObjectSyntax | ArraySyntax, ...]:
        """Check a value; the block that it is, if it is one."""
        if isinstance(value, Atom):
            self._atom(value.first)
            return ()
        if isinstance(value, ConcatenationSyntax):
            self._concatenation(value)
            return tuple(part for part in value.parts if not isinstance(part, Atom))
        return (value,)

    def _duplicate(self, member: FieldSyntax, seen: dict[str, FieldSyntax]) -> None:
        if self._tokens.kinds[member.first] != kinds.STRING:
            return
        first = seen.setdefault(decode_string(self._tokens.text(member.first)), member)
        if first is not member:
            message = f"the key {self._tokens.text(member.first)} is given twice"
            labels = (Label(self._span(first.first), "first given here"),)
            code = SyntaxCode.JSON_DUPLICATE_KEY
            self._problems.add(code, self._span(member.first), message, label="given again", secondary=labels)

    def _separators(self, node: ObjectSyntax | ArraySyntax) -> None:
        """Exactly one comma between members and none after the last."""
        members = node.members
        for previous, member in pairwise(members):
            if not (isinstance(previous, ErrorSyntax) or isinstance(member, ErrorSyntax)):
                self._separator(previous.end, member.first)
        if members and node.closed:
            for index in range(members[-1].end, node.end):
                if self._tokens.kinds[index] == kinds.COMMA:
                    fix = Fix("remove the comma", (Edit(self._span(index), ""),))
                    message = "JSON allows no comma after the last element"
                    self._problems.add(SyntaxCode.JSON_TRAILING_COMMA, self._span(index), message, fix=fix)

    def _separator(self, end: int, start: int) -> None:
        """Whether a comma stands between the end of a member and the start of the next."""
        if self._tokens.kinds[end] == kinds.COMMA or kinds.COMMA in self._tokens.kinds[end:start]:
            return
        if self._tokens.starts[start] in self._known_gaps:
            return
        at = self._tokens.ends[end - 1]
        place = Span(self._tree.source, at, at)
        fix = Fix("insert a comma", (Edit(place, ","),))
        message = "expected a comma: in JSON a new line does not separate"
        self._problems.add(SyntaxCode.MISSING_SEPARATOR, place, message, label="expected `,`", fix=fix)

    def _field(self, node: FieldSyntax) -> None:
        if self._is_plain(node):
            return
        key = self._tokens.span(node.first, node.key_end)
        if node.key_end - node.first > 1 or self._tokens.kinds[node.first] not in (kinds.STRING, kinds.CONTROL_STRING):
            self._unquoted(key, "a JSON key stands in double quotes")
        if node.operator < 0:
            message = "JSON needs `:` between a key and its value"
            self._problems.add(SyntaxCode.JSON_OPERATOR, key, message)
        elif self._tokens.kinds[node.operator] != kinds.COLON:
            span = self._span(node.operator)
            fix = Fix("write `:`", (Edit(span, ":"),)) if span.text == "=" else None
            self._problems.add(SyntaxCode.JSON_OPERATOR, span, f"JSON uses `:`, not `{span.text}`", fix=fix)

    def _is_plain(self, node: FieldSyntax) -> bool:
        """Whether the field is `"key" :`."""
        if node.operator != node.first + 1 or self._tokens.kinds[node.operator] != kinds.COLON:
            return False
        return self._tokens.kinds[node.first] == kinds.STRING

    def _concatenation(self, node: ConcatenationSyntax) -> None:
        second = node.parts[1]
        message = "expected a comma or the end of the block: JSON does not join values"
        self._problems.add(SyntaxCode.MISSING_SEPARATOR, self._span(second.first), message, label="a second value")

    def _atom(self, index: int) -> None:
        kind = self._tokens.kinds[index]
        if kind == kinds.STRING:
            return
        span = self._span(index)
        if kind == kinds.UNQUOTED:
            self._word(span)
        elif kind == kinds.RAW_STRING:
            self._problems.add(SyntaxCode.JSON_HOCON_FEATURE, span, 'JSON has no text in """')
        elif kind == kinds.SUBSTITUTION:
            notes = ('a job variable in a JSON file stands inside quotes: "${name}"',)
            self._problems.add(SyntaxCode.JSON_HOCON_FEATURE, span, "JSON has no references", notes=notes)

    def _word(self, span: Span) -> None:
        word = span.text
        if word in _WORDS or _NUMBER.fullmatch(word):
            return
        if word[0] in "-0123456789":
            self._problems.add(SyntaxCode.JSON_NUMBER, span, f"`{word}` is not a JSON number")
        elif word in _PYTHON_WORDS:
            right = _PYTHON_WORDS[word]
            fix = Fix(f"write {right}", (Edit(span, right),))
            self._problems.add(SyntaxCode.JSON_UNQUOTED, span, f"`{word}` is written `{right}` in JSON", fix=fix)
        else:
            self._unquoted(span, "text in JSON stands in double quotes")

    def _unquoted(self, span: Span, message: str) -> None:
        text = span.text
        inner = text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text
        fix = None if set(inner) & set('"\\\n') else Fix("put it in double quotes", (Edit(span, f'"{inner}"'),))
        self._problems.add(SyntaxCode.JSON_UNQUOTED, span, message, label="not quoted", fix=fix)
