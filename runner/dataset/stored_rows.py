"""Rows that are still in the file they are stored in: handed from a source to a stage as a note of where they are.

The engine reads such rows by itself, and only what its query asks for, which is cheaper than to read them first and hand them
over. Whoever cannot have the engine read them takes them as batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from spec.sql.text import identifier, literal


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The rows ``[first, end)`` of a Parquet file, with ``columns`` of which the engine reads the same values
    as there are in ``batches``. ``nbytes``: about what these would take. ``plugin`` and ``split``: who to blame for them."""

    file: Path
    columns: tuple[str, ...]
    first: int
    end: int
    nbytes: int
    batches: Callable[[], Iterator[pa.RecordBatch]]
    plugin: str = ""
    split: str = ""

    @property
    def num_rows(self) -> int:
        """How many there are."""
        return self.end - self.first


Rows: TypeAlias = pa.RecordBatch | StoredRows
"""What flows from a source to a stage."""


def stored_select(pieces: Sequence[StoredRows]) -> str:
    """A query of the rows of all ``pieces``, those of each file in order."""
    return " UNION ALL ".join(_select(piece) for piece in _joined(pieces))


def _joined(pieces: Sequence[StoredRows]) -> list[StoredRows]:
    """Those that follow each other in their file are one: each SELECT looks through the row groups of its file. Several readers
    hand over theirs in turns."""
    files = {piece.file: number for number, piece in reversed(list(enumerate(pieces)))}
    joined: list[StoredRows] = []
    for piece in sorted(pieces, key=lambda each: (files[each.file], each.first)):
        before = joined[-1] if joined else None
        if before is not None and before.file == piece.file and before.end == piece.first:
            joined[-1] = replace(before, end=piece.end)
        else:
            joined.append(piece)
    return joined


def _select(piece: StoredRows) -> str:
    columns = ", ".join(map(identifier, piece.columns))
    options = "file_row_number = true, hive_partitioning = false, filename = false"
    scan = f"read_parquet({literal(str(piece.file))}, {options})"
    between = f"file_row_number >= {piece.first} AND file_row_number < {piece.end}"
    return f"SELECT {columns} FROM {scan} WHERE {between}"  # noqa: S608 - quoted
