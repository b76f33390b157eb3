"""Lists in another order than the usual one, the newest first: by which field, which way, and where a page ended.

Whoever has no value of the field comes last, either way. Those that have the same one are in the order of their ids. A field
that changes while somebody pages (the state, say) moves its record: it may come twice then, or not at all.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

F = TypeVar("F", bound=enum.StrEnum)


class SortField(enum.StrEnum):
    """What jobs and executions can be ordered by. Of a job ``state``, ``started`` and ``ended`` are those of its newest
    execution, and ``updated`` is when it or the state of that was changed last."""

    NAME = "name"
    STATE = "state"
    CREATED = "created"
    UPDATED = "updated"
    STARTED = "started"
    ENDED = "ended"

    @property
    def is_text(self) -> bool:
        """Whether its values are texts, not times."""
        return self in _TEXTS


_TEXTS: Final = frozenset({SortField.NAME, SortField.STATE})


@dataclass(frozen=True, slots=True)
class Order:
    """By a field, its lowest value first unless ``descending``."""

    field: SortField
    descending: bool

    def __str__(self) -> str:
        return f"{self.field}:{'desc' if self.descending else 'asc'}"


USUAL: Final = Order(SortField.CREATED, descending=True)


def order_of(text: str | None) -> Order:
    """``name``, ``started:desc`` and so on; without a direction texts go from A to Z and times from now back. None: the usual
    one."""
    if text is None:
        return USUAL
    return Order(*field_and_way(text, SortField, _TEXTS))


def field_and_way(text: str, fields: type[F], texts: Collection[F]) -> tuple[F, bool]:
    """The field and whether it is the highest value first; without a direction that is so of all but ``texts``."""
    name, _, direction = text.partition(":")
    field = fields(name)
    return field, direction == "desc" if direction else field not in texts


@dataclass(frozen=True, slots=True)
class SortPlace:
    """Where a page ended: the last record's value (None: it has none) and id."""

    value: float | str | None
    id: str


def text_in(column: str, field: str) -> str:
    """The text of a field that the record in ``column`` has, as an expression. To look for it costs less than half of what it
    costs to read the whole JSON. Inside a value a quote has a backslash before it, so what is found is the field; of fields of
    that name the first one, so no structure that has one, too, may come before it."""
    return f"""regexp_extract({column}, '"{field}":"([^"]*)"', 1)"""


def number_in(column: str, field: str) -> str:
    """The same of a number, null where it is null."""
    return f"""TRY_CAST(regexp_extract({column}, '"{field}":([-+.0-9eE]+|null)', 1) AS DOUBLE)"""


def clause(expression: str, order: Order) -> str:
    """How a statement puts records in order whose value is ``expression``."""
    return f'ORDER BY {expression} {"DESC" if order.descending else "ASC"} NULLS LAST, "id"'


def beyond(expression: str, order: Order, after: SortPlace) -> tuple[str, Mapping[str, object]]:
    """What holds for the records behind that place, and its parameters."""
    if after.value is None:
        return f'({expression} IS NULL AND "id" > $last)', {"last": after.id}
    sign = "<" if order.descending else ">"
    further = f'{expression} {sign} $value OR ({expression} = $value AND "id" > $last) OR {expression} IS NULL'
    return f"({further})", {"value": after.value, "last": after.id}
