"""What has to be looked at around the saving of a damaged database: whether a table can be read, and whether what was saved
fits together."""

# ruff: noqa: S608 - names of tables come from the caller, which has them from the catalogue; values are parameters
from __future__ import annotations

import time
from collections.abc import Sequence

import duckdb
import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from runner.store.session import encode_record

_METRICS = frozenset({"samples", "samples_10s", "samples_1m", "samples_1h", "series", "resolutions"})
_LARGE = {"checkpoints": "state", "generations": "source"}
LOST = "the database was damaged: a newer checkpoint than those that are left may be lost with it"


def read_tables(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    """Read every block of the tables but those of their largest columns; duckdb.Error when one is damaged."""
    sources = [
        f'SELECT * EXCLUDE ("{_LARGE[table]}") FROM "{table}"' if table in _LARGE else f'SELECT * FROM "{table}"'
        for table in tables
    ]
    read_all(connection, *sources)


def read_all(connection: duckdb.DuckDBPyConnection, *sources: str) -> None:
    """Read all that the queries ask for; duckdb.Error when a block of it is damaged."""
    if sources:
        connection.execute(
            " UNION ALL ".join(f"SELECT max(hash(part)) FROM ({source}) AS part" for source in sources)
        ).fetchall()


def put_in_order(connection: duckdb.DuckDBPyConnection, damaged: set[str]) -> None:
    """Make the tables of the new database, some of which lack rows, fit together again; it is the one in use."""
    _go_on_numbering(connection)
    if "executions" in damaged or "jobs" in damaged:
        _match_jobs_and_executions(connection)
    if "checkpoints" in damaged:
        _doubt_checkpoints(connection)
    if "resolutions" in damaged or "series" in damaged:
        _drop_metrics(connection)


def _go_on_numbering(connection: duckdb.DuckDBPyConnection) -> None:
    ((last,),) = connection.execute(
        "SELECT coalesce(max(last_value), 0) FROM duckdb_sequences() "
        "WHERE database_name = 'old' AND sequence_name = 'series_numbers'"
    ).fetchall()
    connection.execute("DROP SEQUENCE series_numbers")
    connection.execute(f"CREATE SEQUENCE series_numbers START {int(last) + 1}")


def _match_jobs_and_executions(connection: duckdb.DuckDBPyConnection) -> None:
    """A job shows a copy of its newest execution: what one of the two has lost the other may have."""
    connection.execute(
        """
        INSERT INTO "executions" ("id", "job_id", "state", "created_at", "finished_at", "record")
        SELECT "execution_id", "id", "execution_state", CAST("execution"->>'created_at' AS DOUBLE),
               CAST("execution"->>'finished_at' AS DOUBLE), "execution"
        FROM "jobs"
        WHERE "execution" IS NOT NULL AND "execution_id" IS NOT NULL AND "execution_state" IS NOT NULL
          AND "execution_id" NOT IN (SELECT "id" FROM "executions")
        """
    )
    connection.execute(
        """
        UPDATE "jobs" SET "execution_id" = "found"."id", "execution_state" = "found"."state", "execution" = "found"."record"
        FROM (
            SELECT "job_id", arg_max("id", "created_at") AS "id", arg_max("state", "created_at") AS "state",
                   arg_max("record", "created_at") AS "record"
            FROM "executions" GROUP BY "job_id"
        ) AS "found"
        WHERE "found"."job_id" = "jobs"."id"
          AND ("execution" IS NULL OR "execution_id" IS NULL OR "execution_state" IS NULL)
        """
    )


def _doubt_checkpoints(connection: duckdb.DuckDBPyConnection) -> None:
    """Each job of which the newest checkpoint may be lost gets one in its place that cannot be restored."""
    rows = connection.execute(
        """
        SELECT "id", "checkpoint_counter", coalesce("execution_id", ''),
               coalesce(CAST("record"->>'generation' AS INTEGER), 1)
        FROM "jobs"
        WHERE "checkpoint_counter" > coalesce(
            (SELECT max("checkpoints"."id") FROM "checkpoints" WHERE "checkpoints"."job_id" = "jobs"."id"), 0
        )
        """
    ).fetchall()
    for job_id, counter, execution_id, generation in rows:
        _insert_lost(connection, job_id, counter, execution_id, generation)


def _insert_lost(connection: duckdb.DuckDBPyConnection, job_id: str, number: int, execution_id: str, generation: int) -> None:
    lost = Checkpoint(
        id=number,
        job_id=job_id,
        execution_id=execution_id,
        generation=generation,
        kind=CheckpointKind.PERIODIC,
        status=CheckpointStatus.COMMITTED,
        triggered_at=time.time(),
    )
    lost = msgspec.structs.replace(lost, failure=LOST)
    connection.execute(
        """
        INSERT INTO "checkpoints" ("job_id", "id", "kind", "status", "record", "state_size", "state_sha256")
        VALUES (?, ?, ?, ?, ?, 0, '')
        """,
        [job_id, number, str(lost.kind), str(lost.status), encode_record(lost)],
    )


def _drop_metrics(connection: duckdb.DuckDBPyConnection) -> None:
    """Without the marks, or the names, of what is kept nothing of it means anything."""
    rows = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'new'").fetchall()
    for table in sorted(_METRICS & {str(row[0]) for row in rows}):
        connection.execute(f'DELETE FROM "{table}"')
    if "resolutions" in {str(row[0]) for row in rows}:
        connection.execute('INSERT INTO "resolutions" VALUES (0, 0, 0), (10, 0, 0), (60, 0, 0), (3600, 0, 0)')
