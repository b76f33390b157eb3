"""A full disk: calls fail with a clear error, nothing acknowledged is lost, and the store comes back by itself."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys

import pytest

from runner.model import CheckpointStatus
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.store.migrations import MIGRATIONS, Migration

GENERATOR = random.Random(1)


def text():
    """100 kB that do not compress to nothing."""
    return GENERATOR.randbytes(50_000).hex()


def mount(directory, *options):
    """Mount a small file system, or say that this is not possible here."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", directory]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to mount a tmpfs: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path, request):
    """A directory on a file system of its own, of the size that the test asks for."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs Linux and root to mount a tmpfs")
    directory = tmp_path / "disk"
    directory.mkdir()
    mount(directory, f"size={request.param}")
    yield directory
    subprocess.run(["umount", "-l", directory], timeout=60, check=True)


async def fill(store, limit):
    """Write until the disk is full; the acknowledged revisions and the error."""
    acknowledged = []
    for _ in range(limit):
        try:
            event = await store.write(lambda s: s.append_event("event", message=text()))
        except StoreError as error:
            return acknowledged, error
        acknowledged.append(event.revision)
    pytest.fail("the disk did not get full")


async def revisions(store):
    """The revisions of all events; read in small pieces, they are large."""
    found = []
    while batch := await store.read(lambda s, after=found[-1] if found else 0: s.events_since(after, 20)):
        found += [event.revision for event in batch]
    return found


@pytest.mark.parametrize("small_disk", ["8m", "24m", "40m"], indirect=True)
async def test_a_full_disk_loses_nothing_and_passes(small_disk):
    """Whether the log (8 MB) or the checkpoint of the file (24, 40 MB) hits the limit: the error says what to do, everything
    acknowledged can still be read, and as soon as there is space again the same store goes on."""
    path = small_disk / "home" / "control.duckdb"
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_500_000))
    store = await AsyncStore.open(path)
    acknowledged, error = await fill(store, 600)
    assert error.code == "store-unavailable"
    assert "free space" in error.hint
    assert await revisions(store) == acknowledged
    ballast.unlink()
    event = await store.write(lambda s: s.append_event("small"))
    assert event.revision == acknowledged[-1] + 1
    acknowledged.append(event.revision)
    assert await revisions(store) == acknowledged
    await store.close()
    again = await AsyncStore.open(path)
    assert again.report.repairs == []
    assert await revisions(again) == acknowledged
    await again.close()


@pytest.mark.parametrize("small_disk", ["24m"], indirect=True)
async def test_a_failed_checkpoint_of_the_file_is_not_a_failed_write(small_disk, caplog):
    """When the log is written and only moving it into the file fails, the write is acknowledged, as it is durable; the store
    has to be reopened, which the next calls do, readers beside writers."""
    path = small_disk / "home" / "control.duckdb"
    store = await AsyncStore.open(path)
    acknowledged = []

    async def write():
        try:
            acknowledged.append((await store.write(lambda s: s.append_event("event", message=text()))).revision)
        except StoreError as error:
            return error.code
        return ""

    async def read():
        try:
            found = await store.read(lambda s: [event.revision for event in s.events_since(0, 3)])
        except StoreError as error:
            return error.code
        return "" if found == [1, 2, 3] else f"read {found}"

    outcomes = [await write() for _ in range(3)]
    for _ in range(260):
        outcomes += await asyncio.gather(write(), read(), read())
    assert set(outcomes) == {"", "store-unavailable"}
    assert await revisions(store) == acknowledged
    assert "COMMIT succeeded" in caplog.text  # the case that this test is about did happen
    await store.close()


@pytest.mark.parametrize("small_disk", ["8m"], indirect=True)
async def test_a_state_that_does_not_fit_is_refused_as_a_whole(small_disk, make_job, make_checkpoint):
    """A large checkpoint state on a full disk: no half file, no row, and the checkpoint can still be declared failed."""
    store = await AsyncStore.open(small_disk / "home" / "control.duckdb")

    def begin(s):
        s.insert_job(make_job())
        s.insert_checkpoint(make_checkpoint(1))

    await store.write(begin)
    with pytest.raises(StoreError) as caught:
        await store.write(
            lambda s: s.complete_checkpoint(make_checkpoint(1, status=CheckpointStatus.COMPLETED), bytes(20_000_000))
        )
    assert caught.value.code == "store-unavailable"
    assert caught.value.hint
    assert list((small_disk / "home" / "checkpoints").iterdir()) == []
    await store.write(lambda s: s.fail_checkpoint("job-1", 1, "disk full", 200.0))
    assert (await store.read(lambda s: s.checkpoint("job-1", 1))).status is CheckpointStatus.FAILED
    await store.close()


@pytest.mark.parametrize("small_disk", ["2m"], indirect=True)
async def test_a_disk_that_is_full_at_the_start_is_an_error_with_a_hint(small_disk):
    """Nothing is left half made: with space again, the store opens."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_990_000))
    path = small_disk / "home" / "control.duckdb"
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(path)
    assert caught.value.code == "store-unavailable"
    ballast.unlink()
    store = await AsyncStore.open(path)
    await store.write(lambda s: s.append_event("x"))
    await store.close()


@pytest.mark.parametrize("small_disk", ["4m"], indirect=True)
async def test_no_migration_without_room_for_the_copy(small_disk):
    """When the former database cannot be saved first, it stays as it is; with space again the migration goes through."""
    path = small_disk / "home" / "control.duckdb"
    store = await AsyncStore.open(path)
    await store.write(lambda s: s.append_event("x", message=text()))
    await store.close()
    before = path.read_bytes()
    later = (*MIGRATIONS, Migration(len(MIGRATIONS) + 1, "more", ('CREATE TABLE "more" ("id" INTEGER)',)))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4 * 2**20 - len(before) - 100_000))
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(path, migrations=later)
    assert caught.value.code == "store-unavailable"
    assert [path.read_bytes() for path in path.parent.iterdir()] == [before]
    ballast.unlink()
    store = await AsyncStore.open(path, migrations=later)
    assert store.report.migration_backup.read_bytes() == before
    await store.close()
