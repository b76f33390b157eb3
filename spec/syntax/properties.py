"""Read Java properties: lines of ``key = text`` with comments, escapes and continued lines of their own. Keeps positions.

What the dots in the keys mean is :mod:`spec.resolver.properties`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# A backslash before a line break joins two lines; the white space that the second one begins with does not count.
_JOINT: Final = r"\\(?:\r\n|\r|\n)[ \t\f]*+"
_BLANK: Final = rf"(?:[ \t\f]|{_JOINT})*+"
_LINE: Final = re.compile(
    rf"""
    {_BLANK}
    (?:[#!][^\r\n]*+
    |(?P<key>(?:{_JOINT}|\\[\s\S]|[^\\ \t\f=:\r\n])*+)
     (?P<between>{_BLANK}[=:]?{_BLANK})
     (?P<value>(?:{_JOINT}|\\[\s\S]|[^\\\r\n])*+\\?))
    (?:\r\n|\r|\n|\Z)""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(rf"{_JOINT}|\\u([0-9a-fA-F]{{4}})|\\([\s\S]?)")
_SIMPLE: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF: Final = re.compile("[\ud800-\udfff]")


class Property(NamedTuple):
    """One pair, and the offsets of its key and its value in the text."""

    key: str
    value: str
    key_start: int
    key_end: int
    value_start: int
    value_end: int


def read_properties(text: str) -> Iterator[Property]:
    """The pairs of a properties text, in order. Every text is one: a line without a sign is a key with an empty value."""
    for line in _LINE.finditer(text):
        key, between, value = line.group("key", "between", "value")
        if key or between or value:
            yield Property(_decoded(key), _decoded(value), *line.span("key"), *line.span("value"))


def _decoded(raw: str) -> str:
    if "\\" not in raw:
        return raw
    text = _PAIR.sub(_joined, _ESCAPE.sub(_decode_escape, raw))
    return _HALF.sub("\ufffd", text)


def _decode_escape(match: re.Match[str]) -> str:
    code, simple = match.groups()
    if code:
        return chr(int(code, 16))
    return _SIMPLE.get(simple, simple) if simple else ""


def _joined(pair: re.Match[str]) -> str:
    """One character from the two escapes that stand for it."""
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
