"""What a page says over its websocket, checked: keys, the size of the terminal, whether somebody looks."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from aiohttp import web

LARGEST_MESSAGE = 64 * 1024
_WIDEST, _HIGHEST = 500, 300
_Cells = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Typed(msgspec.Struct, array_like=True, tag="stdin", frozen=True):
    """Keys, and the mouse."""

    text: str


class Size(msgspec.Struct, frozen=True):
    """Of the terminal in the page, in cells."""

    width: _Cells
    height: _Cells

    def bounded(self) -> tuple[int, int]:
        """What the program is told: every cell costs memory."""
        return min(max(self.width, 1), _WIDEST), min(max(self.height, 1), _HIGHEST)


class Resized(msgspec.Struct, array_like=True, tag="resize", frozen=True):
    """The terminal has another size."""

    size: Size


class Pinged(msgspec.Struct, array_like=True, tag="ping", frozen=True):
    """Wants its text back."""

    text: Annotated[str, msgspec.Meta(max_length=64)]


class Blurred(msgspec.Struct, array_like=True, tag="blur", frozen=True):
    """Nobody looks."""


class Focused(msgspec.Struct, array_like=True, tag="focus", frozen=True):
    """Somebody looks."""


Said: TypeAlias = Typed | Resized | Pinged | Blurred | Focused
_DECODER: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


def first_size(request: web.Request) -> tuple[int, int]:
    """What the page asks for when it opens its websocket."""
    try:
        return msgspec.convert(dict(request.query), Size, strict=False).bounded()
    except msgspec.ValidationError:
        return 80, 24


def read(text: str) -> Said | None:
    """What a message says; None for what no page says."""
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
