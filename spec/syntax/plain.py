"""The short cut through what most of a text is: fields and elements of one word or string each.

Only speed: whatever is not of this form is left to the parser, which reads these too.
"""

from __future__ import annotations

from typing import Final

from spec.syntax import kinds
from spec.syntax.tokens import Tokens
from spec.syntax.tree import ArrayMember, Atom, FieldSyntax, ObjectMember

_KEYS: Final = frozenset({kinds.UNQUOTED, kinds.STRING})
_VALUES: Final = _KEYS | {kinds.SUBSTITUTION, kinds.RAW_STRING}
_FIELD_ENDS: Final = frozenset({kinds.NEWLINE, kinds.COMMENT, kinds.COMMA, kinds.CLOSE_BRACE, kinds.END})
_ELEMENT_ENDS: Final = frozenset({kinds.NEWLINE, kinds.COMMENT, kinds.COMMA, kinds.CLOSE_BRACKET})
_COMMA: Final = kinds.COMMA


def plain_fields(tokens: Tokens, at: int, members: list[ObjectMember]) -> int:
    """Read fields from token ``at`` on as long as they are plain, with what separates them; the token after them."""
    found, starts, text = tokens.kinds, tokens.starts, tokens.source.text
    trivia, operators, keys, values, ends = kinds.TRIVIA, kinds.OPERATORS, _KEYS, _VALUES, _FIELD_ENDS
    while True:
        kind = found[at]
        if kind in trivia:
            at += 1
        elif (
            kind in keys
            and found[at + 1] in operators
            and found[at + 2] in values
            and found[at + 3] in ends
            and not text.startswith("include", starts[at])
        ):
            members.append(FieldSyntax(at, at + 1, at + 1, at + 3, Atom(at + 2)))
            at = _after_separator(tokens, at + 3)
        else:
            return at


def plain_elements(tokens: Tokens, at: int, members: list[ArrayMember]) -> int:
    """Read elements from token ``at`` on as long as they are plain, with what separates them; the token after them."""
    found, trivia, values, ends = tokens.kinds, kinds.TRIVIA, _VALUES, _ELEMENT_ENDS
    while True:
        kind = found[at]
        if kind in values and found[at + 1] in ends:
            members.append(Atom(at))
            at += 1
            at = at + 1 if found[at] == _COMMA else _after_separator(tokens, at)
        elif kind in trivia:
            at += 1
        else:
            return at


def _after_separator(tokens: Tokens, at: int) -> int:
    """The token after line breaks, comments and at most one comma."""
    found = tokens.kinds
    kind = found[at]
    while kind in kinds.TRIVIA:
        at += 1
        kind = found[at]
    return at + 1 if kind == _COMMA else at
