"""JSON lines that the engine reads by itself: of which types, and the query of a range of a file.

A range is left to it when each of its lines begins an object (:mod:`runner.connectors.file.json_scan`), so that there is a row
for each, and its columns have types of which it makes the same values as the reader does. Where a value has another form than
the usual one the query fails, and the range is read by the reader after all.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from runner.connectors.base import file_error
from runner.connectors.table_schema import Column
from runner.dataset.stored_rows import StoredPlace
from spec.sql.text import identifier, literal
from spec.sql.types import sql_type
from spec.types import FieldType, ScalarType

SCHEME = "flowdeck-lines"
ROOT = f"{SCHEME}:///"
"""Below it the engine finds the ranges that are open."""

LONGEST_LINE = 4 << 20
"""The engine reads twice as much at once. Larger ranges may have longer lines, and are not left to it."""

_WHOLE = frozenset({ScalarType.TINYINT, ScalarType.SMALLINT, ScalarType.INT, ScalarType.BIGINT})
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"  # to the engine there is a 24:00:00, too
_FORMS = {ScalarType.DATE: _DATE, ScalarType.TIMESTAMP: f"{_DATE}([ T]{_CLOCK})?"}
_SAME = _WHOLE | {ScalarType.STRING, ScalarType.BOOLEAN, ScalarType.DOUBLE, *_FORMS}


def engine_reads(columns: Sequence[Column]) -> bool:
    """Whether the engine makes the same values of ``columns``, or says that it would not."""
    return all(column.type in _SAME and "\0" not in column.name for column in columns)


class OpenFile:
    """A file that stays open, and the same one, as long as somebody may read from it. Raises PluginError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self.descriptor = -1
            raise file_error(error, path, "read") from error

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class Lines:
    """The columns of all documents, and those that are ``read``; the others are null."""

    columns: tuple[Column, ...]
    read: frozenset[str]

    def select(self, name: str, *, booleans: bool) -> str:
        """A query of the file ``name``. With ``booleans`` doubles are read as texts, as the engine takes ``true`` for 1.0."""
        kinds = {column.name: _kind(column.type, booleans=booleans) for column in self.columns if column.name in self.read}
        values = ", ".join(f"{self._value(column, kinds)} AS {identifier(column.name)}" for column in self.columns)
        checks = [_check(column, kinds[column.name]) for column in self.columns if column.name in kinds]
        fits = " AND ".join([check for check in checks if check] or ["true"])
        return (
            f"(SELECT {values} FROM {_scan(name, kinds)}"  # noqa: S608 - quoted
            f" WHERE CASE WHEN {fits} THEN true ELSE error('a value has another form') END"
            f" LIMIT {1 << 62})"  # all of them, but nothing that is asked for outside is looked at before the check
        )

    @staticmethod
    def _value(column: Column, kinds: Mapping[str, str]) -> str:
        name, wanted = identifier(column.name), sql_type(column.type)
        if column.name not in kinds:
            return f"CAST(NULL AS {wanted})"
        return name if kinds[column.name] == wanted else f"TRY_CAST({name} AS {wanted})"


def _scan(name: str, kinds: Mapping[str, str]) -> str:
    columns = ", ".join(f"{literal(column)}: {literal(kind)}" for column, kind in kinds.items())
    return (
        f"read_json({literal(ROOT + name)}, format = 'newline_delimited', records = 'true', auto_detect = false,"
        f" compression = 'uncompressed', filename = false, hive_partitioning = false, ignore_errors = false,"
        f" maximum_object_size = {LONGEST_LINE}, columns = {{{columns}}})"
    )


def _kind(field_type: FieldType, *, booleans: bool) -> str:
    """The type in which the engine is to read values. It would round 1.5 to a whole number, and take 1 for ``true``."""
    return sql_type(ScalarType.DOUBLE if field_type is ScalarType.DOUBLE and not booleans else ScalarType.STRING)


def _check(column: Column, kind: str) -> str:
    """A condition that the value is null or has the usual form; none when every form will do."""
    name, wanted = identifier(column.name), sql_type(column.type)
    if column.type in _WHOLE:
        return f"({name} IS NULL OR CAST(TRY_CAST({name} AS {wanted}) AS VARCHAR) = {name})"
    if isinstance(column.type, ScalarType) and column.type in _FORMS:
        form = literal(_FORMS[column.type])
        return f"({name} IS NULL OR (regexp_full_match({name}, {form}) AND TRY_CAST({name} AS {wanted}) IS NOT NULL))"
    if column.type is ScalarType.BOOLEAN:
        return f"({name} IS NULL OR {name} IN ('true', 'false'))"
    if column.type is ScalarType.DOUBLE and kind != wanted:
        plain = f"ascii({name}) BETWEEN 45 AND 57 AND NOT contains({name}, '_') AND TRY_CAST({name} AS {wanted}) IS NOT NULL"
        return f"({name} IS NULL OR ({plain}))"
    return ""


@dataclass(frozen=True, slots=True)
class LinesPlace:
    """The bytes ``[first, end)`` of a file, which are whole lines (:class:`runner.dataset.stored_rows.StoredPlace`)."""

    source: OpenFile
    first: int
    end: int
    lines: Lines
    booleans: bool

    @property
    def file(self) -> Path:
        """The file."""
        return self.source.path

    def after(self, before: StoredPlace) -> LinesPlace | None:
        """One range instead of two."""
        if not isinstance(before, LinesPlace) or (before.source, before.end) != (self.source, self.first):
            return None
        return replace(before, end=self.end) if before.booleans == self.booleans else None

    @contextmanager
    def select(self) -> Iterator[str]:
        """By ``read_json`` of a file that is this range."""
        name = str(next(_names))
        OPEN_RANGES[name] = self
        try:
            yield self.lines.select(name, booleans=self.booleans)
        finally:
            del OPEN_RANGES[name]


OPEN_RANGES: dict[str, LinesPlace] = {}
"""What queries that run now may read, by its name below :data:`ROOT`."""

_names = itertools.count()
