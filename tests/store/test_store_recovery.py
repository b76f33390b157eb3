"""Opening what a crash, a bad disk or another process left behind."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from runner.model import CheckpointStatus
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError

PROCESS = Path(__file__).with_name("store_process.py")


def log_of(database):
    """The write-ahead log of a database."""
    return database.with_name(database.name + ".wal")


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory):
    """A database with a log of many transactions whose process is gone, and (revision, log size) of each."""
    database = tmp_path_factory.mktemp("left") / "control.duckdb"
    done = subprocess.run(
        [sys.executable, PROCESS, "leave", database, "40"], capture_output=True, text=True, timeout=60, check=True
    )
    marks = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert log_of(database).stat().st_size == marks[-1][1]
    return database, marks


@pytest.fixture
def copy(left_behind, database):
    """A copy of it to damage."""
    source, marks = left_behind
    database.parent.mkdir()
    shutil.copyfile(source, database)
    shutil.copyfile(log_of(source), log_of(database))
    return database, marks


async def revisions(database):
    """Open, read the revisions of all events, write one more, close; the revisions and the report."""
    opened = await AsyncStore.open(database)
    found = [event.revision for event in await opened.read(lambda s: s.events_since(0))]
    assert (await opened.write(lambda s: s.append_event("more"))).revision == len(found) + 1
    await opened.close()
    again = await AsyncStore.open(database)
    assert len(await again.read(lambda s: s.events_since(0))) == len(found) + 1
    await again.close()
    return found, opened.report


def complete_prefix(marks, size):
    """The revisions of all transactions that lie in the first ``size`` bytes of the log."""
    return list(range(1, max([revision for revision, end in marks if end <= size], default=1) + 1))


@pytest.mark.parametrize("seed", range(6))
async def test_a_log_cut_anywhere_keeps_every_complete_transaction(copy, seed):
    """A power failure may cut the log at any byte: everything before the cut transaction is there."""
    database, marks = copy
    size = random.Random(seed).randrange(marks[0][1], marks[-1][1])
    with log_of(database).open("r+b") as file:
        file.truncate(size)
    found, _ = await revisions(database)
    assert found == complete_prefix(marks, size)


@pytest.mark.parametrize("tail", ["zeros", "garbage", "flip"])
@pytest.mark.parametrize("seed", range(6))
async def test_a_damaged_log_is_cut_where_it_breaks_and_kept(copy, caplog, seed, tail):
    """Zeros, garbage or a flipped bit in the log cost what comes after them, nothing before; the damaged log stays on the disk
    and the report says what happened."""
    database, marks = copy
    generator = random.Random(seed)
    content = bytearray(log_of(database).read_bytes())
    place = generator.randrange(marks[0][1], marks[-1][1])
    if tail == "flip":
        content[place] ^= 1 << generator.randrange(8)
    else:
        content[place:] = bytes(5000) if tail == "zeros" else generator.randbytes(5000)
    log_of(database).write_bytes(content)
    found, report = await revisions(database)
    assert found == complete_prefix(marks, place)
    if report.repairs:  # damage to the length of an entry looks like a cut log, which DuckDB takes care of by itself
        (repair,) = report.repairs
        assert repair.backup.read_bytes() == content
        assert repair.position <= place
        assert repair.dropped_bytes == len(content) - repair.position
        assert str(repair.backup) in " ".join(report.messages())
        assert str(repair.backup) in caplog.text


async def test_an_ordinary_crash_needs_no_repair(copy):
    """A log without damage is replayed silently."""
    database, marks = copy
    found, report = await revisions(database)
    assert found == list(range(1, marks[-1][0] + 1))
    assert report.messages() == []


async def test_large_states_survive_a_log_that_had_to_be_cut(copy, make_job, make_checkpoint):
    """When rows were lost with the log, state files without a row are moved aside, not removed."""
    database, _ = copy
    directory = database.parent / "checkpoints"
    directory.mkdir()
    (directory / "job-1-7-0123456789abcdef.bin").write_bytes(b"precious")
    content = bytearray(log_of(database).read_bytes())
    content[-3] ^= 1
    log_of(database).write_bytes(content)
    opened = await AsyncStore.open(database)
    assert len(opened.report.repairs) == 1
    ((_, kept),) = opened.report.moved
    assert [path.read_bytes() for path in kept.iterdir()] == [b"precious"]
    await opened.close()


@pytest.mark.parametrize("damage", ["header", "cut", "text", "empty"])
async def test_a_damaged_database_is_refused_and_left_alone(copy, damage):
    """A main file that DuckDB cannot read is named with what to do about it, and not touched."""
    database, _ = copy
    content = database.read_bytes()
    damaged = {
        "header": b"\0" * 4096 + content[4096:],
        "cut": content[: len(content) // 3],
        "text": b"not a database at all\n" * 1000,
        "empty": b"",
    }[damage]
    database.write_bytes(damaged)
    before = {path.name: path.read_bytes() for path in database.parent.iterdir()}
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(database)
    assert caught.value.code == "store-corrupt"
    assert str(database) in caught.value.message
    assert "mv " in caught.value.hint
    assert str(database) in caught.value.hint
    assert {path.name: path.read_bytes() for path in database.parent.iterdir()} == before


@pytest.mark.parametrize("states", [True, False], ids=["with states", "without states"])
async def test_following_the_hint_gives_a_working_store(tmp_path, states):
    """The commands that the error names lead out of it, also in a directory with a difficult name."""
    database = tmp_path / "it's a $HOME; really" / "control.duckdb"
    database.parent.mkdir()
    database.write_bytes(b"broken")
    if states:
        (database.parent / "checkpoints").mkdir()
        (database.parent / "checkpoints" / "job-1-7-0123456789abcdef.bin").write_bytes(b"precious")
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(database)
    command = caught.value.hint.partition(": ")[2].rpartition(" (")[0]
    await asyncio.to_thread(subprocess.run, ["sh", "-c", command], check=True, timeout=60)
    opened = await AsyncStore.open(database)
    assert await opened.read(lambda s: s.events_since(0)) == []
    assert opened.report.messages() == []
    await opened.close()
    (aside,) = database.parent.glob("damaged-*")
    assert (aside / database.name).read_bytes() == b"broken"
    assert (aside / "checkpoints").exists() == states


async def test_a_damaged_block_is_an_error_and_never_a_wrong_answer(database, make_job, make_checkpoint):
    """Wherever bits of the main file flip: the store says that the file, or what is asked for, is damaged, or answers as
    before."""
    states = [random.Random(number).randbytes(200_000) for number in range(4)]
    opened = await AsyncStore.open(database)

    def fill(s):
        s.insert_job(make_job())
        for number, state in enumerate(states, 1):
            s.insert_checkpoint(make_checkpoint(number))
            s.complete_checkpoint(make_checkpoint(number, status=CheckpointStatus.COMPLETED), state)

    await opened.write(fill)
    await opened.close()
    content, outcomes = database.read_bytes(), set()
    for seed in range(12):
        generator = random.Random(seed)
        damaged = bytearray(content)
        for _ in range(5):
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        database.write_bytes(damaged)
        try:
            again = await AsyncStore.open(database)
        except StoreError as error:
            outcomes.add(error.code)
            continue
        for number, state in enumerate(states, 1):
            try:
                assert await again.read(lambda s, n=number: s.checkpoint_state("job-1", n)) == state
            except StoreError as error:
                outcomes.add(error.code)
        await again.close()
        for path in database.parent.glob(f"{database.name}.*"):
            path.unlink()
    assert "store-corrupt" in outcomes
    assert outcomes <= {"store-corrupt", "checkpoint-corrupt", "not-found"}


async def test_a_log_without_its_database_is_kept(copy):
    """DuckDB would drop it without a word."""
    database, _ = copy
    log = log_of(database).read_bytes()
    database.unlink()
    opened = await AsyncStore.open(database)
    ((_, kept),) = opened.report.moved
    assert kept.read_bytes() == log
    await opened.close()


async def test_an_unfinished_creation_is_started_again(database):
    """A kill while the file is made leaves nothing that the next start stumbles over."""
    database.parent.mkdir()
    database.with_name(database.name + ".unfinished").write_bytes(b"half a database")
    opened = await AsyncStore.open(database)
    await opened.write(lambda s: s.append_event("x"))
    await opened.close()
    assert [path.name for path in database.parent.iterdir()] == [database.name]


@pytest.fixture
def holder(database):
    """Another process that has the database open until its input is closed."""
    process = subprocess.Popen([sys.executable, PROCESS, "hold", database], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"open\n"
    yield process
    process.kill()
    process.wait(60)
    process.stdin.close()
    process.stdout.close()


async def test_a_database_in_use_names_its_holder(database, holder):
    """Who holds the file is in the message; it opens once they let go, without a further call."""
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(database, lock_patience=0.2)
    assert caught.value.code == "store-locked"
    if sys.platform == "linux":
        assert str(holder.pid) in caught.value.message
    waiting = asyncio.create_task(AsyncStore.open(database, lock_patience=30))
    await asyncio.sleep(0)
    holder.stdin.close()
    opened = await waiting
    await opened.close()


async def test_a_strangers_database_is_refused(database):
    """A DuckDB file with other tables is not taken over."""
    database.parent.mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE sales (amount INTEGER)")
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(database)
    assert caught.value.code == "store-foreign"
    assert "sales" in caught.value.message


async def test_a_path_that_cannot_be_a_database_is_an_error_with_a_hint(tmp_path):
    """A directory in the file's place, a file in the directory's: said, not raised as a bare OSError."""
    (tmp_path / "file").write_text("")
    (tmp_path / "directory.duckdb").mkdir()
    for path in (tmp_path / "file" / "control.duckdb", tmp_path / "directory.duckdb"):
        with pytest.raises(StoreError) as caught:
            await AsyncStore.open(path)
        assert caught.value.code == "store-unavailable"
        assert caught.value.hint
