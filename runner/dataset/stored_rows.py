"""Rows that are still in the file they are stored in: handed from a source to a stage as a note of where they are.

The engine reads such rows by itself, and only what its query asks for, which is cheaper than to read them first and hand them
over. Whoever cannot have the engine read them takes them as batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self, TypeAlias

import pyarrow as pa

from spec.sql.text import identifier, literal


class StoredPlace(Protocol):
    """A place ``[first, end)`` in a file, in whatever its format counts. Knows how the engine reads it."""

    @property
    def file(self) -> Path:
        """The file."""

    @property
    def first(self) -> int:
        """Where it begins."""

    def after(self, before: StoredPlace) -> Self | None:
        """``before`` and this as one place, if that is one."""

    def select(self) -> AbstractContextManager[str]:
        """A query of its rows in order, which can be run as long as the context lasts."""


@dataclass(frozen=True, slots=True)
class ParquetPlace:
    """Rows of a Parquet file by their number: ``columns`` of which the engine reads the same values as Arrow does."""

    file: Path
    columns: tuple[str, ...]
    first: int
    end: int

    def after(self, before: StoredPlace) -> ParquetPlace | None:
        """One SELECT instead of two: each looks through the row groups of its file."""
        if not isinstance(before, ParquetPlace) or (before.file, before.end) != (self.file, self.first):
            return None
        return replace(before, end=self.end)

    @contextmanager
    def select(self) -> Iterator[str]:
        """By ``read_parquet``."""
        columns = ", ".join(map(identifier, self.columns))
        options = "file_row_number = true, hive_partitioning = false, filename = false"
        scan = f"read_parquet({literal(str(self.file))}, {options})"
        between = f"file_row_number >= {self.first} AND file_row_number < {self.end}"
        yield f"SELECT {columns} FROM {scan} WHERE {between}"  # noqa: S608 - quoted


def _nothing() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The rows at a place, and the same as ``batches``. ``nbytes``: about what these would take. ``plugin`` and ``split``: who
    to blame for them. ``refused``: whom to tell that the engine could not read them."""

    place: StoredPlace
    num_rows: int
    nbytes: int
    batches: Callable[[], Iterator[pa.RecordBatch]]
    plugin: str = ""
    split: str = ""
    refused: Callable[[], None] = _nothing


Rows: TypeAlias = pa.RecordBatch | StoredRows
"""What flows from a source to a stage."""


@contextmanager
def stored_select(pieces: Sequence[StoredRows]) -> Iterator[str]:
    """A query of the rows of all ``pieces``, those of each file in order, which can be run as long as the context lasts."""
    with ExitStack() as stack:
        yield " UNION ALL ".join(stack.enter_context(place.select()) for place in _joined([piece.place for piece in pieces]))


def _joined(places: Sequence[StoredPlace]) -> list[StoredPlace]:
    """Those that follow each other in their file are one. Several readers hand over theirs in turns."""
    files = {place.file: number for number, place in reversed(list(enumerate(places)))}
    joined: list[StoredPlace] = []
    for place in sorted(places, key=lambda each: (files[each.file], each.first)):
        both = place.after(joined[-1]) if joined else None
        if both is not None:
            joined[-1] = both
        else:
            joined.append(place)
    return joined
