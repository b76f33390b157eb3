"""Pages served in the test's own event loop, over real sockets, and visits to them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from tui.web.server import PageServer, Serving
from tui.web.visit import Visit


def _load(name: str) -> Any:
    found = importlib.util.spec_from_file_location(f"web_tests_{name}", Path(__file__).parent / f"{name}.py")
    module = sys.modules[found.name] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


browser = _load("browser")


@dataclass
class Served:
    """A server, and a client that keeps no cookies by itself."""

    server: Any
    client: aiohttp.ClientSession
    reports: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """Without the token."""
        return self.server.url.partition("/?")[0]

    @property
    def page(self) -> str:
        """The path of the page."""
        return self.server.door.path

    async def cookie(self) -> dict[str, str]:
        """The header that comes of showing the token."""
        async with self.client.get(self.server.url) as answer:
            assert answer.status == 200
            return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}

    async def visit(self, **headers: str) -> aiohttp.ClientWebSocketResponse:
        """The websocket of a page."""
        given = {**await self.cookie(), **headers}
        return await self.client.ws_connect(f"{self.base}{self.page}socket?width=100&height=30", headers=given)


@contextlib.asynccontextmanager
async def served(home: Path, serving: Serving) -> AsyncIterator[Served]:
    """A server that listens."""
    reports: list[str] = []
    server = PageServer(Visit(home), serving, reports.append)
    ready = asyncio.Event()

    async def tell() -> None:
        ready.set()

    task = asyncio.create_task(server.serve(tell))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        try:
            await asyncio.wait({task, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
            yield Served(server, client, reports)
        finally:
            server.stop()
            await asyncio.wait_for(task, 60)


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Served]:
    """A server of a home without a daemon."""
    async with served(tmp_path / "h", Serving("127.0.0.1", 0, 2)) as one:
        yield one


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Any]:
    """Makes servers with other bounds: async context managers."""
    return lambda **bounds: served(tmp_path / "h", Serving(**{"address": "127.0.0.1", "port": 0, "visitors": 2, **bounds}))


async def _until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Waits for a condition."""
    return _until


@pytest.fixture
def processes() -> Callable[[Path], list[psutil.Process]]:
    """Those of visitors to a home."""

    def find(home: Path) -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["cmdline", "status"])
            if "tui.web.visitor" in (words := process.info["cmdline"] or ()) and str(home) in words
        ]

    return find


@pytest.fixture
def plain() -> Callable[[bytes], str]:
    """What is drawn, without the sequences that say where and in which colour."""
    return lambda drawn: re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", drawn.decode("utf-8", "replace"))


@pytest.fixture
def chromium() -> Any:
    """The browser; the test is skipped where there is none."""
    if browser.find() is None:
        pytest.skip(f"needs a browser on the PATH: one of {', '.join(browser.NAMES)}")
    return browser.Browser
