"""Scales: a round number above the largest value, and the labels of a time axis."""

from __future__ import annotations

import math
from collections.abc import Iterable

_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

_SMALLEST = 0.01


def ceiling(values: Iterable[float | None]) -> float:
    """The smallest round number that no value exceeds (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten), at
    least 0.01; 1 when nothing is above zero."""
    largest = max((value for value in values if value is not None), default=0.0)
    if largest <= 0 or not math.isfinite(largest):
        return 1.0
    power = max(10.0 ** math.floor(math.log10(largest)), _SMALLEST)
    for step in _STEPS:
        if step * power >= largest * (1 - 1e-9):
            return step * power
    return 10.0 * power


def time_axis(window: int, cells: int) -> str:
    """``-5m ─────── -2m30s ─────── now`` in exactly ``cells`` cells."""
    left, middle, right = f"-{_label(window)}", f"-{_label(window // 2)}", "now"
    if cells < len(left) + len(right) + 2:
        return "─" * cells
    text = left.ljust(cells - len(right), "─") + right
    at = (cells - len(middle)) // 2
    if cells >= len(left) + len(middle) + len(right) + 8:
        text = text[: at - 1] + f" {middle} " + text[at + len(middle) + 1 :]
    return text.replace(f"{left}─", f"{left} ", 1).replace(f"─{right}", f" {right}")


def _label(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400) if seconds > 86_400 else (0, seconds)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    counts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{count}{unit}" for count, unit in counts if count)


_RANKS = "┬◆↻✗"
"""Signs of what happened, from the least to the most."""


def marked_axis(axis: str, marks: Iterable[tuple[str, float]]) -> str:
    """The axis with the signs of what happened at their places (shares of it, from 0 to 1), where it has no label; of several
    in one cell the gravest."""
    cells = list(axis)
    for sign, share in sorted(marks, key=lambda mark: _RANKS.find(mark[0])):
        index = int(share * len(cells))
        if 0 <= share <= 1 and index < len(cells) and cells[index] in ("─", *_RANKS):
            cells[index] = sign
    return "".join(cells)
