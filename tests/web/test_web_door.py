"""Who may come in: token, cookie, Host, Origin, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tui.web.reporting import tell_in_lines

FRAMED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
LINKED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}


async def answer_to(pages: Any, path: str, **headers: str) -> tuple[int, str, Any]:
    """Status, text and headers."""
    async with pages.client.get(f"{pages.base}{path}", headers=headers) as answer:
        return answer.status, await answer.text(errors="replace"), answer.headers


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong", "/?token=%C3%A9&token=x", "/x", "/favicon.ico"])
async def test_nobody_comes_in_without_the_token(pages: Any, path: str) -> None:
    """Without a token, and with a wrong one, the answer is 401 and a page that says what to open."""
    status, text, headers = await answer_to(pages, path)
    assert status == 401
    assert re.search("flowdeck web printed|printed last", text)
    assert "Set-Cookie" not in headers
    assert pages.server.door.token not in text


@pytest.mark.parametrize("path", ["", "socket", "textual.js", "font.ttf", "nothing"])
async def test_every_page_needs_the_cookie(pages: Any, path: str) -> None:
    """Whoever knows the path has nothing yet: not the page, not its files, not the websocket."""
    wanted = f"{pages.page}{path}"
    for cookie in ("", "flowdeck-web=", "flowdeck-web=x", f"flowdeck-web={pages.server.door.token}"):
        assert (await answer_to(pages, wanted, **({"Cookie": cookie} if cookie else {})))[0] == 401
    assert (await answer_to(pages, f"{wanted}?token={pages.server.door.token}"))[0] == 401


async def test_the_token_is_changed_for_a_cookie(pages: Any) -> None:
    """The cookie is for this page's path, for no script and no other site; the address that follows has no token."""
    status, text, headers = await answer_to(pages, f"/?token={pages.server.door.token}", **LINKED)
    assert status == 200
    assert headers["Refresh"] == f"0; url={pages.page}"
    cookie = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", f"Path={pages.page}"} < set(cookie)
    assert pages.server.door.token not in headers["Set-Cookie"] + text
    status, text, _ = await answer_to(pages, pages.page, Cookie=cookie[0])
    assert status == 200
    assert f'data-session-websocket-url="ws{pages.base.removeprefix("http")}{pages.page}socket"' in text


async def test_the_page_brings_everything_along(pages: Any) -> None:
    """Whatever the page and its style name is served here; nothing is named that is elsewhere."""
    cookie = await pages.cookie()
    _, page, _ = await answer_to(pages, pages.page, **cookie)
    _, style, _ = await answer_to(pages, f"{pages.page}page.css", **cookie)
    named = set(re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page)) | set(re.findall(r'url\("([^"]+)"\)', style))
    assert {"textual.js", "page.js", "font.ttf", "font-italic.ttf"} < named
    for name in named:
        assert (await answer_to(pages, f"{pages.page}{name}", **cookie))[0] == 200, name
    assert "$" not in page + style
    assert "//" not in re.sub("ws://[^/]+/", "", page) + style


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "10.0.0.1:{port}", "a b", ""]
)
async def test_other_names_are_refused(pages: Any, host: str) -> None:
    """A name that was made to lead here (rebinding) opens nothing, with the right token and cookie either."""
    named = {"Host": host.format(port=pages.base.rpartition(":")[2])}
    for path in (f"/?token={pages.server.door.token}", pages.page):
        status, text, _ = await answer_to(pages, path, **await pages.cookie(), **named)
        assert status == 403
        assert "this machine" in text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:65535"])
async def test_a_tunnel_may_have_another_port(pages: Any, host: str) -> None:
    """This machine's own names, with any port; the page speaks to where it came from."""
    status, text, headers = await answer_to(pages, pages.page, **await pages.cookie(), Host=host)
    assert status == 200
    assert f'"ws://{host}{pages.page}socket"' in text
    assert f"ws://{host};" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://{here}"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://{here}", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
async def test_other_pages_get_no_websocket(pages: Any, headers: dict[str, str]) -> None:
    """A page elsewhere, also one of another port of this machine, cannot open the terminal with the cookie of this one."""
    here = pages.base.partition("//")[2]
    given = {name: value.format(here=here) for name, value in headers.items()}
    with pytest.raises(aiohttp.WSServerHandshakeError) as failure:
        await pages.visit(**given)
    assert failure.value.status == 403
    assert (await answer_to(pages, pages.page, **await pages.cookie(), **given))[0] == 403


async def test_no_page_frames_the_entrance(pages: Any) -> None:
    """A link to it may be anywhere, a frame with it nowhere."""
    path = f"/?token={pages.server.door.token}"
    assert (await answer_to(pages, path, **LINKED))[0] == 200
    assert (await answer_to(pages, path, **FRAMED))[0] == 403


async def test_every_answer_keeps_to_itself(pages: Any) -> None:
    """Refusals, pages and files have the headers that forbid framing, guessing, keeping and loading from elsewhere."""
    cookie = await pages.cookie()
    for path in ("/", f"/?token={pages.server.door.token}", pages.page, f"{pages.page}textual.js"):
        _, _, headers = await answer_to(pages, path, **cookie)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "flowdeck"


async def test_only_reading(pages: Any) -> None:
    """Nothing is served but GET, and no file but those of the page."""
    cookie = await pages.cookie()
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        async with pages.client.request(method, f"{pages.base}{pages.page}", headers=cookie) as answer:
            assert answer.status == 405
    for name in ("..%2f..%2fserver.py", "page.html", "%2e%2e", "__init__.py"):
        async with pages.client.get(f"{pages.base}{pages.page}{name}", headers=cookie) as answer:
            assert answer.status in {401, 404}


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    logger = logging.getLogger("aiohttp")
    former = logger.handlers, logger.propagate
    yield
    logger.handlers, logger.propagate = former


@pytest.mark.usefixtures("_logging_as_before")
async def test_what_is_no_http_is_told_nobody(pages: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Strangers' bytes are answered with 400 and put nothing on the terminal, what fails here one line without the request."""
    told: list[str] = []
    tell_in_lines(told.append, ["aiohttp"])
    port = int(pages.base.rpartition(":")[2])
    token = pages.server.door.token.encode()
    for sent in (
        b"GARBAGE\r\n\r\n",
        b"GET /?token=%s\x00 HTTP/1.1\r\n\r\n" % token,
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert b"400" in await asyncio.wait_for(reader.readline(), 60)
        writer.close()
    assert told == []
    logger = logging.getLogger("aiohttp.server")
    for _ in range(3):
        logger.error("Error handling request from %s", "127.0.0.1", exc_info=ValueError(token))
    assert [line.partition(" in ")[0] for line in told] == ["aiohttp.server: ValueError"]
    assert caplog.records == []
