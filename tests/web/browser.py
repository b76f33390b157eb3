"""A headless Chromium, spoken to over its debugging websocket: as much of it as the tests need."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import shutil
import signal
from pathlib import Path
from typing import Any, Self

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio"),
    *("--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--remote-debugging-port=0", "--window-size=1200,700", "--hide-scrollbars"),
)
# The page keeps its terminal to itself: this catches it when its script names its parts.
_CATCH = """
Object.defineProperty(Object.prototype, "fitAddon", {
  configurable: true,
  set(value) {
    Object.defineProperty(this, "fitAddon", {value, writable: true, configurable: true});
    window.shown = this.terminal;
  },
});
"""
_TEXT = """
(() => {
  if (!window.shown) return "";
  const line = (_, row) => window.shown.buffer.active.getLine(row)?.translateToString(true) ?? "";
  return Array.from({length: window.shown.rows}, line).join("\\n");
})()
"""


def find() -> str | None:
    """The browser's program; None when there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of one browser. An async context manager."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._page = ""
        self.requested: list[str] = []
        """The address of everything that was asked for."""
        self.complaints: list[str] = []
        """What the browser said was wrong with the page."""

    async def __aenter__(self) -> Self:
        program = find()
        assert program is not None
        self._process = await asyncio.create_subprocess_exec(
            program,
            *_OPTIONS,
            f"--user-data-dir={self._profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(60):
                while b"listening on " not in (line := await self._process.stderr.readline()):
                    assert line, "the browser ended"
                self._draining = asyncio.create_task(self._process.stderr.read())
                self._client = aiohttp.ClientSession()
                self._socket = await self._client.ws_connect(line.split()[-1].decode(), max_msg_size=0)
                self._reading = asyncio.create_task(self._read())
                made = await self.call("Target.createTarget", url="about:blank", page="")
                attached = await self.call("Target.attachToTarget", targetId=made["targetId"], flatten=True, page="")
                self._page = attached["sessionId"]
                for domain in ("Page", "Network", "Log", "Runtime"):
                    await self.call(f"{domain}.enable")
                await self.call("Page.addScriptToEvaluateOnNewDocument", source=_CATCH)
        except BaseException:
            self._kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await self._socket.close()
        await self._client.close()
        self._kill()
        await self._process.wait()
        await self._draining

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _read(self) -> None:
        async for message in self._socket:
            said = message.json()
            if (number := said.get("id")) in self._answers:
                self._answers.pop(number).set_result(said)
            elif said.get("method") in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                found = said["params"]
                self.requested.append(found["url"] if "url" in found else found["request"]["url"])
            elif said.get("method") == "Log.entryAdded":
                self.complaints.append(said["params"]["entry"]["text"])

    async def call(self, method: str, *, page: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Ask the browser."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        session = self._page if page is None else page
        await self._socket.send_json(
            {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        )
        said = await asyncio.wait_for(answer, 60)
        assert "error" not in said, said
        return said["result"]

    async def open(self, url: str) -> None:
        """Go there."""
        await self.call("Page.navigate", url=url)

    async def evaluate(self, script: str) -> Any:
        """What a script in the page gives."""
        said = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return said["result"].get("value")

    async def text(self) -> str:
        """What the terminal shows."""
        return await self.evaluate(_TEXT) or ""

    async def until(self, *words: str, seconds: float = 60.0) -> str:
        """Wait until the terminal shows all of these."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            seen = await self.text()
            if all(word in seen for word in words):
                return seen
            assert asyncio.get_running_loop().time() < deadline, f"no {words} in:\n{seen}\n{self.complaints}"
            await asyncio.sleep(0.05)

    async def until_true(self, script: str, seconds: float = 60.0) -> None:
        """Wait until a script in the page gives something true."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not await self.evaluate(script):
            assert asyncio.get_running_loop().time() < deadline, script
            await asyncio.sleep(0.05)

    async def press(self, key: str) -> None:
        """A key that writes a character."""
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key, unmodifiedText=key)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])
