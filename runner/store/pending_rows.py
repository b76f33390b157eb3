"""Rows on their way into their tables: what a transaction adds or amends is held back, so that the rows of a table need one
statement together. Planning a statement costs the engine far more than a row does."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

Statement = tuple[str, list[Any]]
_AT_ONCE: Final = 100


class PendingRows:
    """Of one transaction. Names of tables and columns are the store's own; values are always parameters."""

    def __init__(self) -> None:
        self._added: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._amended: defaultdict[str, dict[tuple[Any, ...], tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(dict)

    def tables(self) -> list[str]:
        """The tables for which there is something."""
        return list({**self._added, **self._amended})

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Add a row."""
        self._added[table].append(row)

    def find(self, table: str, column: str, value: str) -> dict[str, Any] | None:
        """The added row that has the value there; it may be changed."""
        return next((row for row in self._added.get(table, ()) if row[column] == value), None)

    def amend(self, table: str, keys: dict[str, Any], values: dict[str, Any]) -> None:
        """Have the rows with these keys, added ones too, take these values; what came last counts."""
        self._amended[table][tuple(keys.values())] = keys, values

    def take(self, table: str) -> list[Statement]:
        """The statements that bring everything for the table into it; nothing is pending for it afterwards."""
        rows = self._added.pop(table, [])
        amended = list(self._amended.pop(table, {}).values())
        found = [_insertion(table, rows[first : first + _AT_ONCE]) for first in range(0, len(rows), _AT_ONCE)]
        found += [_amendment(table, amended[first : first + _AT_ONCE]) for first in range(0, len(amended), _AT_ONCE)]
        return found


def _insertion(table: str, rows: list[dict[str, Any]]) -> Statement:
    columns = list(rows[0])
    values = ", ".join([_places(len(columns))] * len(rows))
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES {values}', [row[column] for row in rows for column in columns]  # noqa: S608


def _amendment(table: str, rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> Statement:
    keys, values = list(rows[0][0]), list(rows[0][1])
    if len(rows) == 1:
        settings = ", ".join(f'"{column}" = ?' for column in values)
        same = " AND ".join(f'"{column}" = ?' for column in keys)
        return f'UPDATE "{table}" SET {settings} WHERE {same}', [*rows[0][1].values(), *rows[0][0].values()]  # noqa: S608
    names = [*keys, *values]
    settings = ", ".join(f'"{column}" = "new"."{column}"' for column in values)
    same = " AND ".join(f'"{table}"."{column}" = "new"."{column}"' for column in keys)
    given = ", ".join([_places(len(names))] * len(rows))
    columns = ", ".join(f'"{column}"' for column in names)
    statement = f'UPDATE "{table}" SET {settings} FROM (VALUES {given}) "new" ({columns}) WHERE {same}'  # noqa: S608
    return statement, [value for row, change in rows for value in (*row.values(), *change.values())]


def _places(count: int) -> str:
    return f"({', '.join('?' * count)})"
