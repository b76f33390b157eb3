"""When a failed attempt is followed by another one, and after how long. Pure."""

from __future__ import annotations

import random

from spec.job import RestartKind, RestartStrategy


class RestartBudget:
    """Counts the restarts of one execution against its strategy. ``chance`` draws the jitter of the delays (None: at random).

    ``attempts`` bounds failures in a row: an attempt that brought the job further (a completed checkpoint with more rows than
    any before), or that ran as long as the strategy's ``reset`` says, gives the full budget back: a stream which fails once a
    week runs for ever and one that fails at the same row each time does not.
    """

    def __init__(self, strategy: RestartStrategy, chance: random.Random | None = None) -> None:
        self.strategy = strategy
        """May be replaced; what is used up stays used."""
        self.used = 0
        self._chance = chance or random.Random()  # noqa: S311 - it spreads load, it guards nothing

    def progressed(self) -> None:
        """The job got further than ever before."""
        self.used = 0

    def ran(self, seconds: float) -> None:
        """An attempt ran for so long before it failed."""
        reset = self.strategy.reset
        if reset is not None and seconds >= reset:
            self.used = 0

    def next_delay(self) -> float | None:
        """Use up one restart: the seconds to wait before it, or None when the strategy allows no more."""
        strategy = self.strategy
        if strategy.kind is RestartKind.NONE or self.used >= strategy.attempts:
            return None
        self.used += 1
        delay = strategy.delay if strategy.kind is RestartKind.FIXED_DELAY else self._exponential_delay()
        return delay * (1.0 - strategy.jitter * self._chance.random())

    def _exponential_delay(self) -> float:
        strategy = self.strategy
        delay = strategy.delay
        for _ in range(self.used - 1):
            delay *= strategy.multiplier
            if delay >= strategy.maximum_delay:
                break
        return min(delay, strategy.maximum_delay)

    def describe(self) -> str:
        """Why there is no further attempt, for the record."""
        if self.strategy.kind is RestartKind.NONE:
            return "its restart strategy is none"
        return f"{self.used} restart{'s' if self.used != 1 else ''} in a row brought it no further"
