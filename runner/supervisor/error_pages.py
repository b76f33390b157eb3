"""Pages of what went wrong: one page has a part of every list of a report, in one order; one token goes on in all of them.

A list that came to its end is empty on the pages that follow. Groups, failures and rows are put in order by the same field;
what cannot be told apart by it comes newest first.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from runner.store.sorting import field_and_way
from runner.supervisor.page_tokens import decoded, elsewhere, encoded

T = TypeVar("T")


class ErrorField(enum.StrEnum):
    """What errors can be ordered by: when the last or the first of a group was, how many it has, its code."""

    LAST = "last"
    FIRST = "first"
    COUNT = "count"
    CODE = "code"


_TEXTS: Final = frozenset({ErrorField.CODE})


@dataclass(frozen=True, slots=True)
class ErrorOrder:
    """By a field, its lowest value first unless ``descending``."""

    field: ErrorField = ErrorField.LAST
    descending: bool = True

    def __str__(self) -> str:
        return f"errors by {self.field}:{'desc' if self.descending else 'asc'}"


LATEST: Final = ErrorOrder()
"""The order without another wish."""


def error_order_of(text: str | None) -> ErrorOrder:
    """``count``, ``code:desc`` and so on; without a direction texts go from A to Z and the others down. None: the last
    first."""
    return LATEST if text is None else ErrorOrder(*field_and_way(text, ErrorField, _TEXTS))


class ErrorPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a list ended: the last one's value, when it was, and what tells it from others."""

    value: float | str
    at: float
    id: str


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """What a token says: where each of the lists goes on that have not ended."""

    order: str
    places: dict[str, ErrorPlace]


@dataclass(slots=True)
class ErrorPage:
    """Which part of the lists is wanted. Takes them one after the other, and then knows where the next page begins."""

    limit: int = 100
    offset: int = 0
    order: ErrorOrder = LATEST
    after: str | None = None
    _begun: dict[str, ErrorPlace] | None = None
    _left: dict[str, ErrorPlace] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UsageError ``invalid-token`` when ``after`` is no place in this order."""
        if self.after is None:
            return
        told = decoded(self.after, _Told)
        is_text = self.order.field in _TEXTS
        if told.order != str(self.order) or any(isinstance(one.value, str) is not is_text for one in told.places.values()):
            raise elsewhere()
        self._begun = told.places

    def part_of(self, name: str, found: Sequence[T], place_of: Callable[[T, ErrorField], ErrorPlace]) -> tuple[T, ...]:
        """The part of the list ``name`` that is on this page. ``found`` is all of it, newest first."""
        if self._begun is not None and name not in self._begun:
            return ()
        if self.order == LATEST and self._begun is None:  # what comes behind does not matter, and may be much
            found = found[: self.offset + self.limit + 1]
        placed = list(zip(_told_apart(place_of(one, self.order.field) for one in found), found, strict=True))
        if self.order != LATEST:
            placed.sort(key=lambda pair: pair[0].value, reverse=self.order.descending)
        begin = self.offset + (0 if self._begun is None else self._behind([place for place, _ in placed], self._begun[name]))
        shown = placed[begin : begin + self.limit]
        if begin + self.limit < len(placed):
            self._left[name] = shown[-1][0]
        return tuple(one for _, one in shown)

    @property
    def next(self) -> str | None:
        """Where the next page begins; None: all lists have ended."""
        return encoded(_Told(str(self.order), self._left)) if self._left else None

    def _behind(self, places: Sequence[ErrorPlace], last: ErrorPlace) -> int:
        """Where the list goes on. What is not there any more, or has changed its place, stood before all that is beyond it."""
        if last in places:
            return places.index(last) + 1
        return next((number for number, place in enumerate(places) if self._is_beyond(place, last)), len(places))

    def _is_beyond(self, place: ErrorPlace, last: ErrorPlace) -> bool:
        if place.value != last.value:
            is_less = place.value < last.value  # type: ignore[operator]  # of one order all are texts or all are numbers
            return is_less is self.order.descending
        return (-place.at, place.id) > (-last.at, last.id)


def _told_apart(places: Iterable[ErrorPlace]) -> Iterator[ErrorPlace]:
    """The places, each of them once: rows of one batch may be the same in everything that is known of them."""
    seen: Counter[ErrorPlace] = Counter()
    for place in places:
        seen[place] += 1
        yield place if seen[place] == 1 else msgspec.structs.replace(place, id=f"{place.id} {seen[place]}")
