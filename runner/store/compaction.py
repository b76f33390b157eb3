"""Gives the disk back what the database file no longer needs. DuckDB uses free blocks again but never returns them: a file that
is mostly free, after an upgrade or a busy month, is written anew when the store is opened.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from runner.store import recovery
from runner.store.state_files import sync_directory

SMALLEST = 64 * 1024 * 1024
"""A smaller file is left as it is."""
MOSTLY = 0.6


def is_worthwhile(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file is large and most of its blocks are free."""
    ((_, _, block, total, _, free, *_),) = connection.execute("PRAGMA database_size").fetchall()
    return bool(block * total >= SMALLEST and free > MOSTLY * total)


def compact(path: Path) -> int:
    """Write the closed database anew without its free blocks, and put that in its place; the bytes that this gave back. A kill
    leaves the one or the other, both whole. Raises duckdb.Error or OSError when it cannot be done, and changes nothing then."""
    fresh = path.with_name(path.name + ".compacting")
    remove_leftovers(path)
    if recovery.log_of(path).exists():
        return 0
    before = path.stat().st_size
    try:
        _copy(path, fresh)
        fresh.chmod(0o600)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        if recovery.log_of(fresh).exists():
            return 0
        fresh.replace(path)
    finally:
        remove_leftovers(path)
    sync_directory(path.parent)
    return before - path.stat().st_size


def remove_leftovers(path: Path) -> None:
    """Remove what a compaction that was killed has left."""
    fresh = path.with_name(path.name + ".compacting")
    for leftover in (fresh, recovery.log_of(fresh)):
        leftover.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    connection = duckdb.connect(":memory:", config=recovery.CONFIGURATION | {"enable_external_access": "true"})
    try:
        connection.execute(f"ATTACH {recovery.quoted(source)} AS old (READ_ONLY)")
        connection.execute(f"ATTACH {recovery.quoted(target)} AS new")
        connection.execute("COPY FROM DATABASE old TO new")
        connection.execute("DETACH new")
    finally:
        connection.close()
