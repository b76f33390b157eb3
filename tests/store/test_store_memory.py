"""The store stays small however long it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runner.model import Job
from runner.store.asynchronous import AsyncStore
from runner.store.store import Store

ROUNDS = 100
MEBIBYTE = 1 << 20


def transaction_memory(store: Store) -> int:
    """Bytes that DuckDB keeps because some open transaction might still want to see old versions of rows."""
    rows = store._session.rows("SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'TRANSACTION'")
    return int(rows[0][0])


async def test_old_versions_of_rows_are_not_kept(database: Path, make_job: Callable[..., Job]) -> None:
    """After a reopen, hundreds of updates leave no memory behind: nothing holds a transaction open."""
    first = await AsyncStore.open(database)
    job = make_job()
    await first.write(lambda store: store.insert_job(job))
    await first.close()
    second = await AsyncStore.open(database)
    for _ in range(ROUNDS):
        await second.write(lambda store: store.update_job(job))
        await second.read(lambda store: store.find_jobs(job.name))
    assert await second.read(transaction_memory) < 8 * MEBIBYTE
    await second.close()
