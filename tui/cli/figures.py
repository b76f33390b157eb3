"""Numbers as people read them. None is a dash: unknown is not zero."""

from __future__ import annotations

UNKNOWN = "-"
_SCALES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def count(value: float | None) -> str:
    """12345 -> ``12.3k``; three significant digits from a thousand on."""
    if value is None:
        return UNKNOWN
    for scale, letter in _SCALES:
        if abs(value) >= scale * 0.9995:
            return f"{value / scale:.3g}{letter}" if abs(value) < scale * 999.5 else f"{value / scale:.0f}{letter}"
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.1f}"


def exact(value: int | None) -> str:
    """12345 -> ``12,345``."""
    return UNKNOWN if value is None else f"{value:,}"


def rate(value: float | None) -> str:
    """Rows per second."""
    return UNKNOWN if value is None else f"{count(value)}/s"


def share(value: float | None) -> str:
    """0.123 -> ``12%``."""
    return UNKNOWN if value is None else f"{value:.0%}"


def size(value: float | None) -> str:
    """Bytes, in powers of 1024."""
    if value is None:
        return UNKNOWN
    number, unit = float(value), 0
    while number >= 1023.5 and unit < len(_SIZES) - 1:
        number /= 1024
        unit += 1
    return f"{number:.0f} {_SIZES[unit]}" if unit == 0 or number >= 99.5 else f"{number:.3g} {_SIZES[unit]}"


def duration(seconds: float | None) -> str:
    """0.034 -> ``34ms``, 3.21 -> ``3.2s``, 83 -> ``1m23s``, 90061 -> ``1d1h``."""
    if seconds is None:
        return UNKNOWN
    seconds = max(0.0, seconds)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours}h"
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"
