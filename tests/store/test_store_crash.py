"""kill -9 in the middle of writes: what was acknowledged is there, nothing is torn, and no metric is lost or counted twice."""

from __future__ import annotations

import importlib.util
import os
import random
import selectors
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.store.asynchronous import AsyncStore

KILLS = int(os.environ.get("FLOWDECK_CHAOS_KILLS", "20"))
SEED = 7
PROCESS = Path(__file__).with_name("store_process.py")
# Of each table what is not in the next one yet.
SUMMED_UP = """
    WITH "mark" AS (SELECT "seconds", make_timestamp("until") AS "until" FROM "resolutions")
    SELECT sum("weight"), sum("total") FROM (
        SELECT 1 AS "weight", "value" AS "total" FROM "samples" WHERE "ts" >= (SELECT "until" FROM "mark" WHERE "seconds" = 10)
        UNION ALL
        SELECT "weight", "total" FROM "samples_10s" WHERE "ts" >= (SELECT "until" FROM "mark" WHERE "seconds" = 60)
        UNION ALL
        SELECT "weight", "total" FROM "samples_1m" WHERE "ts" >= (SELECT "until" FROM "mark" WHERE "seconds" = 3600)
        UNION ALL
        SELECT "weight", "total" FROM "samples_1h"
    )
"""

_specification = importlib.util.spec_from_file_location("store_process", PROCESS)
store_process = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(store_process)


def write_and_kill(database, life, *, from_start):
    """Let a process write for ``life`` seconds, counted from its start or from its first acknowledgement, and kill it; what it
    acknowledged."""
    process = subprocess.Popen([sys.executable, PROCESS, "write", database, str(SEED)], stdout=subprocess.PIPE)
    output = b""
    deadline = time.monotonic() + (life if from_start else 30.0)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (remaining := deadline - time.monotonic()) > 0:
            if selector.select(remaining):
                arrived = os.read(process.stdout.fileno(), 65536)
                assert arrived, "the writer ended by itself"
                if not output and not from_start:
                    deadline = time.monotonic() + life
                output += arrived
    process.kill()
    output += process.stdout.read()
    process.wait(10)
    process.stdout.close()
    complete, _, _ = output.rpartition(b"\n")
    return [int(line) for line in complete.split()]


async def check(database, acknowledged):
    """Every kind of record tells of the same last transaction, which is the last acknowledged one or the one after."""
    store = await AsyncStore.open(database)
    execution = await store.read(lambda s: s.execution("execution"))
    last = execution.restarts if execution else 0
    assert acknowledged <= last <= acknowledged + 1
    assert [event.message for event in await store.read(lambda s: s.events_since(0, 10**6))] == [
        str(n) for n in range(1, last + 1)
    ]
    retained = [number for number in range(last, last - store_process.RETAINED, -1) if number > 0]
    assert [found.id for found in await store.read(lambda s: s.checkpoints("job"))] == retained
    states = {number: store_process.state_of(number, SEED) for number in retained}
    for number, state in states.items():
        assert await store.read(lambda s, n=number: s.checkpoint_state("job", n)) == state
    directory = database.parent / "checkpoints"
    files = list(directory.iterdir()) if directory.exists() else []
    assert len(files) == sum(len(state) > 2**20 for state in states.values())
    if last:
        await check_metrics(store, last)
    await store.close()
    assert store.report.repairs == []
    return last


async def check_metrics(store, last):
    """Each of the samples of every transaction is there once: the latest as they were, all of them in the sums."""
    shown = range(max(1, last - 29), last + 1)
    start, end = (store_process.START + store_process.SECONDS * (number - 0.25) for number in (shown[0], last + 1))
    series = await store.read(lambda s: s.metric_series(["execution"], None, start, end, 2 * len(shown)))
    expected = [value for number in shown for value in (float(number), None)]
    assert [[point.value for point in one.points] for one in series] == [expected] * 20
    (counted,) = await store.read(lambda s: s._session.rows(SUMMED_UP))
    assert counted == (20 * last, 20 * last * (last + 1) / 2)


@pytest.mark.chaos
@pytest.mark.timeout(60 + 10 * KILLS)
async def test_nothing_acknowledged_is_lost_and_nothing_is_torn(database):
    """A writer is killed again and again, while it starts as well as while it writes; after each kill the database opens by
    itself and holds exactly the acknowledged transactions, and at most the one whose acknowledgement the kill cut off."""
    generator = random.Random(int(os.environ.get("FLOWDECK_CHAOS_SEED", "1")))
    last = total = 0
    for kill in range(KILLS):
        from_start = kill % 4 == 0
        acknowledged = write_and_kill(database, generator.uniform(0.0, 1.0 if from_start else 0.4), from_start=from_start)
        total += len(acknowledged)
        last = await check(database, max(acknowledged, default=last))
    assert total > KILLS
    print(f"{KILLS} kills, {total} acknowledged transactions, {last} in all")
