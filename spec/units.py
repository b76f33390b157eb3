"""Durations and sizes as HOCON writes them: ``30s``, ``1.5 hours``, ``512 MiB``. Plain numbers are the schemas' business."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

_QUANTITY: Final = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*([A-Za-z]*)\s*")
_NUMBER_LIMIT: Final = 100  # characters

_NANOSECONDS: Final = {"nano": 1, "micro": 10**3, "milli": 10**6}
_LONG_TIMES: Final = {"second": 10**9, "minute": 60 * 10**9, "hour": 3600 * 10**9, "day": 86400 * 10**9}
_PREFIXES: Final = (
    ("k", "kilo", "kibi"),
    ("m", "mega", "mebi"),
    ("g", "giga", "gibi"),
    ("t", "tera", "tebi"),
    ("p", "peta", "pebi"),
    ("e", "exa", "exbi"),
    ("z", "zetta", "zebi"),
    ("y", "yotta", "yobi"),
)


def _times() -> dict[str, int]:
    """The words for units of time, in nanoseconds; a number without one counts milliseconds."""
    times = {"": 10**6, "ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
    for name, factor in _NANOSECONDS.items():
        times |= dict.fromkeys((name, f"{name}s", f"{name}second", f"{name}seconds"), factor)
    for name, factor in _LONG_TIMES.items():
        times |= dict.fromkeys((name[0], name, f"{name}s"), factor)
    return times


def _sizes() -> dict[str, int]:
    """The words for units of size, in bytes: a letter alone is a power of two, a letter before B one of ten."""
    sizes = dict.fromkeys(("", "b", "B", "byte", "bytes"), 1)
    for power, (letter, decimal, binary) in enumerate(_PREFIXES, 1):
        upper = letter.upper()
        first = letter if letter == "k" else upper  # kB, but MB
        sizes |= dict.fromkeys((f"{first}B", f"{decimal}byte", f"{decimal}bytes"), 1000**power)
        sizes |= dict.fromkeys((letter, upper, f"{upper}i", f"{upper}iB", f"{binary}byte", f"{binary}bytes"), 1024**power)
    return sizes


_TIMES: Final = _times()
_SIZES: Final = _sizes()
# How the schemas name the units that plain numbers are counted in.
_COUNTED: Final = {"milliseconds": 10**6, "seconds": 10**9, "minutes": 60 * 10**9, "hours": 3600 * 10**9, "days": 86400 * 10**9}


def duration(text: str) -> int | None:
    """The nanoseconds of a duration; None when the text is none. Fractions are rounded towards zero."""
    number, factor = _quantity(text, _TIMES)
    if factor is None:
        return None
    if re.fullmatch(r"[+-]?[0-9]+", number):
        return int(number) * factor
    product = float(number) * factor
    return int(product) if math.isfinite(product) else None


def size(text: str) -> int | None:
    """The bytes of a size; None when the text is none. Fractions of a byte are dropped."""
    number, factor = _quantity(text, _SIZES)
    return None if factor is None else int(Decimal(number) * factor)


def counted(text: str, unit: str) -> int | None:
    """How many of ``unit`` (as schemas name it) a text with a unit of its own is; None when it is not a whole number of them,
    or no such text at all. A plain number is none: what it counts is for its option to say."""
    _, _, word = _split(text)
    if not word:
        return None
    whole = 1 if unit == "bytes" else _COUNTED.get(unit)
    amount = size(text) if unit == "bytes" else duration(text)
    if whole is None or amount is None or amount % whole:
        return None
    return amount // whole


def _split(text: str) -> tuple[bool, str, str]:
    """Whether the text is a number and a word, and both."""
    match = _QUANTITY.fullmatch(text) if len(text) <= _NUMBER_LIMIT else None
    return (False, "", "") if match is None else (True, match[1], match[2])


def _quantity(text: str, units: dict[str, int]) -> tuple[str, int | None]:
    found, number, word = _split(text)
    return number, units.get(word) if found else None
