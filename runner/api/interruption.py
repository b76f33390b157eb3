"""What a client is told whose request the end of the daemon interrupts."""

from __future__ import annotations

import asyncio

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from runner.api.request_shape import refuse
from spec.errors import FlowdeckError


class DaemonEnds(FlowdeckError):
    """The daemon was shut down while it carried out the request."""

    code = "daemon-ends"


class Interruption:
    """Around the application: a request that is not answered when the server gives up waiting for it is not just dropped."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered, or say why it is not."""
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._application(scope, receive, send_and_note)
        except asyncio.CancelledError:
            if begun:
                raise
            error = DaemonEnds(
                "the daemon was shut down before the request was done",
                hint="look what became of it once a daemon runs again, or send it again under the same Idempotency-Key",
            )
            await refuse(error, send)
