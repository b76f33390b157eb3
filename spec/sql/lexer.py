"""Just enough of SQL's tokens to handle what DuckDB's parser does not: backquoted names, and the text of select items."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

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


class Token(NamedTuple):
    """One token: ``kind`` is space, string, backquoted, quoted, word or other."""

    kind: str
    text: str
    start: int


def tokens(sql: str) -> Iterator[Token]:
    """All tokens of ``sql``; together they are the whole text."""
    for found in _TOKEN.finditer(sql):
        yield Token(found.lastgroup or "other", found[0], found.start())


class Requoted:
    """A query with other quotes: ``text``, and where in ``original`` each piece of it comes from."""

    def __init__(self, original: str) -> None:
        self.original = original
        self._pieces: list[str] = []
        self._begins: list[int] = []
        self._origins: list[int] = []
        self._length = 0

    def add(self, piece: str, origin: int) -> None:
        """Append ``piece``, which stands for what begins at ``origin`` in the original and goes on to the next piece's."""
        self._pieces.append(piece)
        self._begins.append(self._length)
        self._origins.append(origin)
        self._length += len(piece)

    @cached_property
    def text(self) -> str:
        """The whole text; read it after the last piece was added."""
        return "".join(self._pieces)

    def original_range(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original, in characters, the bytes ``[start, end)`` of the text (in UTF-8) come from."""
        encoded = self.text.encode()
        begin = len(encoded[:start].decode(errors="ignore"))
        last = len(encoded[: max(start, end)].decode(errors="ignore"))
        return self._original(begin), max(self._original(begin), self._original(last))

    def _original(self, at: int) -> int:
        index = bisect_right(self._begins, at) - 1
        if index < 0:
            return 0
        inside = at - self._begins[index]
        following = self._origins[index + 1] if index + 1 < len(self._origins) else len(self.original)
        return min(self._origins[index] + inside, following)


def standard_quotes(sql: str) -> Requoted:
    """``sql`` with backquoted names in double quotes."""
    if "`" in sql:
        return _requoted(sql)
    result = Requoted(sql)
    result.add(sql, 0)
    return result


_STRUCTURE = frozenset(
    {"all", "and", "as", "between", "case", "cast", "distinct", "else", "end", "exists", "false", "from", "in", "is", "like"}
    | {"not", "null", "or", "select", "then", "true", "when", "where"}
)


_FUNCTIONS = {"char": '"char"', "position": "locate"}
"""Functions of SeaTunnel whose names the parser reserves, and what can be called instead."""


def quoted_names(sql: str, names: Iterable[str]) -> Requoted:
    """Also with every unquoted word that is one of ``names`` in double quotes, unless the word gives SQL its structure, and
    with functions that have a reserved name."""
    return _requoted(sql, {name.lower() for name in names} - _STRUCTURE, _FUNCTIONS)


def _requoted(sql: str, names: Collection[str] = (), functions: Mapping[str, str] = MappingProxyType({})) -> Requoted:
    result = Requoted(sql)
    before = ""
    for token, following in pairwise([*tokens(sql), Token("end", "", len(sql))]):
        word = token.text.lower() if token.kind == "word" else ""
        if token.kind == "backquoted":
            name = token.text[1:-1].replace("``", "`").replace('"', '""')
            result.add(f'"{name}"', token.start)
        elif word in names:
            result.add(f'"{token.text}"', token.start)
        elif word in functions and following.text == "(" and before != "as":  # AS CHAR(3) is a type
            result.add(functions[word], token.start)
        else:
            result.add(token.text, token.start)
        before = before if token.kind == "space" else word
    return result


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
