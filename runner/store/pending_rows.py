"""Rows on their way into their tables: what a transaction adds or amends is held back, so that the rows of a table need one
statement together. Planning a statement costs the engine far more than a row does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Statement: TypeAlias = tuple[str, list[Any]]
Row: TypeAlias = dict[str, Any]
_AT_ONCE: Final = 100


@dataclass(slots=True)
class _Amendments:
    """Changes by the same ``keys`` of the same columns, by the values of the keys: of one row what came last counts."""

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    rows: dict[tuple[Any, ...], list[Any]] = field(default_factory=dict)

    def may_concern(self, row: Row) -> bool:
        """Whether one of them may be about the row."""
        if any(key not in row for key in self.keys):
            return True
        return tuple(row[key] for key in self.keys) in self.rows


@dataclass(slots=True)
class _Batch:
    """Rows that are added, and then changes, of these too."""

    added: list[Row] = field(default_factory=list)
    amended: list[_Amendments] = field(default_factory=list)

    def may_amend(self, row: Row) -> bool:
        """Whether a change may be about the row."""
        return any(amendments.may_concern(row) for amendments in self.amended)


class PendingRows:
    """Of one transaction, in whose order everything happens. Names of tables and columns are the store's own; values are always
    parameters."""

    def __init__(self) -> None:
        self._tables: dict[str, list[_Batch]] = {}

    def tables(self) -> list[str]:
        """The tables for which there is something."""
        return list(self._tables)

    def add(self, table: str, row: Row) -> None:
        """Add a row."""
        batch = self._newest(table)
        if batch.may_amend(row):  # what came before is not about a row that was not there yet
            batch = _Batch()
            self._tables[table].append(batch)
        batch.added.append(row)

    def find(self, table: str, column: str, value: str) -> Row | None:
        """The added row that has the value there, if nothing has changed it since; it may be changed itself."""
        batches = self._tables.get(table, ())
        found = next((row for batch in batches for row in batch.added if row.get(column) == value), None)
        return None if found is None or any(batch.may_amend(found) for batch in batches) else found

    def amend(self, table: str, keys: Row, values: Row) -> None:
        """Have the rows with these keys, those that were added before too, take these values."""
        changes = self._newest(table).amended
        names, columns = tuple(keys), tuple(values)
        if not changes or (changes[-1].keys, changes[-1].columns) != (names, columns):
            changes.append(_Amendments(names, columns))
        changes[-1].rows[tuple(keys.values())] = list(values.values())

    def take(self, table: str) -> list[Statement]:
        """The statements that bring everything for the table into it; nothing is pending for it afterwards."""
        found = []
        for batch in self._tables.pop(table, ()):
            found += _insertions(table, batch.added)
            for amendments in batch.amended:
                found += _amendments(table, amendments)
        return found

    def _newest(self, table: str) -> _Batch:
        return self._tables.setdefault(table, [_Batch()])[-1]


def _insertions(table: str, rows: list[Row]) -> list[Statement]:
    """One after the other as they came, those that follow each other with the same columns together."""
    runs: list[tuple[tuple[str, ...], list[Row]]] = []
    for row in rows:
        columns = tuple(row)
        if not runs or runs[-1][0] != columns or len(runs[-1][1]) == _AT_ONCE:
            runs.append((columns, []))
        runs[-1][1].append(row)
    return [_insertion(table, columns, run) for columns, run in runs]


def _insertion(table: str, columns: tuple[str, ...], rows: list[Row]) -> Statement:
    values = ", ".join([_places(len(columns))] * len(rows))
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f'INSERT INTO "{table}" ({names}) VALUES {values}'  # noqa: S608 - the store's own names, quoted
    return statement, [row[column] for row in rows for column in columns]


def _amendments(table: str, amendments: _Amendments) -> list[Statement]:
    rows = list(amendments.rows.items())
    parts = [rows[first : first + _AT_ONCE] for first in range(0, len(rows), _AT_ONCE)]
    return [_amendment(table, amendments, part) for part in parts]


def _amendment(table: str, amendments: _Amendments, rows: list[tuple[tuple[Any, ...], list[Any]]]) -> Statement:
    if len(rows) == 1:
        settings = ", ".join(f'"{column}" = ?' for column in amendments.columns)
        same = " AND ".join(f'"{column}" = ?' for column in amendments.keys)
        ((keys, values),) = rows
        statement = f'UPDATE "{table}" SET {settings} WHERE {same}'  # noqa: S608 - as above
        return statement, [*values, *keys]
    settings = ", ".join(f'"{column}" = "new"."value {column}"' for column in amendments.columns)
    same = " AND ".join(f'"{table}"."{column}" = "new"."{column}"' for column in amendments.keys)
    given = ", ".join([_places(len(amendments.keys) + len(amendments.columns))] * len(rows))
    columns = ", ".join(
        [*(f'"{column}"' for column in amendments.keys), *(f'"value {column}"' for column in amendments.columns)]
    )
    statement = f'UPDATE "{table}" SET {settings} FROM (VALUES {given}) "new" ({columns}) WHERE {same}'  # noqa: S608 - as above
    return statement, [value for keys, values in rows for value in (*keys, *values)]


def _places(count: int) -> str:
    return f"({', '.join('?' * count)})"
