"""A file that has become mostly free space gives it back when the store is opened."""

from __future__ import annotations

import pytest

from runner.model import CheckpointStatus
from runner.store import compaction, recovery
from runner.store.asynchronous import AsyncStore
from runner.store.metrics import MetricSample

NOW = 1_763_762_400.0


@pytest.fixture
async def mostly_free(database, make_job, make_checkpoint, monkeypatch):
    """A database with some records that once held many samples."""
    monkeypatch.setattr(compaction, "SMALLEST", 4 * 1024 * 1024)
    store = await AsyncStore.open(database)

    def fill(s):
        s.insert_job(make_job())
        s.insert_checkpoint(make_checkpoint(1))
        s.complete_checkpoint(make_checkpoint(1, status=CheckpointStatus.COMPLETED), b"state")
        s.append_metrics([MetricSample(NOW, "e", "", "lag_rows", 1.0)])
        s._session.change('INSERT INTO "samples" SELECT make_timestamp(i), 1, random() FROM range(1000000) AS t(i)')

    await store.write(fill)
    await store.close()
    store = await AsyncStore.open(database)
    await store.write(lambda s: s._session.change('DELETE FROM "samples" WHERE "ts" < make_timestamp(2000000)'))
    await store.close()
    return database


async def check(database, make_job):
    """Everything is there, and numbers go on where they were; what opening took."""
    store = await AsyncStore.open(database)
    assert (await store.read(lambda s: s.job("job-1"))).name == make_job().name
    assert await store.read(lambda s: s.checkpoint_state("job-1", 1)) == b"state"
    await store.write(lambda s: s.append_metrics([MetricSample(NOW + 1, "new", "", "lag_rows", 2.0)]))
    found = await store.read(lambda s: s.metric_series(["e", "new"], None, NOW, NOW + 2, 2))
    assert [[point.value for point in series.points] for series in found] == [[1.0, 2.0]]
    await store.close()
    return store.report


async def test_a_file_that_is_mostly_free_is_written_anew(mostly_free, make_job):
    """It shrinks to what it holds, keeps every record, is private, and is left alone the next time."""
    before = mostly_free.stat().st_size
    report = await check(mostly_free, make_job)
    assert report.compacted > before / 2
    assert mostly_free.stat().st_size <= before - report.compacted + 1_000_000
    assert mostly_free.stat().st_mode & 0o077 == 0
    assert "smaller" in " ".join(report.messages())
    assert (await check(mostly_free, make_job)).compacted == 0
    assert [path.name for path in mostly_free.parent.iterdir()] == [mostly_free.name]


@pytest.mark.parametrize("step", ["copy", "replace"])
async def test_a_compaction_that_cannot_be_done_changes_nothing(mostly_free, make_job, monkeypatch, step):
    """A disk that is full while the copy is written, or before it takes the place: the store opens as it was, and nothing is
    left of the attempt."""
    before = mostly_free.stat().st_size

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        if step == "copy":
            patched.setattr(compaction, "_copy", full)
        else:
            patched.setattr("runner.store.compaction.Path.replace", full)
        assert (await check(mostly_free, make_job)).compacted == 0
    assert mostly_free.stat().st_size > before / 2
    assert [path.name for path in mostly_free.parent.iterdir()] == [mostly_free.name]


async def test_what_a_killed_compaction_left_goes(mostly_free, make_job):
    """Half a copy beside the database is removed, and the compaction is done."""
    unfinished = mostly_free.with_name(mostly_free.name + ".compacting")
    for leftover in (unfinished, recovery.log_of(unfinished)):
        leftover.write_bytes(b"half a copy")
    assert (await check(mostly_free, make_job)).compacted > 0
    assert [path.name for path in mostly_free.parent.iterdir()] == [mostly_free.name]
