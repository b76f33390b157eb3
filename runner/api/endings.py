"""What has to happen once a request has been answered, whatever the answer: a stack that the checks before it fill."""

from __future__ import annotations

import contextlib
from typing import Final

from litestar.types import ASGIApp, Receive, Scope, Send

_ENDINGS: Final = "flowdeck.endings"


class Endings:
    """Around the application: gives each request a stack that is unwound when the application is done with it."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered."""
        async with contextlib.AsyncExitStack() as stack:
            await self._application({**scope, _ENDINGS: stack}, receive, send)  # type: ignore[arg-type, misc, unused-ignore]


def endings_of(scope: Scope) -> contextlib.AsyncExitStack:
    """The stack of a request that came through :class:`Endings`."""
    found: contextlib.AsyncExitStack = scope[_ENDINGS]  # type: ignore[literal-required, typeddict-item, unused-ignore]
    return found
