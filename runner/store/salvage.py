"""Saves what can be read of a database whose main file is damaged into a fresh one, table by table, and says what is lost.

DuckDB checks every block that it reads. What it refuses is left out: a metric costs its samples, an execution its record. Where
exactly-once could break it does not go on in silence: a job that may have lost its newest checkpoint gets one that is
known to be lost in its place, so that nothing goes on from an older one unless somebody says so; and when jobs themselves
are lost, what was saved is only used once somebody says so.

The damaged file is kept aside. A kill at any instant leaves the damaged database as it was, or the saved one complete.
"""

# ruff: noqa: S608 - names of tables and columns come from the database's own catalogue, quoted; values are parameters
from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from runner.store import recovery, salvage_checks
from runner.store.migrations import MIGRATIONS, Migration, migrate, stored_version
from runner.store.recovery import OpenReport
from runner.store.state_files import sync_directory

_ROWS_AT_ONCE = 2048
"""As many as DuckDB reads at once: rows beside a damaged block are saved in such portions."""
_FIRST = ("migrations", "jobs", "generations", "executions", "attempts", "checkpoints", "queues", "keys")
_MARK = ".damaged"
_DAMAGE = "Corrupt database file"


@dataclass(frozen=True)
class TableLoss:
    """What became of a damaged table: rows that are kept, rows that are lost, and kept ones of which some columns are lost."""

    table: str
    kept: int
    lost: int
    incomplete: int

    def __str__(self) -> str:
        parts = f", {self.incomplete} in part" if self.incomplete else ""
        return f"{self.table}: {self.lost} of {self.kept + self.lost} rows are lost{parts}"


def mark(path: Path, text: str) -> None:
    """Remember that a block could not be read: the database is to be saved when it is opened next."""
    if is_damage(text):
        with contextlib.suppress(OSError):  # no room even for that: the damage will be met again
            _mark_of(path).write_text(text)


def is_damage(text: str) -> bool:
    """Whether an error of DuckDB's says that the file is damaged."""
    return _DAMAGE in text


def is_needed(path: Path, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the opened database is known to be damaged, or one of the tables is that everything depends on."""
    if _mark_of(path).exists():
        return True
    known = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()}
    try:
        salvage_checks.read_tables(connection, [table for table in _FIRST if table in known])
    except duckdb.Error as error:
        if is_damage(str(error)):
            return True
        raise
    return False


def salvage(path: Path, migrations: Sequence[Migration], report: OpenReport) -> None:
    """Put a fresh database with all that can be read in the place of the damaged and closed one. On any failure the damaged one
    is where it was. StoreError ``store-corrupt`` when too little can be read, OSError when the disk is full."""
    unfinished = path.with_name(path.name + ".salvaging")
    for leftover in (unfinished, recovery.log_of(unfinished)):
        leftover.unlink(missing_ok=True)
    try:
        losses = _rebuild(path, unfinished, migrations)
    except duckdb.Error as error:
        raise recovery.corrupt(path, str(error)) from error
    unfinished.chmod(0o600)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    _require_jobs(path, unfinished, losses)
    recovery.note_loss(path)
    unfinished.rename(_complete_of(path))
    sync_directory(path.parent)
    finish(path, report)
    report.losses.extend(str(loss) for loss in losses)


def _require_jobs(path: Path, unfinished: Path, losses: Sequence[TableLoss]) -> None:
    """Without its jobs the store does not know what has been written already: whether to go on is a person's to say."""
    if not any(loss.table == "jobs" and loss.lost for loss in losses):
        return
    saved = path.with_name(path.name + ".saved")
    recovery.note_loss(path)
    unfinished.replace(saved)
    sync_directory(path.parent)
    raise recovery.jobs_lost(path, saved, "; ".join(map(str, losses)))


def finish(path: Path, report: OpenReport) -> None:
    """Swap a saved database that is complete with the damaged one; a kill before the end is made up for by the next call."""
    saved, log = _complete_of(path), recovery.log_of(path)
    if not saved.exists():
        return
    aside = recovery.set_aside(path, "damaged")
    if path.exists():
        os.link(path, aside)
    if log.exists():
        log.rename(recovery.log_of(aside))
    saved.replace(path)
    sync_directory(path.parent)
    _mark_of(path).unlink(missing_ok=True)
    report.damaged = aside


def _mark_of(path: Path) -> Path:
    return path.with_name(path.name + _MARK)


def _complete_of(path: Path) -> Path:
    return path.with_name(path.name + ".salvaged")


def _rebuild(path: Path, target: Path, migrations: Sequence[Migration]) -> list[TableLoss]:
    connection = duckdb.connect(":memory:", config=recovery.CONFIGURATION | {"enable_external_access": "true"})
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"ATTACH {recovery.quoted(path)} AS old (READ_ONLY)")
        connection.execute(f"ATTACH {recovery.quoted(target)} AS new")
        version = _version(connection, migrations)
        connection.execute("USE new")
        migrate(connection, 0, [migration for migration in migrations if migration.version <= version])
        losses = [loss for table in _tables(connection) if (loss := _copy(connection, table)).lost or loss.incomplete]
        salvage_checks.put_in_order(connection, {loss.table for loss in losses})
        connection.execute("USE memory")
        connection.execute("DETACH new")
        return losses
    finally:
        connection.close()


