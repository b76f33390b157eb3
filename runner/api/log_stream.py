"""Log lines as server-sent events: first the last ones, or those after an offset, then each as it is written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec

from runner.api.event_stream import KEEP_ALIVE_SECONDS
from runner.model import LogLine
from runner.supervisor.log_file import LogFilter, LogRead
from runner.supervisor.log_view import LogView

_OPEN = b": open\n\n"
_KEEP_ALIVE = b": keep-alive\n\n"


def encode_line(line: LogLine) -> bytes:
    """One server-sent block; its id is the offset behind the line. JSON has no raw line breaks."""
    return b"id: %d\nevent: log\ndata: %b\n\n" % (line.offset, msgspec.json.encode(line))


async def log_stream(
    view: LogView, execution_id: str, after: int | None, limit: int, wanted: LogFilter, closing: asyncio.Event
) -> AsyncIterator[bytes]:
    """The blocks of one stream: a comment once it has begun and whenever nothing comes for a while, a block for each line, and
    in the end, when the execution is over, one of the kind ``end`` with its state."""
    with view.following():
        yield _OPEN
        said = time.monotonic()
        async for found in view.follow(execution_id, after, limit, wanted, closing):
            if not isinstance(found, LogRead):
                yield b"event: end\ndata: %b\n\n" % msgspec.json.encode({"execution_id": execution_id, "state": found})
            elif found.lines:
                yield b"".join(map(encode_line, found.lines))
                said = time.monotonic()
            elif time.monotonic() - said >= KEEP_ALIVE_SECONDS:
                yield _KEEP_ALIVE
                said = time.monotonic()
