"""Shares of the time of plugins: whatever the workers say and when, never more than all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.protocol import Heartbeat, PluginCounters
from runner.supervisor.time_shares import TIMES, TimeShares


def beat(worker=0, threads=1, **seconds):
    """What a worker says of one plugin."""
    counters = PluginCounters(plugin="p", threads=threads, **{name + "_seconds": value for name, value in seconds.items()})
    return Heartbeat(
        execution="e", attempt=1, epoch=1, worker=worker, counters=[counters], cpu_seconds=0, memory_bytes=0, drained=False
    )


def test_shares_are_the_mean_of_the_threads():
    """Two threads of one worker and one of another; who has left does not count."""
    subject = TimeShares()
    for worker, threads in ((0, 2), (1, 1)):
        subject.observe(beat(worker, threads), 0.0)
    assert subject.seconds(0.0) == {}
    subject.observe(beat(0, 2, busy=0.5, idle=0.5), 0.5)
    subject.observe(beat(1, 1, busy=0.1, backpressured=0.4), 0.5)
    subject.seconds(0.5)
    first = subject.seconds(1.5)["p"]
    assert first == pytest.approx({"busy_seconds": 0.35 + 0.175, "idle_seconds": 0.375, "backpressured_seconds": 0.6})
    subject.depart(1)
    second = subject.seconds(2.5)["p"]
    assert [second[name] - first[name] for name in TIMES] == pytest.approx([0.5, 0.5, 0.0])


@given(st.lists(st.tuples(st.floats(0.001, 5), st.floats(0, 50), st.floats(0, 50), st.booleans()), min_size=1))
def test_never_more_than_all_of_the_time(steps):
    """Late heartbeats, seconds credited all at once: between two looks no more passes than the clock says."""
    subject, now, busy, idle = TimeShares(), 0.0, 0.0, 0.0
    looked, before = None, 0.0
    for elapsed, more_busy, more_idle, look in steps:
        now, busy, idle = now + elapsed, busy + more_busy, idle + more_idle
        subject.observe(beat(busy=busy, idle=idle), now)
        if look:
            whole = sum(subject.seconds(now).get("p", {}).values())
            if looked is not None:
                assert 0 <= whole - before <= (now - looked) * (1 + 1e-9) + 1e-9
            looked, before = now, max(whole, before)
