"""What the text of a quoted string, a raw string or an unquoted word means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SIMPLE: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE: Final = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([\s\S]))")
_NUMBER: Final = re.compile(r"-?[0-9]+(?P<fraction>\.[0-9]*)?(?P<exponent>[eE][+-]?[0-9]+)?")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_DIGIT_LIMIT: Final = 4000  # Python refuses to read longer ones
_SHORT: Final = 18  # integers of so few characters always fit into 64 bits
_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1


def decode_string(quoted: str) -> str:
    """The text of a quoted string, quotes included in ``quoted``. Unknown escapes stand for the character itself."""
    body = quoted[1:-1]
    return _ESCAPE.sub(_decode_escape, body) if "\\" in body else body


def _decode_escape(match: re.Match[str]) -> str:
    high, low, single, simple = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    if single:
        code = int(single, 16)
        return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
    return _SIMPLE.get(simple, simple)


def bad_escapes(quoted: str) -> Iterator[tuple[int, int, str]]:
    """Offset, length and complaint of every escape in ``quoted`` that means nothing."""
    for match in _ESCAPE.finditer(quoted):
        _, _, single, simple = match.groups()
        if single and 0xD800 <= int(single, 16) <= 0xDFFF:
            yield match.start(), 6, f"`{match[0]}` is one half of a character that needs two escapes"
        elif simple == "u":
            yield match.start(), 2, "`\\u` needs four hexadecimal digits"
        elif simple and simple not in _SIMPLE:
            yield match.start(), 2, f"`{match[0]}` is not an escape sequence"


def decode_raw(raw: str) -> str:
    """The text between triple quotes; a missing end is forgiven (the parser has complained)."""
    return raw[3:-3] if len(raw) >= 6 and raw.endswith('"""') else raw[3:]


def decode_word(word: str, *, any_size: bool = False) -> str | int | float | bool | None:
    """What unquoted ``word`` is: a number, true, false, null, or text.

    As in HOCON's own readers, an integer that 64 bits do not hold is text; with ``any_size`` it is a number, as in JSON.
    """
    if word.isdecimal() and word.isascii() and len(word) <= _SHORT:
        return int(word)  # most numbers, so it is worth a short cut
    first = word[0]
    if first in "-0123456789":
        return _decode_number(word, any_size=any_size)
    if first in "tfn" and word in _WORDS:
        return _WORDS[word]
    return word


def _decode_number(word: str, *, any_size: bool) -> str | int | float:
    match = _NUMBER.fullmatch(word)
    if match is None:
        return word
    if match["fraction"] is None and match["exponent"] is None:
        return _decode_integer(word, any_size=any_size)
    number = float(word)
    return number if abs(number) != float("inf") else word


def _decode_integer(word: str, *, any_size: bool) -> str | int:
    if len(word) >= _DIGIT_LIMIT:
        return word
    number = int(word)
    return number if any_size or len(word) <= _SHORT or _LEAST <= number <= _GREATEST else word
