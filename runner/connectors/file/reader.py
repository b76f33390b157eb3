"""What a file format promises the LocalFile source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from runner.connectors.base import Batch, Pace, Position
from runner.connectors.file.listing import InputFile
from runner.connectors.options import Options
from runner.connectors.table_schema import Column


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What the options say about every file. ``columns``: the declared ones, None when the files know their own. ``tolerant``:
    rows that do not fit are rejected one by one, and not the whole file."""

    options: Options
    columns: tuple[Column, ...] | None
    read_columns: tuple[str, ...] | None
    tolerant: bool = False

    def declared(self) -> tuple[Column, ...]:
        """The declared columns. Raises OptionError when there are none."""
        if self.columns is None:
            raise self.options.error("schema", "is required: files of this format do not know their columns")
        return self.columns

    def wanted(self) -> tuple[Column, ...]:
        """The declared columns that are read, in the order they are read. Raises OptionError for unknown ones."""
        declared = {column.name: column for column in self.declared()}
        if self.read_columns is None:
            return tuple(declared.values())
        missing = [name for name in self.read_columns if name not in declared]
        if missing:
            raise self.options.error("read_columns", f"names columns that the schema does not have: {', '.join(missing)}")
        return tuple(declared[name] for name in self.read_columns)


class FileReader(ABC):
    """Reads files of one format. Positions and the plain data of a split are the format's own.

    ``read`` runs in several threads at once, as :class:`runner.connectors.base.Source` says.
    """

    cut_without_reading: ClassVar[bool] = True
    """Whether ``pieces`` finds where to cut without reading the whole file."""

    def __init__(self, settings: FileSettings) -> None:
        self.settings = settings

    @abstractmethod
    def schema(self, files: Sequence[InputFile]) -> pa.Schema:
        """The columns of all ``files`` (which may be none)."""

    @abstractmethod
    def narrow(self, columns: frozenset[str]) -> None:
        """From now on read only ``columns`` of the schema: batches have no others. Called before anything is read."""

    def leave_stored(self, rows: int) -> None:  # noqa: B027 - a hook for formats that the engine reads
        """From now on rows may stay in the file, up to ``rows`` of them in a batch. Called before anything is read."""

    @abstractmethod
    def pieces(self, file: InputFile, parts: int) -> list[dict[str, Any]]:
        """What to read of one file, in about ``parts`` pieces, as plain data for splits."""

    @abstractmethod
    def read(self, path: Path, piece: dict[str, Any], position: Position | None, pace: Pace) -> Iterator[Batch]:
        """The rows of one piece, from ``position`` on."""
