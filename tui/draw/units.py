"""Numbers as people read them: SI rates and counts, binary-free sizes, durations and ages. Unknown is a dash, never 0."""

from __future__ import annotations

from datetime import UTC, datetime

UNKNOWN = "\N{EN DASH}"
_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def si(value: float | None) -> str:
    """Three significant digits and an SI prefix in at most five characters: ``0 7.3 42 182 1.82k 95.3k 182k 1.82M``."""
    if value is None:
        return UNKNOWN
    if abs(value) < 999.5:
        return _small(value)
    power = 0
    while abs(value) >= 999.5 and power < len(_PREFIXES) - 1:
        value /= 1000
        power += 1
    return _three_digits(value) + _PREFIXES[power]


def _small(value: float) -> str:
    if value == 0 or abs(value) >= 9.95 or float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 0.095 else f"{value:.2f}"


def round_si(value: float) -> str:
    """A round number without trailing zeros, for scales: ``1k``, ``2.5M``."""
    power = 0
    while abs(value) >= 1000 and power < len(_PREFIXES) - 1:
        value /= 1000
        power += 1
    return f"{value:.3g}{_PREFIXES[power]}"


def _three_digits(value: float) -> str:
    if abs(value) < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"


def rate(value: float | None) -> str:
    """Rows per second: ``182k/s``."""
    return UNKNOWN if value is None else f"{si(value)}/s"


def size(value: float | None) -> str:
    """Bytes: ``512 B``, ``42.0 MB``."""
    if value is None:
        return UNKNOWN
    text = si(value)
    return f"{text[:-1]} {text[-1]}B" if text[-1].isalpha() else f"{text} B"


def percent(value: float | None) -> str:
    """``184 %``."""
    return UNKNOWN if value is None else f"{value:.0f} %"


def duration(seconds: float | None) -> str:
    """How long something took: ``40ms 0.8s 12s 3m 04s 2h 05m 3d 04h``."""
    if seconds is None:
        return UNKNOWN
    seconds = max(seconds, 0.0)
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    return span(seconds)


def span(seconds: float | None) -> str:
    """A time that is still running, in whole seconds: ``4s 3m 04s 2h 05m 3d 04h``."""
    if seconds is None:
        return UNKNOWN
    whole = int(max(seconds, 0))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR:02}h"


def age(seconds: float | None) -> str:
    """How long ago, in its largest unit: ``4s 12m 3h 9d``."""
    if seconds is None:
        return UNKNOWN
    whole = int(max(seconds, 0))
    for unit, letter in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if whole >= unit:
            return f"{whole // unit}{letter}"
    return f"{whole}s"


def clock_time(at: float | None) -> str:
    """The local time of day of an epoch second: ``14:03:09``."""
    return UNKNOWN if at is None else datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")


def fine_clock_time(at: float | None) -> str:
    """With its thousandths, cut off and not rounded: ``14:03:09.482``."""
    return UNKNOWN if at is None else f"{clock_time(at)}.{int(at % 1 * 1000):03}"


def plural(count: int, noun: str) -> str:
    """``1 job``, ``2 jobs``, with the digits grouped."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
