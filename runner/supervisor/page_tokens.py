"""Where a page ended, as the opaque text that a client passes back for the next one.

A text says which order its list has, if that is not the usual one, the newest first: what belongs to one list is no place in
another.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from runner.store.pages import Place
from runner.store.sorting import Order, SortPlace
from spec.errors import UsageError

T = TypeVar("T")

GENERATIONS: Final = "generations"
ATTEMPTS: Final = "attempts"
CHECKPOINTS: Final = "checkpoints"
SAVEPOINTS: Final = "savepoints"
_NONE: Final = "what `after` says is no place in the list"


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """What a token says."""

    at: float | str | None
    id: str
    order: str = ""


def page_of(
    found: Sequence[T], limit: int, place_of: Callable[[T], Place], order: str = ""
) -> tuple[tuple[T, ...], str | None]:
    """The first ``limit`` of what was found, and where the next page begins. To be asked for one more than is wanted: that
    tells whether there is a next page."""
    shown = tuple(found[:limit])
    return shown, encode_place(place_of(shown[-1]), order) if len(found) > limit else None


def sorted_page_of(found: Sequence[tuple[SortPlace, T]], limit: int, order: Order) -> tuple[tuple[T, ...], str | None]:
    """The same of what comes in some order."""
    token = encode_sort_place(found[limit - 1][0], order) if len(found) > limit else None
    return tuple(record for _, record in found[:limit]), token


def encode_place(place: Place, order: str = "") -> str:
    """The text that stands for the place in a list of that order."""
    return encoded(_Told(place.at, place.id, order))


def encode_sort_place(place: SortPlace, order: Order) -> str:
    """The text that stands for the place in a list that is sorted like that."""
    return encoded(_Told(place.value, place.id, str(order)))


def encoded(told: msgspec.Struct) -> str:
    """The text that says this."""
    return base64.urlsafe_b64encode(msgspec.json.encode(told)).rstrip(b"=").decode()


def decode_place(token: str | None, order: str = "") -> Place | None:
    """The place that the text stands for, in a list of that order. Raises UsageError ``invalid-token``."""
    if token is None:
        return None
    told = _decode(token, order)
    if not isinstance(told.at, float):
        raise _no_place(_NONE)
    return Place(told.at, told.id)


def decode_sort_place(token: str | None, order: Order) -> SortPlace | None:
    """The place that the text stands for, in a list that is sorted like that. Raises UsageError ``invalid-token``."""
    if token is None:
        return None
    told = _decode(token, str(order))
    if told.at is not None and isinstance(told.at, str) is not order.field.is_text:
        raise _no_place(_NONE)
    return SortPlace(told.at, told.id)


def _decode(token: str, order: str) -> _Told:
    told = decoded(token, _Told)
    if told.order != order:
        raise elsewhere()
    return told


def decoded(token: str, kind: type[T]) -> T:
    """What the text says. Raises UsageError ``invalid-token``."""
    try:
        data = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        return msgspec.json.decode(data, type=kind)
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _no_place(_NONE) from error


def elsewhere() -> UsageError:
    """The error for a text that belongs to another list."""
    return _no_place("what `after` says is a place in another list, or in another order of this one")


def _no_place(message: str) -> UsageError:
    hint = "pass what `next` of the page before says, or begin without it"
    return UsageError(message, hint=hint, code="invalid-token")
