"""What the store knows of watched files."""

from __future__ import annotations

from runner.reload import ObservedGeneration, ReloadState, Verdict, WatchedFile
from runner.store.asynchronous import AsyncStore


async def test_a_record_is_kept_per_file_and_job(tmp_path):
    """The newest counts, a file without a job is one of its own, what is removed is gone; a new start knows the same."""
    path = tmp_path / "store.duckdb"
    done = ObservedGeneration(number=1, content="a", observed_at=1.0, verdict=Verdict.APPLIED, generation=3)
    first = WatchedFile(file="/jobs/a.conf", job_id="j1", state=ReloadState.PARSING, since=1.0)
    newer = WatchedFile(file="/jobs/a.conf", job_id="j1", state=ReloadState.SYNCED, since=2.0, generations=(done,))
    nobody = WatchedFile(
        file="/jobs/a.conf", job_id=None, state=ReloadState.INVALID, since=1.0, diagnostics=({"code": "J101"},)
    )
    store = await AsyncStore.open(path)
    for record in (first, nobody, newer):
        await store.write(lambda found, record=record: found.put_reload(record))
    await store.write(lambda found: found.remove_reload("/jobs/b.conf", None))
    await store.close()
    store = await AsyncStore.open(path)
    assert await store.read(lambda found: found.watched_files()) == [nobody, newer]
    assert await store.read(lambda found: found.watched_files("j1")) == [newer]
    await store.write(lambda found: found.remove_reload("/jobs/a.conf", None))
    assert await store.read(lambda found: found.watched_files()) == [newer]
    await store.close()
