"""What is known of a dataset's columns."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, TypeAlias

from spec.position import Span
from spec.types import FieldType


class Unknown(enum.Enum):
    """Nothing is known of a dataset."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``type`` None: not known. ``declared`` is where the job file names it, if it does."""

    name: str
    type: FieldType | None
    declared: Span | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a dataset in order.

    ``complete`` False: there may be others after them (those of a path's ``name=value`` directories). ``dataset`` is its name
    where the file gives it one, ``made_at`` where the plugin stands that makes it.
    """

    columns: tuple[Column, ...]
    made_at: Span
    dataset: str = ""
    complete: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(column.name for column in self.columns)

    def find(self, name: str) -> Column | None:
        """The column called exactly ``name``."""
        return next((column for column in self.columns if column.name == name), None)

    def lacks(self, name: str) -> bool:
        """Whether there is certainly no column called exactly ``name``."""
        return self.complete and self.find(name) is None

    def typed(self) -> tuple[tuple[str, FieldType], ...] | None:
        """Names and types, None unless every type is known."""
        known = tuple((column.name, column.type) for column in self.columns if column.type is not None)
        return known if len(known) == len(self.columns) else None


DatasetSchema: TypeAlias = Schema | Unknown
