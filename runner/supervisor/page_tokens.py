"""Where a page ended, as the opaque text that a client passes back for the next one."""

from __future__ import annotations

import base64
import binascii

import msgspec

from runner.store.pages import Place
from spec.errors import UsageError


def encode_place(place: Place) -> str:
    """The text that stands for the place."""
    return base64.urlsafe_b64encode(msgspec.json.encode([place.at, place.id])).rstrip(b"=").decode()


def decode_place(token: str | None) -> Place | None:
    """The place that the text stands for. Raises UsageError ``invalid-token``."""
    if token is None:
        return None
    try:
        data = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        at, identity = msgspec.json.decode(data, type=tuple[float, str])
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError, ValueError, RecursionError) as error:
        hint = "pass what `next` of the page before says, or begin without it"
        raise UsageError("what `after` says is no place in the list", hint=hint, code="invalid-token") from error
    return Place(at, identity)
