"""The newest cells of latencies are told from memory: exactly what a read of their table would find, or nothing."""

from __future__ import annotations

import random

from runner.store import recent_latencies
from runner.store.asynchronous import AsyncStore
from runner.store.latencies import LatencyCell
from runner.store.measured import MICROSECONDS
from runner.store.recent_latencies import RecentCell, RecentLatencies

START = 1_763_762_400.0
EXECUTIONS = ["e-1", "e-2", "e-3"]


async def windows(store, now, *, from_memory):
    """Windows that end now and before, of some executions and of one that has nothing; how many memory could tell."""

    def work(s):
        known = s._session.recent_latencies if from_memory else RecentLatencies()
        s._session.recent_latencies = known
        asked = [(now - seconds, now - later) for seconds in (60, 300, 590, 4000) for later in (0.0, 33.3)]
        found = [s.latency_window(ids, *bounds, 30) for bounds in asked for ids in (EXECUTIONS[:1], EXECUTIONS, ["e-4"])]
        return found, sum(known.read([], round(since * MICROSECONDS), 0) is not None for since, _ in asked)

    return await store.read(work)


async def test_windows_are_the_same_from_memory(store, database):
    """While cells come, late ones too, are made longer or removed, after the daemon and after the clock was set back."""
    chance, at, told = random.Random(2), START, 0
    for turn in range(110):
        at += 20.0
        cells = [
            LatencyCell(at - chance.randrange(40), name, {chance.randrange(99): chance.randrange(1, 9) for _ in range(4)})
            for name in EXECUTIONS
            if chance.random() < 0.8
        ]
        await store.write(lambda s, cells=cells: s.append_latencies(cells))
        if turn == 40:
            await store.close()
            store = await AsyncStore.open(database)
        if turn == 60:
            at -= 200
        if turn == 90:  # by a clock that is hours ahead
            while await store.write(lambda s, at=at: s.tidy_metrics(at + 2 * 3600 + 100)):
                pass
        if turn % 10 == 0:
            found, known = await windows(store, at, from_memory=True)
            assert found == (await windows(store, at, from_memory=False))[0]
            told += known
    assert told >= 20
    await store.close()


def test_only_so_much_is_kept(monkeypatch):
    """Of many executions less time is kept; of one that is removed nothing."""
    monkeypatch.setattr(recent_latencies, "MOST", 100)
    recent = RecentLatencies()
    recent.begin(0)
    for number in range(100):
        at = number * 10 * MICROSECONDS
        cell = RecentCell(at, at + 10 * MICROSECONDS, {1: 1, 2: 1})
        recent.add([(name, cell) for name in EXECUTIONS])
    assert recent.read(EXECUTIONS, 0, 1000 * MICROSECONDS) is None
    found = recent.read(EXECUTIONS, 950 * MICROSECONDS, 1000 * MICROSECONDS)
    assert found is not None
    assert len(found) == 15
    recent.remove(["e-1"])
    assert len(recent.read(EXECUTIONS, 950 * MICROSECONDS, 1000 * MICROSECONDS) or ()) == 10
