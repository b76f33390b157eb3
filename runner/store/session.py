"""One transaction's view of the database: a cursor, and what must follow its end. The nouns' modules build on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import duckdb
import msgspec

from runner.store.state_files import StateFiles

Row = tuple[Any, ...]
R = TypeVar("R")


class SeriesIndex:
    """Which series number an (execution, plugin, name) has: kept between transactions so that samples need no look-up.

    Only the writer uses it; a rollback empties it.
    """

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str, str], int] = {}


class Session:
    """Runs statements inside one transaction.

    ``after_commit`` and ``after_rollback`` hold what must happen to files once the transaction's fate is known.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, files: StateFiles, series: SeriesIndex) -> None:
        self.files = files
        self.series = series
        self.after_commit: list[Callable[[], None]] = []
        self.after_rollback: list[Callable[[], None]] = []
        self._cursor = cursor

    def rows(self, statement: str, *parameters: Any) -> list[Row]:
        """All rows of a query."""
        return self._cursor.execute(statement, parameters).fetchall()

    def row(self, statement: str, *parameters: Any) -> Row | None:
        """The first row of a query, None without one."""
        found: Row | None = self._cursor.execute(statement, parameters).fetchone()
        return found

    def named_rows(self, statement: str, parameters: dict[str, Any]) -> list[Row]:
        """All rows of a query with ``$name`` parameters."""
        return self._cursor.execute(statement, parameters).fetchall()

    def change(self, statement: str, *parameters: Any) -> int:
        """Run an INSERT, UPDATE or DELETE; how many rows it concerned."""
        row = self.row(statement, *parameters)
        return int(row[0]) if row else 0


def encode_record(record: msgspec.Struct) -> str:
    """The record as the JSON text of a ``record`` column."""
    return msgspec.json.encode(record).decode()


def decode_record(kind: type[R], text: str) -> R:
    """The inverse of :func:`encode_record`; fields that the text lacks take their defaults."""
    return msgspec.json.decode(text, type=kind)
