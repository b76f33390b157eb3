"""Rate limits hold to 5 % over ten seconds, whatever the rate and whatever happens in between. No clock ticks here."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from runner.worker.pace import BATCHES_PER_SECOND, read_pace
from runner.worker.rate import CREDIT_SECONDS, RateLimit
from spec.job import CheckpointSettings, EnvSpec

WINDOW = 10.0


@dataclass
class Reading:
    """A reader with a clock of its own: it reads batches as the pace says, and waits as the limit says.

    ``work`` is how long batch number ``n`` takes; a wait ends up to 4 ms late.
    """

    env: EnvSpec
    work: Callable[[int], float] = lambda number: 0.004
    row_bytes: int = 50
    now: float = 1000.0
    batches: list[tuple[float, int, int]] = field(default_factory=list)
    """When, how many rows, how many bytes."""

    def __post_init__(self) -> None:
        self.limit = RateLimit(self.env.rows_per_second, self.env.bytes_per_second, clock=lambda: self.now)
        self.pace = read_pace(self.env)
        self._late = random.Random(7)

    def run(self, seconds: float) -> None:
        """Read for that long."""
        end = self.now + seconds
        rows = max(1, min(self.pace.rows, self.pace.bytes // self.row_bytes))
        while True:
            wait = self.limit.wait_seconds()
            if wait and self.now + wait >= end:
                self.now = end
                return
            self.now += wait + (self._late.uniform(0, 0.004) if wait else 0.0) + self.work(len(self.batches))
            if self.now >= end:
                return
            self.batches.append((self.now, rows, rows * self.row_bytes))
            self.limit.spend(rows, rows * self.row_bytes)

    def read(self, since: float, until: float, measure: int = 1) -> int:
        """Rows (1) or bytes (2) of the half-open period."""
        return sum(int(batch[measure]) for batch in self.batches if since <= batch[0] < until)

    def most(self, seconds: float, measure: int = 1) -> int:
        """The most in any period of that length."""
        return max(self.read(begin, begin + seconds, measure) for begin, *_ in self.batches)


@pytest.mark.parametrize("rate", [1, 2, 7, 10, 99, 1000, 12_345, 250_000, 1_000_000, 5_000_000])
def test_rows_per_second_hold(rate: int) -> None:
    """In every ten seconds, from one row a second to millions."""
    reading = Reading(EnvSpec(rows_per_second=rate), work=lambda number: 0.02 if rate < 1_000_000 else 0.004)
    reading.run(60)
    for begin in (1001.0, 1010.0, 1025.5, 1049.0):
        assert reading.read(begin, begin + WINDOW) == pytest.approx(rate * WINDOW, rel=0.05)
    assert reading.most(WINDOW) <= rate * WINDOW * 1.05 + (rate < BATCHES_PER_SECOND)


@pytest.mark.parametrize("rate", [500, 4096, 100_000, 3_000_000, 40_000_000])
def test_bytes_per_second_hold(rate: int) -> None:
    """So do bytes."""
    reading = Reading(EnvSpec(bytes_per_second=rate))
    reading.run(40)
    assert reading.read(1005.0, 1015.0, measure=2) == pytest.approx(rate * WINDOW, rel=0.05)
    assert reading.most(WINDOW, measure=2) <= rate * WINDOW * 1.05


def test_the_tighter_of_two_limits_holds() -> None:
    """1000 rows of 50 bytes are fewer than 80,000 bytes; 60,000 bytes are fewer than 2000 rows."""
    reading = Reading(EnvSpec(rows_per_second=1000, bytes_per_second=80_000))
    reading.run(20)
    assert reading.read(1005.0, 1015.0) == pytest.approx(10_000, rel=0.05)
    reading = Reading(EnvSpec(rows_per_second=2000, bytes_per_second=60_000))
    reading.run(20)
    assert reading.read(1005.0, 1015.0) == pytest.approx(12_000, rel=0.05)


@pytest.mark.parametrize("stall", [0.1, 0.24, 0.3, 2.0, 600.0])
def test_lost_time_is_made_up_for_within_bounds(stall: float) -> None:
    """A short stall costs nothing; after a long one (a pause, say) there is no burst beyond the stated credit."""
    rate = 1000
    reading = Reading(EnvSpec(rows_per_second=rate), work=lambda number: stall if number == 100 else 0.001)
    reading.run(stall + 40)
    resumed = reading.batches[100][0]
    batch = rate // BATCHES_PER_SECOND
    for seconds in (0.1, 0.5, 1.0, 5.0, WINDOW):
        assert reading.read(resumed, resumed + seconds) <= rate * (seconds + CREDIT_SECONDS) + batch
    assert reading.read(resumed, resumed + WINDOW) == pytest.approx(rate * WINDOW, rel=0.05)
    if stall < CREDIT_SECONDS:
        assert reading.read(1000.0, 1000.0 + stall + 40) == pytest.approx(rate * (stall + 40), rel=0.005)


def test_regular_stalls_do_not_lower_the_rate() -> None:
    """A checkpoint that costs 200 ms every second is made up for."""
    reading = Reading(EnvSpec(rows_per_second=5000), work=lambda number: 0.2 if number % 10 == 9 else 0.001)
    reading.run(30)
    assert reading.read(1010.0, 1020.0) == pytest.approx(50_000, rel=0.05)


def test_no_batch_is_larger_than_a_tenth_of_a_second() -> None:
    """So that no single one breaks the rate, and a barrier never waits long."""
    assert read_pace(EnvSpec()).bytes == 4 << 20
    assert read_pace(EnvSpec(checkpoint=CheckpointSettings(interval=0.05))).bytes == 1 << 20
    assert read_pace(EnvSpec(checkpoint=CheckpointSettings(interval=0.1))).bytes == 4 << 20
    for rate in (1, 5, 9, 10, 50, 1000, 10**9):
        assert read_pace(EnvSpec(rows_per_second=rate)).rows <= max(1, rate // BATCHES_PER_SECOND)
        assert read_pace(EnvSpec(bytes_per_second=rate)).bytes <= max(1, rate // BATCHES_PER_SECOND)


def test_no_limit_never_waits() -> None:
    """However much is read."""
    free = RateLimit(None, None)
    for _ in itertools.repeat(None, 3):
        free.spend(10**9, 10**9)
        assert free.wait_seconds() == 0
