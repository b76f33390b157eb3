"""Times and windows of time in queries: as people write them."""

from __future__ import annotations

import datetime
import math
import re
import time
from typing import Final

from runner.bounds import MAXIMUM_WINDOW_SECONDS
from spec.errors import UsageError

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_WINDOW: Final = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?P<unit>[smhd]?)", re.ASCII)
_POINTS: Final = {60: 30, 300: 60, 3600: 60, 86_400: 96}
_USUAL_POINTS: Final = 120
_LATEST: Final = 253_402_300_800.0  # the year 10000


def seconds_of(window: str) -> float:
    """The seconds of ``90``, ``90s``, ``5m``, ``24h``, ``7d``. Raises :class:`~spec.errors.UsageError`."""
    match = _WINDOW.fullmatch(window)
    seconds = float(match["number"]) * _UNITS[match["unit"]] if match else 0.0
    if not 0 < seconds <= MAXIMUM_WINDOW_SECONDS:
        hint = "write 1m, 5m, 1h, 24h, or another number of seconds, minutes, hours or days; 400 days at most"
        raise UsageError(f"{window!r} is not a window of time", hint=hint, code="invalid-request")
    return seconds


def points_of(seconds: float) -> int:
    """How many points show a window well: none is finer than two measurements."""
    return _POINTS.get(round(seconds), max(1, min(_USUAL_POINTS, math.floor(seconds / 2))))


_LOST_PLUS: Final = re.compile(r"(?P<time>\d{4}-?\d\d-?\d\d[T ]\d\d\S*) (?P<zone>\d\d:?\d\d)", re.ASCII)
"""A time with a zone whose `+` nobody escaped: a query says a space by it."""


def moment_of(text: str | None) -> float | None:
    """The epoch seconds of a time: those themselves, ISO 8601 (UTC unless it says otherwise), or how long ago (``-5m``).
    Raises :class:`~spec.errors.UsageError`."""
    if text is None:
        return None
    try:
        if text.startswith("-"):
            return time.time() - seconds_of(text[1:])
        seconds = float(text) if re.fullmatch(r"[0-9.]+", text, re.ASCII) else _iso_seconds(text)
    except (ValueError, OverflowError, UsageError) as error:
        raise _no_time(text) from error
    if not 0 <= seconds < _LATEST:
        raise _no_time(text)
    return seconds


def _iso_seconds(text: str) -> float:
    moment = datetime.datetime.fromisoformat(_LOST_PLUS.sub(r"\g<time>+\g<zone>", text))
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)).timestamp()


def _no_time(text: str) -> UsageError:
    hint = "write epoch seconds, 2026-01-31T10:00:00Z, or how long ago in seconds, minutes, hours or days: -5m"
    if re.fullmatch(r"[0-9]{12,14}", text, re.ASCII):
        hint = f"{text} looks like milliseconds: write {int(text) / 1000:.3f}"
    return UsageError(f"{text!r} is not a time", hint=hint, code="invalid-request")
