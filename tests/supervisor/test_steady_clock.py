"""Ages on a system whose clock jumps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.supervisor.steady_clock import SteadyClock


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(-1e9, 1e9)), max_size=10))
def test_nothing_gets_older_than_it_is(steps):
    """However the system's clock is set, no more time passes by the steady one than really passes, and it is not ahead."""
    wall, passed = [1e9], [50.0]
    clock = SteadyClock(lambda: wall[0], lambda: passed[0])
    begun = clock.now()
    for seconds, jump in steps:
        passed[0] += seconds
        wall[0] += seconds + jump
        assert clock.now() <= wall[0]
        assert clock.now() - begun <= passed[0] - 50.0 + 1e-3
    wall[0] = 1e9 + passed[0] - 50.0  # set right again
    assert abs(clock.now() - wall[0]) < 1e-3