def _version(connection: duckdb.DuckDBPyConnection, migrations: Sequence[Migration]) -> int:
    connection.execute("USE old")
    try:
        return stored_version(connection)
    except duckdb.Error:
        return (migrations or MIGRATIONS)[-1].version


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables of both databases, those that matter most first."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'new' AND table_name <> 'migrations' "
        "AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = 'old')"
    ).fetchall()
    return sorted((str(row[0]) for row in rows), key=lambda name: (name not in _FIRST, name))


def _copy(connection: duckdb.DuckDBPyConnection, table: str) -> TableLoss:
    """Copy all rows that can be read: at once if possible, else portion by portion."""
    ((count, last),) = connection.execute(f'SELECT count(*), max(rowid) FROM old."{table}"').fetchall()
    connection.execute(f'DELETE FROM new."{table}"')  # a migration may have put rows there
    columns = _columns(connection, table)
    if _insert(connection, table, list(columns), None):
        return TableLoss(table, count, 0, 0)
    incomplete = 0
    for start in range(0, (last or 0) + 1, _ROWS_AT_ONCE):
        incomplete += _copy_portion(connection, table, columns, start)
    ((kept,),) = connection.execute(f'SELECT count(*) FROM new."{table}"').fetchall()
    return TableLoss(table, kept, count - kept, incomplete)


def _copy_portion(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, bool], start: int) -> int:
    """Copy one portion, without the columns that cannot be read if those may be empty; how many rows lack something."""
    if _insert(connection, table, list(columns), start):
        return 0
    readable = [column for column in columns if _is_readable(connection, table, column, start)]
    if all(columns[column] for column in columns if column not in readable) and _insert(connection, table, readable, start):
        ((count,),) = connection.execute(f'SELECT count(*) FROM old."{table}" WHERE {_portion(start)}').fetchall()
        return int(count)
    return 0


def _insert(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str], start: int | None) -> bool:
    names = ", ".join(f'"{column}"' for column in columns)
    where = "" if start is None else f" WHERE {_portion(start)}"
    try:
        connection.execute(f'INSERT INTO new."{table}" ({names}) SELECT {names} FROM old."{table}"{where} ORDER BY rowid')
    except duckdb.Error as error:
        if not is_damage(str(error)):
            raise
        return False
    return True


def _is_readable(connection: duckdb.DuckDBPyConnection, table: str, column: str, start: int) -> bool:
    try:
        salvage_checks.read_all(connection, f'SELECT "{column}" FROM old."{table}" WHERE {_portion(start)}')
    except duckdb.Error as error:
        if not is_damage(str(error)):
            raise
        return False
    return True


def _portion(start: int) -> str:
    return f"rowid >= {start} AND rowid < {start + _ROWS_AT_ONCE}"


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, bool]:
    """The columns that both have, and whether they may be empty."""
    rows = connection.execute(
        "SELECT column_name, is_nullable FROM duckdb_columns() WHERE database_name = 'new' AND table_name = $1 AND column_name "
        "IN (SELECT column_name FROM duckdb_columns() WHERE database_name = 'old' AND table_name = $1) ORDER BY column_index",
        [table],
    ).fetchall()
    return {str(name): bool(nullable) for name, nullable in rows}
