"""A database whose main file is damaged: what can be read is saved, the rest is said, and nothing goes on in silence."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess

import duckdb
import pytest

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, DesiredState, Execution, Generation, Job
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.database import Database
from runner.store.errors import StoreError
from runner.store.metrics import MetricSample
from runner.supervisor.errors import CheckpointDamaged
from runner.supervisor.restore import LATEST, choose_restore_point

HEADERS = 3 * 4096
BLOCK = 262_144
JOBS = 4
START = 1_763_761_000.0
STATES = {(job, number): random.Random(f"{job} {number}").randbytes(90_000) for job in range(JOBS) for number in (1, 2, 3)}


def fill(store):
    """Jobs with checkpoints of some size, events that fill blocks of their own, and metrics."""
    noise = random.Random(1)
    for job in (f"job-{number}" for number in range(JOBS)):
        common = {"mode": "BATCH", "desired_state": DesiredState.RUNNING, "generation": 1}
        store.insert_job(Job(id=job, name=job, created_at=1.0, updated_at=1.0, **common))
        generation = Generation(job_id=job, number=1, content_hash="", created_at=1.0, text="", spec={})
        store.insert_generation(generation, noise.randbytes(100), b"")
        common = {"job_id": job, "job_name": job, "generation": 1, "state_since": 1.0, "created_at": 1.0}
        store.insert_execution(Execution(id=job.replace("job", "e"), state=ExecutionState.RUNNING, **common))
    for job, number in STATES:
        common = {"id": number, "job_id": f"job-{job}", "execution_id": f"e-{job}", "generation": 1, "triggered_at": 100.0}
        common["kind"] = CheckpointKind.PERIODIC
        store.insert_checkpoint(Checkpoint(status=CheckpointStatus.IN_PROGRESS, **common))
        store.complete_checkpoint(Checkpoint(status=CheckpointStatus.COMPLETED, **common), STATES[job, number])
        store.mark_committed(f"job-{job}", number, 200.0)
    for _ in range(300):
        store.append_event("noise", message=noise.randbytes(1000).hex())
    store.append_metrics([MetricSample(START + at, "e-1", "", "lag_rows", noise.random()) for at in range(60_000)])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a filled database, and which blocks belong to which tables."""
    return asyncio.run(_whole(tmp_path_factory.mktemp("whole") / "control.duckdb"))


async def _whole(database):
    store = await AsyncStore.open(database)
    await store.write(lambda s: fill(s))
    await store.close()
    blocks = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            rows = connection.execute(
                "SELECT DISTINCT block_id, column_name FROM pragma_storage_info(?) WHERE block_id >= 0", [table]
            )
            for block, column in rows.fetchall():
                blocks.setdefault(block, set()).add((table, column))
    return database.read_bytes(), blocks


def damage(whole, database, wanted):
    """A database of which the first block is damaged whose (table, column)s ``wanted`` accepts; what else was in it."""
    content, blocks = whole
    block = next(block for block, users in sorted(blocks.items()) if wanted(users))
    damaged = bytearray(content)
    damaged[HEADERS + block * BLOCK + 5000] ^= 1
    database.parent.mkdir(parents=True, exist_ok=True)
    database.write_bytes(damaged)
    return bytes(damaged)


def of_table(table):
    """Blocks that hold nothing else than one table."""
    return lambda users: {name for name, _ in users} == {table}


async def check(store):
    """Whatever is answered is right, and no job goes on from another than its newest checkpoint."""
    outcomes = set()
    for job in range(JOBS):
        assert (await store.read(lambda s, job=job: s.job(f"job-{job}"))).execution.id == f"e-{job}"
        points = await store.read(lambda s, job=job: s.checkpoints(f"job-{job}"))
        states = {point.id: await read_state(store, job, point.id) for point in points}
        assert all(state in (STATES.get((job, number)), None) for number, state in states.items())
        try:
            trouble = {number: "" if state else "damaged" for number, state in states.items()}
            chosen = choose_restore_point(points, LATEST, f"e-{job}", damage=lambda point, trouble=trouble: trouble[point.id])
        except CheckpointDamaged:
            outcomes.add("refused")
        else:
            assert chosen.id == 3
            outcomes.add("newest")
    return outcomes


async def read_state(store, job, number):
    """The state, None when the store says that it is lost."""
    with contextlib.suppress(StoreError):
        return await store.read(lambda s: s.checkpoint_state(f"job-{job}", number))
    return None


async def test_wherever_a_block_is_damaged_nothing_goes_on_in_silence(whole, database):
    """Each block of the file in turn: the store refuses to start and keeps every byte, or it starts, says what is lost, and
    answers rightly; a job goes on from its newest checkpoint, or not without a word."""
    _, blocks = whole
    seen = set()
    for block in sorted(blocks):
        before = damage(whole, database, lambda users, block=block: users is blocks[block])
        try:
            store = await AsyncStore.open(database)
        except StoreError as error:
            seen.add(error.code)
            refused = error.hint
        else:
            seen |= await check(store)
            await store.close()
            refused = ""
        assert not refused or ("mv " in refused and database.read_bytes() == before)
        for path in database.parent.iterdir():
            path.unlink()
    assert seen == {"newest", "refused", "store-corrupt"}


