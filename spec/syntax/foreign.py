"""Lines that belong to no HOCON text but are met in job files all the same: comments of other languages, marks of a merge."""

from __future__ import annotations

from typing import Final, NamedTuple

from spec.syntax import kinds
from spec.syntax.codes import SyntaxCode
from spec.syntax.tokens import Tokens

_CONFLICT: Final = "<<<<<<<"
_MARKS: Final = (_CONFLICT, "=======", ">>>>>>>")
_STARTS: Final = frozenset({kinds.UNQUOTED, kinds.EQUALS})


class ForeignText(NamedTuple):
    """Tokens up to ``end`` to be passed over. One that ``follows`` needs no telling if another of its code was told."""

    end: int
    code: SyntaxCode
    message: str
    note: str
    follows: bool = False


def foreign_text(tokens: Tokens, at: int) -> ForeignText | None:
    """The foreign text that begins at token ``at``, if any does."""
    if tokens.kinds[at] not in _STARTS:
        return None
    text, start = tokens.source.text, tokens.starts[at]
    if text.startswith("/*", start):
        close = text.find("*/", start)
        end = _token_at(tokens, at, close + 2) if close >= 0 else _end_of_line(tokens, at)
        return ForeignText(
            end, SyntaxCode.RESERVED_CHARACTER, "HOCON has no comments in /* */", "a comment begins with # or //"
        )
    if text.startswith(_MARKS, start) and (start == 0 or text[start - 1] == "\n"):
        message = "this is the mark of a merge conflict"
        follows = not text.startswith(_CONFLICT, start)
        return ForeignText(
            _end_of_line(tokens, at),
            SyntaxCode.MERGE_CONFLICT,
            message,
            "help: keep one of the two sides, and remove the marks",
            follows,
        )
    return None


def _token_at(tokens: Tokens, at: int, offset: int) -> int:
    while tokens.starts[at] < offset and tokens.kinds[at] not in kinds.ENDS:
        at += 1
    return at


def _end_of_line(tokens: Tokens, at: int) -> int:
    while tokens.kinds[at] != kinds.NEWLINE and tokens.kinds[at] not in kinds.ENDS:
        at += 1
    return at
