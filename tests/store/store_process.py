"""A process of its own for the tests that kill one or need one beside them: ``store_process.py MODE DATABASE ...``.

``write DATABASE SEED``: transactions without end, each acknowledged by a line with its number once it is durable, each ten
seconds after the one before by the clock of the metrics, which are tidied up all along.
``crowd DATABASE``: many writers that each wait for their own writes only, some of which fail halfway; see :func:`crowd`.
``leave DATABASE COUNT``: ``COUNT`` transactions, then exit without closing; each acknowledged by number and size of the log.
``hold DATABASE``: open, say so, and wait for the end of the input.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, DesiredState, Execution, Job
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.metrics import MetricSample
from runner.store.store import Store

START = 1_763_761_000.0
SECONDS = 10.0
RETAINED = 3
SIZES = (0, 100, 20_000, 400_000, 1_100_000)


def state_of(number: int, seed: int) -> bytes:
    """The state of checkpoint ``number``: the same whenever asked."""
    generator = random.Random(number * 1000 + seed)
    return generator.randbytes(generator.choice(SIZES))


def prepare(store: Store) -> None:
    """The job and the execution that every transaction touches, unless an earlier process made them."""
    if store.job("job") is None:
        store.insert_job(
            Job(
                id="job",
                name="job",
                mode="STREAMING",
                desired_state=DesiredState.RUNNING,
                generation=1,
                created_at=START,
                updated_at=START,
            )
        )
        store.insert_execution(execution(0))


def execution(number: int) -> Execution:
    """The execution as transaction ``number`` leaves it."""
    return Execution(
        id="execution",
        job_id="job",
        job_name="job",
        generation=1,
        state=ExecutionState.RUNNING,
        state_since=START,
        created_at=START,
        restarts=number,
    )


def step(store: Store, seed: int) -> int:
    """One transaction over every kind of record; returns its number."""
    number = store.next_checkpoint_id("job")
    common = {"id": number, "job_id": "job", "execution_id": "execution", "generation": 1, "triggered_at": START + number}
    begun = Checkpoint(kind=CheckpointKind.PERIODIC, status=CheckpointStatus.IN_PROGRESS, **common)
    store.insert_checkpoint(begun)
    state = state_of(number, seed)
    done = Checkpoint(kind=CheckpointKind.PERIODIC, status=CheckpointStatus.COMPLETED, size=len(state), **common)
    store.complete_checkpoint(done, state)
    store.mark_committed("job", number, START + number)
    store.prune_checkpoints("job", RETAINED)
    store.update_execution(execution(number))
    store.append_metrics(
        [MetricSample(START + SECONDS * number, "execution", f"p{plugin}", "lag_rows", number) for plugin in range(20)]
    )
    store.append_event("step", "job", "execution", str(number))
    return number


async def write(database: Path, seed: int) -> None:
    """Write until killed."""
    store = await AsyncStore.open(database)
    await store.write(prepare)
    while True:
        number = await store.write(lambda opened: step(opened, seed))
        os.write(1, f"{number}\n".encode())
        await store.write(lambda opened, now=START + SECONDS * number: opened.tidy_metrics(now))


CROWD = 12
FAILS_EVERY = 5


async def crowd(database: Path) -> None:
    """Write until killed, as many at the same time. Write ``number`` of a writer is three records of different kinds; it is
    acknowledged by a line with writer and number. Every fifth one fails after the first record."""
    store = await AsyncStore.open(database)

    async def work(writer: int) -> None:
        number = 0
        while True:
            number += 1
            with contextlib.suppress(LookupError):
                await store.write(lambda opened, number=number: entry_of_crowd(opened, f"{writer}-{number}", number))
                os.write(1, f"{writer} {number}\n".encode())

    await asyncio.gather(*(work(writer) for writer in range(CROWD)))


def entry_of_crowd(store: Store, name: str, number: int) -> None:
    """All of it, or LookupError."""
    store.insert_job(
        Job(
            id=name,
            name=name,
            mode="BATCH",
            desired_state=DesiredState.STOPPED,
            generation=1,
            created_at=START,
            updated_at=START,
        )
    )
    if number % FAILS_EVERY == 0:
        raise LookupError(name)
    store.begin_request("somebody", name, "fingerprint", START)
    store.append_event("written", name)


async def leave(database: Path, count: int) -> None:
    """Write some and vanish."""
    store = await AsyncStore.open(database)
    await store.write(lambda opened: opened.append_event("first"))
    log = database.with_name(database.name + ".wal")
    for number in range(count):
        text = "x" * random.Random(number).choice([10, 500, 6000])
        event = await store.write(lambda opened, text=text: opened.append_event("event", message=text))
        os.write(1, f"{event.revision} {log.stat().st_size}\n".encode())
    os._exit(0)


async def hold(database: Path) -> None:
    """Keep the file open until somebody closes our input."""
    store = await AsyncStore.open(database)
    os.write(1, b"open\n")
    await asyncio.to_thread(sys.stdin.read)
    await store.close()


def main() -> None:
    """Run the mode that the arguments name."""
    mode, database, *rest = sys.argv[1:]
    path = Path(database)
    runs = {
        "write": lambda: write(path, int(rest[0])),
        "crowd": lambda: crowd(path),
        "leave": lambda: leave(path, int(rest[0])),
        "hold": lambda: hold(path),
    }
    asyncio.run(runs[mode]())


if __name__ == "__main__":
    main()
