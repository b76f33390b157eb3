"""Visits: their processes, how many, how large, how long, and that none is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from tui.web.messages import Pinged, Resized, Typed, read
from tui.web.server import ENDED
from tui.web.visitors import GAVE_WAY, NoPlace, Visitors

COMMAND = [sys.executable, "-c", "import sys; from tui.cli.main import main; main()"]


async def drawn_until(page: aiohttp.ClientWebSocketResponse, word: str, plain: Callable[[bytes], str]) -> str:
    """What the page is given to draw, up to and with ``word``."""
    drawn = b""
    while word not in (seen := plain(drawn)):
        message = await page.receive(timeout=60)
        assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, (message, seen[-500:])
        drawn += message.data if message.type is aiohttp.WSMsgType.BINARY else b""
    return seen


async def end_of(page: aiohttp.ClientWebSocketResponse) -> str:
    """The reason that a page is closed with."""
    reason = ""
    while (message := await page.receive(timeout=60)).type is not aiohttp.WSMsgType.CLOSE:
        assert message.type is not aiohttp.WSMsgType.CLOSED, "closed without a reason"
        if message.type is aiohttp.WSMsgType.TEXT and message.data.startswith('["ended"'):
            reason = message.json()[1]
    return reason


async def test_a_visit_is_a_process_that_ends_with_its_page(
    pages: Any, tmp_path: Path, processes: Any, until: Any, plain: Any
) -> None:
    """The program is drawn in the size that the page has, takes keys, and is gone when the page is; too many keys, another
    protocol and a third page end no other visit."""
    pages.server.visitors = Visitors(1, patience=0.05)
    page = await pages.visit()
    await drawn_until(page, "read-only", plain)
    (process,) = processes(tmp_path / "h")
    assert os.getpgid(process.pid) == process.pid
    assert process.cmdline()[-2:] == ["--home", str(tmp_path / "h")]
    secrets = (pages.server.door.token, (await pages.cookie())["Cookie"].partition("=")[2])
    assert not [secret for secret in secrets if secret in " ".join([*process.cmdline(), *process.environ().values()])]

    crowded = await pages.visit()
    assert await end_of(crowded) == (
        "1 page is open already, and no more may be. Close one, or start flowdeck web with --visitors N."
    )
    await page.send_str('["ping", "7"]')
    await page.send_str('["resize", {"width": 1000000, "height": 20}]')
    await page.send_str('["stdin", "?"]')
    await drawn_until(page, "keys", plain)

    await page.close()
    await until(lambda: not processes(tmp_path / "h"))
    odd = await pages.visit()
    await odd.send_str('["shell", "ls"]')
    assert await end_of(odd) == "The page said what no page says."
    await until(lambda: not processes(tmp_path / "h"))
    assert pages.reports == []


async def test_a_program_that_cannot_start_says_why(pages: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with the settings is the reason on the page, and told where flowdeck web runs."""
    settings = tmp_path / "settings.toml"
    settings.write_text("theme = 3\n")
    monkeypatch.setenv("FLOWDECK_SETTINGS", str(settings))
    reason = await end_of(await pages.visit())
    assert reason.startswith("The terminal UI could not go on: ")
    assert "theme" in reason
    assert len(pages.reports) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
async def test_nothing_is_left_of_a_server(
    number: signal.Signals, tmp_path: Path, processes: Any, until: Any, plain: Any
) -> None:
    """Asked to end, the server closes its pages with a reason and exits with 0; also when it is killed no visitor stays."""
    environment = {**os.environ, "FLOWDECK_HOME": str(tmp_path / "h")}
    server = await asyncio.create_subprocess_exec(*COMMAND, "web", "--port", "0", stdout=PIPE, stderr=PIPE, env=environment)
    try:
        url = (await server.stdout.readline()).decode().strip()
        base, _, token = url.partition("/?token=")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client, client.get(url) as answer:
            path = answer.headers["Refresh"].partition("url=")[2]
            cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
            page = await client.ws_connect(f"{base}{path}socket?width=80&height=24", headers=cookie)
            await drawn_until(page, "read-only", plain)
            assert len(processes(tmp_path / "h")) == 1
            assert token not in " ".join(psutil.Process(server.pid).cmdline())
            server.send_signal(number)
            if number is signal.SIGTERM:
                assert await end_of(page) == ENDED
                await page.close()
        status = await asyncio.wait_for(server.wait(), 60)
        await until(lambda: not processes(tmp_path / "h"))
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
    errors = (await server.stderr.read()).decode()
    assert status == (0 if number is signal.SIGTERM else -signal.SIGKILL)
    assert token not in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("server", ["this", "another"])