async def test_damaged_metrics_cost_metrics_and_nothing_else(whole, database):
    """Everything else is as it was; the error names the way out, the next start takes it, and says what is lost."""
    damage(whole, database, of_table("samples"))
    store = await AsyncStore.open(database)
    with pytest.raises(StoreError) as caught:
        await store.read(lambda s: s.metric_series(["e-1"], None, START, START + 60_000, 10))
    assert caught.value.code == "store-corrupt"
    assert "flowdeck up" in caught.value.hint
    assert await check(store) == {"newest"}
    await store.close()
    again = await AsyncStore.open(database)
    assert await check(again) == {"newest"}
    assert len(await again.read(lambda s: s.metric_series(["e-1"], None, START, START + 60_000, 10))) <= 1
    (message,) = again.report.messages()
    assert "samples: " in message
    assert str(again.report.damaged) in message
    assert (await again.read(lambda s: s.events_since(300)))[0].kind == "store.damaged"
    await again.write(lambda s: s.append_metrics([MetricSample(START + 70_000, "e-2", "", "lag_rows", 1.0)]))
    assert len(await again.read(lambda s: s.metric_series(["e-2"], None, START + 69_990, START + 70_010, 1))) == 1
    await again.close()
    third = await AsyncStore.open(database)
    assert third.report.messages() == []
    await third.close()


async def test_a_lost_state_refuses_the_restore_and_keeps_the_record(whole, database):
    """The record of a checkpoint outlives its state; whoever wants to go on from it is told, and may choose another."""
    damage(whole, database, lambda users: ("checkpoints", "state") in users and len(users) == 1)
    store = await AsyncStore.open(database)
    codes = set()
    for job, number in STATES:
        try:
            await store.read(lambda s, job=job, number=number: s.checkpoint_state(f"job-{job}", number))
        except StoreError as error:
            codes.add(error.code)
    assert codes == {"store-corrupt"}
    await store.close()
    again = await AsyncStore.open(database)
    assert "in part" in " ".join(again.report.messages())
    assert [len(await again.read(lambda s, job=job: s.checkpoints(f"job-{job}"))) for job in range(JOBS)] == [3] * JOBS
    assert "refused" in await check(again)
    await again.close()


async def test_following_the_hint_goes_on_with_what_was_saved(whole, database):
    """When jobs are lost somebody has to say so; the commands lead to a store with the rest, the damaged one is kept."""
    before = damage(whole, database, lambda users: any(table == "jobs" for table, _ in users))
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(database)
    assert "jobs: " in caught.value.message
    state = database.parent / "checkpoints" / "job-1-7-0123456789abcdef.bin"
    state.parent.mkdir()
    state.write_bytes(b"of a lost job")
    command = caught.value.hint.partition("read: ")[2].rpartition(" (")[0]
    await asyncio.to_thread(subprocess.run, ["sh", "-c", command], check=True, timeout=60)
    store = await AsyncStore.open(database)
    assert len(await store.read(lambda s: s.events_since(0))) == 300
    await store.close()
    (kept,) = database.parent.glob("checkpoints.orphaned-*")
    assert [path.name for path in kept.iterdir()] == [state.name]
    (aside,) = database.parent.glob("damaged-*")
    assert (aside / database.name).read_bytes() == before


@pytest.mark.parametrize("done", range(3))
async def test_a_kill_while_the_saved_one_takes_its_place(whole, database, done, monkeypatch):
    """After each step of the exchange: the next start makes up for the rest."""
    damage(whole, database, of_table("samples"))
    database.with_name(database.name + ".damaged").write_text("a block was damaged")
    steps = iter(range(100))

    class Killed(BaseException):
        """What a kill looks like from inside."""

    def step(function):
        def run(*arguments):
            if next(steps) == done:
                raise Killed
            return function(*arguments)

        return run

    with monkeypatch.context() as patched:
        patched.setattr("runner.store.salvage.os.link", step(os.link))
        patched.setattr("runner.store.salvage.sync_directory", step(lambda _: None))
        with contextlib.suppress(Killed):
            await (await AsyncStore.open(database)).close()
    store = await AsyncStore.open(database)
    assert await check(store) == {"newest"}
    await store.close()
    assert next(steps) > done
    left = {path.name.partition(".damaged-")[0] for path in database.parent.iterdir()}
    assert left == {database.name}


@pytest.mark.parametrize("killed", [False, True])
async def test_a_missing_database_does_not_cost_what_lay_beside_it(database, killed):
    """States and savepoints of a database that is gone are moved aside, which is said, and can be restored by hand; also when
    the first start without it was killed."""
    savepoint = database.parent / "savepoints" / "job-1" / "7"
    state = database.parent / "checkpoints" / "job-1-7-0123456789abcdef.bin"
    for path in (savepoint / "manifest.json", state):
        path.parent.mkdir(parents=True)
        path.write_text("precious")
    if killed:
        Database(database)._create()
    store = await AsyncStore.open(database)
    said = " ".join(store.report.messages())
    await store.close()
    (kept,) = database.parent.glob("savepoints.orphaned-*")
    (states,) = database.parent.glob("checkpoints.orphaned-*")
    assert (kept / "job-1" / "7" / "manifest.json").read_text() == "precious"
    assert (states / state.name).read_text() == "precious"
    assert str(kept) in said
    assert str(states) in said
    again = await AsyncStore.open(database)
    assert again.report.messages() == []
    await again.close()
