"""The rate of rows that leave a job, whose count grows a part at a time."""

from __future__ import annotations

import pytest

from runner.supervisor.output_rate import OutputRate


def test_what_a_part_brought_is_spread_over_the_time_it_took() -> None:
    """A count that jumps by 1,000 every ten seconds is 100 a second at every moment in between."""
    rate = OutputRate()
    for second in range(41):
        rate.observe(second, second * 120, second // 10 * 1000, barrier_at=second // 10)
        if second > 20:
            assert rate.per_second(second) == pytest.approx(100)


def test_a_count_is_settled_when_it_grows_or_nothing_is_under_way() -> None:
    """While rows come in and none has been counted out the count is no measurement; when nothing comes in, it is."""
    rate = OutputRate()
    rate.observe(0, 10, 0, None)
    assert rate.take_settled()
    rate.observe(1, 20, 0, None)
    assert not rate.take_settled()
    rate.observe(2, 30, 25, None)
    assert rate.take_settled()
    rate.observe(3, 30, 25, None)
    assert rate.take_settled()


def test_a_rate_decays_when_no_part_follows() -> None:
    """A sink that is stuck is seen to be."""
    rate = OutputRate()
    rate.observe(0, 100, 100, None)
    rate.observe(1, 200, 200, None)
    assert rate.per_second(2) == pytest.approx(100)
    assert rate.per_second(100) == pytest.approx(1)


def test_a_stretch_in_which_everything_was_filtered_out_is_a_measured_zero() -> None:
    """A committed barrier settles the count although it has not grown."""
    rate = OutputRate()
    rate.observe(0, 100, 0, 0.0)
    rate.observe(5, 200, 0, 5.0)
    rate.observe(10, 300, 0, 10.0)
    assert rate.per_second(10) == 0