async def test_a_process_ends_without_its_server(server: str, tmp_path: Path) -> None:
    """When nobody speaks to it any more, and at once when it finds another parent than it was told."""
    parent = os.getpid() if server == "this" else 1
    environment = {**os.environ, "TEXTUAL_DRIVER": "tui.web.driver:VisitorDriver"}
    command = [sys.executable, "-P", "-m", "tui.web.visitor", "--serving", str(parent), "--home", str(tmp_path / "h")]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment)
    try:
        if server == "this":
            assert await process.stdout.readline() == b"__GANGLION__\n"
            process.stdin.close()
        drawn, errors = await asyncio.wait_for(process.communicate(), 60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert (process.returncode, errors) == ((0, b"") if server == "this" else (1, b""))
    assert bool(drawn) == (server == "this")


async def test_the_number_of_places() -> None:
    """A newcomer waits a moment for a place; who has long done nothing gives way, who works does not."""
    left: list[str] = []
    visitors = Visitors(1, patience=0.05, away=900.0)
    async with visitors.visit(left.append) as first:
        with pytest.raises(NoPlace, match="1 page is open already"):
            async with visitors.visit(left.append):
                pass
        assert left == []
        first.used -= 901.0
        with pytest.raises(NoPlace):
            async with visitors.visit(left.append):
                pass
        assert left == [GAVE_WAY]
        first.use()
        with pytest.raises(NoPlace):
            async with visitors.visit(left.append):
                pass
        assert left == [GAVE_WAY]
    async with visitors.visit(left.append):
        pass


async def test_connections_that_ask_for_nothing_are_closed(serve: Any) -> None:
    """Silence, and a request that comes too slowly, end after a while; more connections than may be are closed at once."""
    async with serve(idle=0.3, connections=2) as pages:
        port = int(pages.base.rpartition(":")[2])
        silent, silent_end = await asyncio.open_connection("127.0.0.1", port)
        slow, slow_end = await asyncio.open_connection("127.0.0.1", port)
        slow_end.write(b"GET / HTTP/1.1\r\nHo")
        surplus, surplus_end = await asyncio.open_connection("127.0.0.1", port)
        for reader, writer in ((surplus, surplus_end), (silent, silent_end), (slow, slow_end)):
            assert b"200" not in await asyncio.wait_for(reader.read(), 60)
            writer.close()
        assert (await pages.cookie())["Cookie"]


def test_what_a_page_may_say() -> None:
    """Known messages of bounded size; everything else is nothing."""
    assert read('["stdin","x"]') == Typed("x")
    assert read('["ping","1"]') == Pinged("1")
    said = read('["resize",{"width":100000,"height":0}]')
    assert isinstance(said, Resized)
    assert said.size.bounded() == (500, 1)
    deep = "[" * 5000 + "]" * 5000
    odd = [
        "",
        "{}",
        "[]",
        '["stdin"]',
        '["stdin",1]',
        '["quit"]',
        '["ping","' + "1" * 65 + '"]',
        deep,
        '["stdin",' + deep + "]",
    ]
    odd += ['["resize",{"width":1e9,"height":1}]', '["resize",{"width":-1,"height":1}]', '["resize",{"width":10}]']
    assert [read(text) for text in odd] == [None] * len(odd)
