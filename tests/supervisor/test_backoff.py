"""Restart strategies."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.supervisor.backoff import RestartBudget
from spec.job import RestartKind, RestartStrategy


def delays(strategy: RestartStrategy, count: int, seed: int = 1) -> list[float | None]:
    """The first ``count`` answers of a budget."""
    budget = RestartBudget(strategy, random.Random(seed))
    return [budget.next_delay() for _ in range(count)]


def test_none_allows_no_restart():
    """The first failure is the last."""
    assert delays(RestartStrategy(kind=RestartKind.NONE, attempts=5), 2) == [None, None]


def test_fixed_delay_waits_the_same_each_time():
    """As many restarts as attempts, each after the delay."""
    assert delays(RestartStrategy(attempts=2, delay=1.5), 3) == [1.5, 1.5, None]


def test_exponential_backoff_grows_to_its_maximum():
    """Each delay is the former one times the multiplier, up to the maximum."""
    strategy = RestartStrategy(kind=RestartKind.EXPONENTIAL_BACKOFF, attempts=6, delay=1, multiplier=3, maximum_delay=10)
    assert delays(strategy, 7) == [1, 3, 9, 10, 10, 10, None]


def test_progress_gives_the_budget_back():
    """An attempt that got further than any before starts the count, and the delays, again."""
    budget = RestartBudget(RestartStrategy(kind=RestartKind.EXPONENTIAL_BACKOFF, attempts=2, delay=1))
    assert [budget.next_delay(), budget.next_delay(), budget.next_delay()] == [1, 2, None]
    budget.progressed()
    assert budget.next_delay() == 1


@given(
    st.sampled_from(RestartKind),
    st.integers(0, 50),
    st.floats(0, 100),
    st.floats(1, 10),
    st.floats(0, 1000),
    st.floats(0, 1),
    st.integers(),
)
def test_delays_are_bounded_and_end(kind, attempts, delay, multiplier, maximum, jitter, seed):
    """Any strategy allows exactly its attempts. Jitter takes at most its share off the delay that would be without it, which
    never exceeds the greater of delay and maximum."""
    steady = RestartStrategy(kind=kind, attempts=attempts, delay=delay, multiplier=multiplier, maximum_delay=maximum)
    strategy = msgspec.structs.replace(steady, jitter=jitter)
    found = delays(strategy, attempts + 1, seed)
    plain = delays(steady, attempts + 1)
    for value, without in zip(found, plain, strict=True):
        assert (value is None) == (without is None)
        assert value is None or without * (1 - jitter) <= value <= without or value == pytest.approx(without)
    allowed = 0 if kind is RestartKind.NONE else attempts
    assert [value is None for value in found] == [False] * allowed + [True] * (attempts + 1 - allowed)
    assert all(0 <= value <= max(delay, maximum) for value in found if value is not None)


def test_jitter_spreads_the_restarts():
    """With jitter, budgets of different chance wait differently; without, and with the same chance, alike."""
    spread = RestartStrategy(kind=RestartKind.EXPONENTIAL_BACKOFF, attempts=20, delay=10, jitter=0.5)
    assert delays(spread, 20, 1) == delays(spread, 20, 1) != delays(spread, 20, 2)
    assert len(set(delays(spread, 20))) == 20
    assert len({*delays(msgspec.structs.replace(spread, jitter=0.0), 20, 7)[3:]}) == 1


@given(st.lists(st.floats(0, 100)), st.floats(0.001, 100), st.integers(1, 5))
def test_a_long_run_gives_the_budget_back(runs, reset, attempts):
    """After attempts that ran for these times there is another one unless so many in a row were shorter than the reset."""
    budget = RestartBudget(RestartStrategy(attempts=attempts, delay=1, reset=reset))
    short = 0
    for seconds in runs:
        budget.ran(seconds)
        short = 0 if seconds >= reset else short
        assert (budget.next_delay() is None) == (short >= attempts)
        short += 1


def test_without_a_reset_time_alone_gives_nothing_back():
    """A batch job that runs for a day and then fails has not come any further for that."""
    budget = RestartBudget(RestartStrategy(attempts=1, delay=1))
    assert budget.next_delay() == 1
    budget.ran(86_400)
    assert budget.next_delay() is None


def test_a_spent_budget_says_why():
    """The record of a failed execution names the reason why there was no further attempt."""
    budget = RestartBudget(RestartStrategy(kind=RestartKind.NONE))
    assert budget.next_delay() is None
    assert "none" in budget.describe()
    with_attempts = RestartBudget(RestartStrategy(attempts=1))
    with_attempts.next_delay()
    assert "1 restart" in with_attempts.describe()


@pytest.mark.parametrize("attempts", [0])
def test_zero_attempts_is_as_none(attempts):
    """No attempts allowed: no restart, whatever the kind."""
    assert delays(RestartStrategy(attempts=attempts), 1) == [None]
