"""A request that the end of the daemon interrupts is answered all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from runner.api.interruption import Interruption
from runner.replies import Problem


class Application:
    """Never done; it has begun to answer, or has not."""

    def __init__(self, *, begins: bool) -> None:
        self.reached = asyncio.Event()
        self._begins = begins

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Until it is cancelled."""
        if self._begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        self.reached.set()
        await asyncio.Event().wait()


async def interrupted(*, begins: bool) -> tuple[asyncio.Task[None], list[dict[str, Any]]]:
    """The request after its interruption, and what was sent."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    application = Application(begins=begins)
    request = asyncio.create_task(Interruption(application)({"type": "http"}, None, send))
    async with asyncio.timeout(60):
        await application.reached.wait()
    request.cancel()
    await asyncio.wait({request})
    return request, sent


async def test_what_was_not_answered_is_explained() -> None:
    """A problem document says that the daemon has ended, and what to do."""
    request, (start, body) = await interrupted(begins=False)
    assert not request.cancelled()
    assert start["status"] == 503
    assert (b"content-type", b"application/problem+json") in start["headers"]
    problem = msgspec.json.decode(body["body"], type=Problem)
    assert problem.code == "daemon-ends"
    assert problem.detail
    assert problem.hint


async def test_what_was_half_answered_is_broken_off() -> None:
    """Nothing is sent into the middle of another answer."""
    request, sent = await interrupted(begins=True)
    assert len(sent) == 1
    with pytest.raises(asyncio.CancelledError):
        await request
