"""Where in the job file a piece of an option's text stands: through quotes, escapes and what substitutions put in."""

from __future__ import annotations

import re
from itertools import accumulate

from spec.position import Span
from spec.syntax.strings import decode_raw, decode_string
from spec.value import Scalar

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_RAW = re.compile(r'"""(?:(?!""").)*"{3,}', re.DOTALL)
_UNIT = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


def place_in(value: Scalar, start: int, end: int) -> Span:
    """The span of the characters ``[start, end)`` of a text value; the whole value where that cannot be told."""
    written = _characters(value.span.text)
    if written is None or not isinstance(value.data, str):
        return value.span
    text, offsets = written
    shift = _shift(text, value.data, start, end)
    if shift is None:
        return value.span
    begin = value.span.start
    return Span(value.span.source, begin + offsets[start + shift], begin + offsets[max(start, end) + shift])


def _characters(written: str) -> tuple[str, list[int]] | None:
    """The text that ``written`` stands for, and the offset of each of its characters (and of the end) in ``written``."""
    if _RAW.fullmatch(written):
        text = decode_raw(written)
        return text, list(range(3, 4 + len(text)))
    if _QUOTED.fullmatch(written):
        units = [found[0] for found in _UNIT.finditer(written[1:-1])]
        if all(len(unit) == 1 for unit in units):
            return written[1:-1], list(range(1, len(written)))
        text = "".join(decode_string(f'"{unit}"') for unit in units)
        return (text, [1, *accumulate(map(len, units), initial=1)][1:]) if len(text) == len(units) else None
    return (written, list(range(len(written) + 1))) if '"' not in written else None


def _shift(text: str, meant: str, start: int, end: int) -> int | None:
    """How far from its place in ``meant`` the range stands in ``text``, in which placeholders are not replaced yet."""
    if text == meant:
        return 0
    placeholders = list(_PLACEHOLDER.finditer(text))
    if not placeholders:
        return None
    first, last = placeholders[0].start(), placeholders[-1].end()
    if end <= first and meant.startswith(text[:first]):
        return 0
    shift = len(text) - len(meant)
    return shift if start + shift >= last and meant.endswith(text[last:]) else None
