"""Path expressions: the keys of fields and what stands inside ``${...}``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from spec.syntax import kinds
from spec.syntax.strings import decode_raw, decode_string
from spec.syntax.tokens import SPACES, Tokens

_REFERENCE_PART: Final = re.compile(
    rf"""("(?:[^"\\]|\\.)*")|([{SPACES}]+)|([^$"{{}}\[\]:=,+\#`^?!@*&\\{SPACES}]+)|(.)""", re.VERBOSE
)


class PathElement(NamedTuple):
    """One key of a path and where it was written."""

    key: str
    start: int
    end: int


class PathError(NamedTuple):
    """Why a text is not a path, and the offsets of the culprit."""

    message: str
    start: int
    end: int


_PLAIN: Final = re.compile(r"[A-Za-z0-9_.>-]+")


class _Piece(NamedTuple):
    text: str
    quoted: bool
    start: int
    end: int


def key_path(tokens: Tokens, first: int, end: int, separator: str) -> list[PathElement] | PathError:
    """The path that tokens ``[first, end)`` of a field's key spell. Without ``separator`` a key is one element."""
    if end - first == 1:
        begin, stop = tokens.starts[first], tokens.ends[first]
        text = tokens.source.text[begin:stop]
        if tokens.kinds[first] == kinds.UNQUOTED and (plain := _plain_path(text, begin, separator)):
            return plain
        if tokens.kinds[first] == kinds.STRING:
            return [PathElement(decode_string(text), begin, stop)]
    return _split(_key_pieces(tokens, first, end), separator)


def _key_pieces(tokens: Tokens, first: int, end: int) -> Iterator[_Piece]:
    for index in range(first, end):
        begin, stop = tokens.starts[index], tokens.ends[index]
        if index > first and (gap := tokens.gap(index)):
            yield _Piece(gap, quoted=False, start=tokens.ends[index - 1], end=begin)
        text = tokens.text(index)
        kind = tokens.kinds[index]
        if kind in (kinds.RAW_STRING, kinds.UNTERMINATED_RAW):
            yield _Piece(decode_raw(text), quoted=True, start=begin, end=stop)
        elif kind in kinds.STRINGS:
            yield _Piece(decode_string(text), quoted=True, start=begin, end=stop)
        else:
            yield _Piece(text, quoted=False, start=begin, end=stop)


def reference_path(text: str, offset: int, separator: str) -> list[PathElement] | PathError:
    """The path inside a substitution; ``text`` is what stands between ``${`` (or ``${?``) and ``}``, at ``offset``."""
    if simple := _plain_path(text, offset, separator):
        return simple
    stripped = text.strip()
    begin = offset + text.find(stripped) if stripped else offset
    if not stripped:
        return PathError("a reference needs a name", offset, offset + len(text))
    pieces: list[_Piece] = []
    for match in _REFERENCE_PART.finditer(stripped):
        quoted, space, plain, other = match.groups()
        start, end = begin + match.start(), begin + match.end()
        if other:
            return PathError(f"`{other}` is not allowed in a reference", start, end)
        pieces.append(_Piece(decode_string(quoted) if quoted else plain or space, bool(quoted), start, end))
    return _split(iter(pieces), separator)


def _plain_path(text: str, offset: int, separator: str) -> list[PathElement]:
    """The path of a word without anything special in it, which most are; empty when it is not of this kind."""
    if not _PLAIN.fullmatch(text):
        return []
    if not separator or separator not in text:
        return [PathElement(text, offset, offset + len(text))]
    elements: list[PathElement] = []
    for word in text.split(separator):
        if not word:
            return []
        elements.append(PathElement(word, offset, offset + len(word)))
        offset += len(word) + len(separator)
    return elements


def _split(pieces: Iterator[_Piece], separator: str) -> list[PathElement] | PathError:
    elements: list[PathElement] = []
    parts: list[str] = []
    start = end = -1
    present = False
    for piece in pieces:
        words = [piece.text] if piece.quoted or not separator else piece.text.split(separator)
        at = piece.start
        for number, word in enumerate(words):
            if number:
                if not present:
                    return _empty(at, separator)
                elements.append(PathElement("".join(parts), start, end))
                parts, present, start = [], False, -1
                at += len(separator)
            if word or piece.quoted:
                parts.append(word)
                present = True
                start = at if start < 0 else start
                end = piece.end if piece.quoted else at + len(word)
            at += len(word)
    if not present:
        return _empty(end, separator)
    elements.append(PathElement("".join(parts), start, end))
    return elements


def _empty(at: int, separator: str) -> PathError:
    begin = max(at, 0)
    return PathError(f'`{separator}` must stand between two names (an empty name is written "")', begin, begin + len(separator))
