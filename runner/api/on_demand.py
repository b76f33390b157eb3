"""Serve the API once somebody asks for it: a ``flowdeck run`` that nobody else talks to need not load an HTTP server."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
from collections.abc import AsyncIterator
from typing import Any

from runner.api.gateway import Gateway


@contextlib.asynccontextmanager
async def serve_on_demand(gateway: Gateway, owners: socket.socket) -> AsyncIterator[asyncio.Future[None]]:
    """Like :func:`runner.api.server.serve`, from the first connection to the unix socket ``owners`` on.

    Until then connections wait in the socket's backlog, so whoever connects is answered a moment later than by a server.
    """
    told_to_end = asyncio.Event()
    serving = asyncio.create_task(_serve(gateway, owners, told_to_end), name="api on demand")
    try:
        yield serving
    finally:
        gateway.closing.set()
        told_to_end.set()
        await serving


async def _serve(gateway: Gateway, owners: socket.socket, told_to_end: asyncio.Event) -> None:
    with owners:
        if not await _is_asked(owners, told_to_end):
            return
        # In a thread: the imports take a while, and the loop has a job to look after.
        await asyncio.to_thread(importlib.import_module, "runner.api.server")
        from runner.api.server import serve

        async with serve(gateway, owners) as failed:
            await _first_of(failed, told_to_end)


async def _is_asked(owners: socket.socket, told_to_end: asyncio.Event) -> bool:
    """Wait for a connection; False when it is told to end first."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(owners, asked.set)
    waiting = asyncio.ensure_future(asked.wait())
    try:
        await _first_of(waiting, told_to_end)
    finally:
        loop.remove_reader(owners)
        waiting.cancel()
    return asked.is_set()


async def _first_of(future: asyncio.Future[Any], told_to_end: asyncio.Event) -> None:
    told = asyncio.ensure_future(told_to_end.wait())
    try:
        await asyncio.wait({future, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
