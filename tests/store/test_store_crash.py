"""kill -9 in the middle of writes: what was acknowledged is there, and nothing is torn."""

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
    """Each of the samples of every transaction is there once."""
    start = store_process.START + 0.5
    series = await store.read(lambda s: s.metric_series(["execution"], None, start, start + last, last))
    assert [[point.value for point in one.points] for one in series] == [[float(n) for n in range(1, last + 1)]] * 20


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
