"""Just enough of SQL's tokens to handle what DuckDB's parser does not: backquoted names, and the text of select items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>\s+ | --[^\n]* | /\*.*?\*/)
    | (?P<string>[eE]?'(?:[^']|'')*')
    | (?P<backquoted>`(?:[^`]|``)*`)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[^\W\d]\w*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``kind`` is space, string, backquoted, quoted, word or other."""

    kind: str
    text: str
    start: int


def tokens(sql: str) -> Iterator[Token]:
    """All tokens of ``sql``; together they are the whole text."""
    for found in _TOKEN.finditer(sql):
        yield Token(found.lastgroup or "other", found[0], found.start())


def standard_quotes(sql: str) -> str:
    """``sql`` with backquoted names in double quotes."""
    pieces = []
    for token in tokens(sql):
        if token.kind == "backquoted":
            name = token.text[1:-1].replace("``", "`").replace('"', '""')
            pieces.append(f'"{name}"')
        else:
            pieces.append(token.text)
    return "".join(pieces)


_STRUCTURE = frozenset(
    {"all", "and", "as", "between", "case", "cast", "distinct", "else", "end", "exists", "false", "from", "in", "is", "like"}
    | {"not", "null", "or", "select", "then", "true", "when", "where"}
)


def quoted_names(sql: str, names: Iterable[str]) -> str:
    """``sql`` with every unquoted word that is one of ``names`` in double quotes, unless the word gives SQL its structure."""
    known = {name.lower(): name for name in names if name.lower() not in _STRUCTURE}
    pieces = []
    for token in tokens(sql):
        name = known.get(token.text.lower()) if token.kind == "word" else None
        pieces.append(f'"{token.text}"' if name is not None else token.text)
    return "".join(pieces)


def select_items(sql: str) -> list[str]:
    """The text of each item between SELECT and its FROM; empty when there is no such list."""
    depth = 0
    starts: list[int] = []
    ends: list[int] = []
    for token in tokens(sql):
        if token.kind == "other":
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.text, 0)
        if depth:
            continue
        word = token.text.lower() if token.kind == "word" else ""
        if not starts and word == "select":
            starts.append(token.start + len(token.text))
        elif starts and word == "from":
            ends.append(token.start)
            break
        elif starts and token.text == "," and token.kind == "other":
            ends.append(token.start)
            starts.append(token.start + 1)
    if len(starts) != len(ends):
        return []
    return [sql[start:end].strip() for start, end in zip(starts, ends, strict=True)]
