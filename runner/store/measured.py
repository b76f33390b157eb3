"""What is asked of metrics, and what is found: the words that reading a window and summing it up have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MICROSECONDS = 1_000_000
"""Of a second: the times of metrics are stored as whole numbers of them."""
LONGEST_INTERVAL = 60.0
"""Two samples of a counter further apart than these seconds leave a gap between them."""
SELDOM = "rows_out"
"""The counter for which that is longer: it is only measured when a part is complete, once in a checkpoint."""
LONGEST_PART = 300.0


class Lifetime(NamedTuple):
    """When an execution measured something, or several did: not before ``begun``, and not after ``over`` (None: somebody still
    does), in epoch seconds. What was measured while the clock had been set back to before ``begun`` is not looked for."""

    begun: float = 0.0
    over: float | None = None

    def and_of(self, other: Lifetime) -> Lifetime:
        """Of both."""
        over = None if self.over is None or other.over is None else max(self.over, other.over)
        return Lifetime(min(self.begun, other.begun), over)


ALWAYS = Lifetime()
"""Of whoever may have measured at any time."""


class Measured(NamedTuple):
    """What a stretch of time holds of one metric. Of a counter ``total`` is its growth and ``weight`` the seconds in which that
    was measured, of a gauge the sum and the number of its samples; ``lowest`` and ``highest`` are rates, or values."""

    total: float
    weight: float
    lowest: float
    highest: float

    @property
    def mean(self) -> float:
        """The rate, or the mean value."""
        return self.total / self.weight


@dataclass(frozen=True)
class Metric:
    """One metric: its series have these numbers. ``is_seldom``: a counter that may be measured seldom."""

    numbers: Sequence[int]
    is_counter: bool
    is_seldom: bool = False
