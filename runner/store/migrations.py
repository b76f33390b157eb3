"""Numbered migrations: which there are, and how a database gets from its version to the program's.

All that are missing run in one transaction. The caller (runner/store/database.py) saves a copy of an existing file first.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from runner.store import schema
from runner.store.errors import StoreError


@dataclass(frozen=True)
class Migration:
    """What brings a database from version ``version - 1`` to ``version``."""

    version: int
    name: str
    statements: tuple[str, ...]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first tables", schema.VERSION_1),
    Migration(2, "queues", schema.VERSION_2),
    Migration(3, "API keys", schema.VERSION_3),
    Migration(4, "metrics summed up", schema.VERSION_4),
    Migration(5, "leases", schema.VERSION_5),
    Migration(6, "rejected rows", schema.VERSION_6),
    Migration(7, "versions and labels of jobs", schema.VERSION_7),
    Migration(8, "latencies that can be added up", schema.VERSION_8),
    Migration(9, "watched files", schema.VERSION_9),
    Migration(10, "idempotency keys", schema.VERSION_10),
    Migration(11, "audit trail", schema.VERSION_11),
    Migration(12, "operations, paused queues, retention of executions", schema.VERSION_12),
)

_RECORD_TABLE = """
    CREATE TABLE IF NOT EXISTS "migrations" ("version" INTEGER NOT NULL, "name" VARCHAR NOT NULL, "applied_at" DOUBLE NOT NULL)
"""


def stored_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The database's version, 0 for an empty one; StoreError ``store-foreign`` when the tables are not flowdeck's."""
    rows = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
    tables = {row[0] for row in rows}
    if not tables:
        return 0
    if not {"migrations", "jobs"} <= tables:
        raise StoreError(
            f"the database holds other tables than flowdeck's: {', '.join(sorted(tables)[:5])}",
            code="store-foreign",
            hint="point FLOWDECK_HOME or --home at another directory",
        )
    # All rows: a result that is not read to its end keeps its transaction open, and with it every old version of every row.
    ((version,),) = connection.execute('SELECT max("version") FROM "migrations"').fetchall()
    return int(version) if version is not None else 0


def check_not_newer(version: int, migrations: Sequence[Migration]) -> None:
    """StoreError ``store-newer`` when a later flowdeck wrote the database."""
    known = migrations[-1].version
    if version > known:
        raise StoreError(
            f"the database has version {version}, this flowdeck knows versions up to {known}",
            code="store-newer",
            hint="use the newer flowdeck again, or another home (FLOWDECK_HOME or --home)",
        )


def migrate(connection: duckdb.DuckDBPyConnection, version: int, migrations: Sequence[Migration]) -> None:
    """Apply every migration after ``version``, all or none."""
    connection.execute("BEGIN TRANSACTION")
    try:
        connection.execute(_RECORD_TABLE)
        for migration in migrations:
            if migration.version > version:
                _apply(connection, migration)
        connection.execute("COMMIT")
    except (duckdb.ProgrammingError, duckdb.DataError, duckdb.IntegrityError, duckdb.NotSupportedError) as error:
        # A statement that does not fit the data. Closing the connection, which the caller does, rolls back.
        raise StoreError(
            f"the database cannot be brought from version {version} on: {error}", code="store-migration-failed"
        ) from error


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    for statement in migration.statements:
        connection.execute(statement)
    connection.execute(
        'INSERT INTO "migrations" ("version", "name", "applied_at") VALUES (?, ?, ?)',
        (migration.version, migration.name, time.time()),
    )
