"""Where in a query's text a clause stands that the parser tells no place of."""

from __future__ import annotations

from collections.abc import Iterator

from spec.sql.lexer import Token, tokens

_ALTERNATIVES = {
    "GROUP BY": ("GROUP", "HAVING"),
    "ORDER BY": ("ORDER",),
    "UNION, INTERSECT or EXCEPT": ("UNION", "INTERSECT", "EXCEPT"),
}
_SECOND_WORD = {"GROUP": "BY", "ORDER": "BY"}


def clause_place(query: str, clause: str) -> tuple[int, int] | None:
    """Where ``clause`` ("GROUP BY", or ";" for a second statement) stands in ``query``, outside of brackets. None when it is
    not found."""
    outside = list(_outside_brackets(query))
    if clause == ";":
        return next(((token.start, len(query)) for token in outside if token.text == ";"), None)
    words = _ALTERNATIVES.get(clause, (clause,))
    for index, token in enumerate(outside):
        word = token.text.upper()
        if word not in words or token.kind != "word":
            continue
        following = outside[index + 1] if index + 1 < len(outside) else token
        last = following if following.text.upper() == _SECOND_WORD.get(word) else token
        return token.start, last.start + len(last.text)
    return None


def left_open(query: str) -> str:
    """A hint when brackets do not close what they open, else the empty string."""
    signs = [token.text for token in tokens(query) if token.kind == "other"]
    opened, closed = signs.count("("), signs.count(")")
    if opened == closed:
        return ""
    return "a ( is never closed" if opened > closed else "there is a ) too many"


def _outside_brackets(query: str) -> Iterator[Token]:
    depth = 0
    for token in tokens(query):
        if token.kind == "other" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif not depth and token.kind != "space":
            yield token
