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

_ALL = 1 << 62
_WHOLE = frozenset({ScalarType.TINYINT, ScalarType.SMALLINT, ScalarType.INT, ScalarType.BIGINT})
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"  # to the engine there is a 24:00:00, too
_FORMS = {ScalarType.DATE: _DATE, ScalarType.TIMESTAMP: f"{_DATE}([ T]{_CLOCK})?"}
_YEARS_OF_FOUR_DIGITS = "BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
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
        """A query of the file ``name``. With ``booleans`` doubles are read as texts, as the engine takes ``true`` for 1.0.

        Each text becomes a value once, below the check. All rows are taken from there and from the check (``LIMIT``), so that
        nothing that is asked for outside is looked at before, and nothing is done twice."""
        read = [column for column in self.columns if column.name in self.read]
        kinds = {column.name: _kind(column.type, booleans=booleans) for column in read}
        values = [_Value(column, kinds[column.name], f"value_{number}", f"text_{number}") for number, column in enumerate(read)]
        made = ", ".join(item for value in values for item in value.items()) or "1"
        fits = " AND ".join([check for value in values if (check := value.check())] or ["true"])
        names = {value.column.name: value.name for value in values}
        return (
            f"(SELECT {', '.join(self._column(column, names) for column in self.columns)}"  # noqa: S608 - quoted
            f" FROM (SELECT {made} FROM {_scan(name, kinds)} LIMIT {_ALL})"
            f" WHERE CASE WHEN {fits} THEN true ELSE error('a value has another form') END LIMIT {_ALL})"
        )

    @staticmethod
    def _column(column: Column, names: Mapping[str, str]) -> str:
        value = names.get(column.name) or f"CAST(NULL AS {sql_type(column.type)})"
        return f"{value} AS {identifier(column.name)}"


@dataclass(frozen=True, slots=True)
class _Value:
    """A column that is read in the type ``kind``: the value is to be called ``name``, and what it is made of ``text``."""

    column: Column
    kind: str
    name: str
    text: str

    def items(self) -> Iterator[str]:
        """What to select of the file."""
        read, wanted = identifier(self.column.name), sql_type(self.column.type)
        if self.kind == wanted:
            yield f"{read} AS {self.name}"
        else:
            yield from (f"TRY_CAST({read} AS {wanted}) AS {self.name}", f"{read} AS {self.text}")

    def check(self) -> str:
        """A condition that the text is null or has the usual form; none when every form will do."""
        kind, text, value = self.column.type, self.text, self.name
        if kind in _WHOLE:
            return f"({text} IS NULL OR CAST({value} AS VARCHAR) = {text})"
        if isinstance(kind, ScalarType) and kind in _FORMS:
            usual = f"{value} {_YEARS_OF_FOUR_DIGITS} AND CAST({value} AS VARCHAR) = {text}"  # costs half of what the form does
            form = f"regexp_full_match({text}, {literal(_FORMS[kind])}) AND {value} IS NOT NULL"
            return f"({text} IS NULL OR ({usual}) OR ({form}))"
        if kind is ScalarType.BOOLEAN:
            return f"({text} IS NULL OR {text} IN ('true', 'false'))"
        if kind is ScalarType.DOUBLE and self.kind != sql_type(kind):
            plain = f"ascii({text}) BETWEEN 45 AND 57 AND NOT contains({text}, '_') AND {value} IS NOT NULL"
            return f"({text} IS NULL OR ({plain}))"
        return ""


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
