"""A visitor's process as textual-serve runs it: with a bounded life, no shell, and nothing of its output in the server's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from tui.data.clean import clean
from tui.web.messages import Blurred, Focused, Resized, Typed

_DRIVER = "tui.web.driver:VisitorDriver"
_READY = b"__GANGLION__\n"
_LARGEST_PACKET = 64 * 1024 * 1024
_MOST_ERRORS = 64 * 1024
_TO_SEND = 20.0
_TO_LEAVE = 2.0
"""Seconds: for what is drawn to reach the browser, and for the process to end after it was asked to."""
_TERMINAL = {"TERM": "xterm-256color", "PYTHONUTF8": "1"}
_NOT_OURS = ("COLORFGBG", "LINES", "TEXTUAL", "TEXTUAL_LOG")
"""What is true of the server's terminal, and not of the page."""


class VisitorProcess(AppService):
    """The visitor's program is run with ``arguments``, without a shell. What it draws goes to ``draw``; ``closed`` is called
    when it has ended by itself."""

    def __init__(
        self,
        arguments: Sequence[str],
        draw: Callable[[bytes], Awaitable[None]],
        tell: Callable[[str], Awaitable[None]],
        closed: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__("flowdeck", write_bytes=draw, write_str=tell, close=closed, download_manager=DownloadManager())
        self._arguments = [sys.executable, "-P", "-m", "tui.web.visitor", "--serving", str(os.getpid()), *arguments]
        self._errors = bytearray()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        inherited = self._build_environment(width, height)
        environment = {name: value for name, value in inherited.items() if name not in _NOT_OURS}
        self._process = process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**environment, **_TERMINAL, "TEXTUAL_DRIVER": _DRIVER},
            start_new_session=True,  # Ctrl-C is the server's; and the whole group can be ended
        )
        self._stdin = process.stdin
        return process

    async def run(self) -> None:
        """Hand on what the process draws until it ends; then say so. Does not raise."""
        process = self._process
        if process is None or process.stdout is None or process.stderr is None:
            return  # it was not started
        errors = asyncio.create_task(self._read_errors(process.stderr))
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError, ValueError):
                if await process.stdout.readline() == _READY:
                    await self._relay(process.stdout)
            with contextlib.suppress(TimeoutError):  # something that it started may hold the pipe
                await asyncio.wait_for(asyncio.gather(errors, process.wait()), _TO_LEAVE)
        finally:
            errors.cancel()
        await self.remote_close()

    async def _relay(self, source: asyncio.StreamReader) -> None:
        """Packets: one byte for their kind, four for their length. A browser that takes none for long loses its visit."""
        while True:
            head = await source.readexactly(5)
            size = int.from_bytes(head[1:], "big")
            if size > _LARGEST_PACKET:
                return
            payload = await source.readexactly(size)
            async with asyncio.timeout(_TO_SEND):
                if head[:1] == b"D":
                    await self.on_data(payload)
                elif head[:1] == b"M" and b'"exit"' in payload:
                    return

    async def _read_errors(self, source: asyncio.StreamReader) -> None:
        while data := await source.read(4096):
            self._errors += data
            del self._errors[:-_MOST_ERRORS]

    @property
    def trouble(self) -> str:
        """Why it failed, in one line; empty when it did not. What comes before in a traceback may hold secrets."""
        if self._process is not None and self._process.returncode == 0:
            return ""
        lines = [
            line
            for line in self._errors.decode("utf-8", "replace").splitlines()
            if line.strip() and not line.startswith("NOTE:")
        ]
        return clean(lines[-1].strip()) if lines else "it ended without a word"

    async def hear(self, said: Typed | Resized | Blurred | Focused) -> None:
        """Tell the process what the page said. One that takes nothing for long is ended."""
        try:
            async with asyncio.timeout(_TO_SEND):
                await self._packet(said)
        except TimeoutError:
            self._signal(signal.SIGKILL)

    def _packet(self, said: Typed | Resized | Blurred | Focused) -> Awaitable[object]:
        match said:
            case Typed():
                return self.send_bytes(said.text.encode("utf-8", "replace"))
            case Resized():
                return self.set_terminal_size(*said.size.bounded())
            case Blurred():
                return self.blur()
            case Focused():
                return self.focus()

    async def stop(self) -> None:
        """Ask the process to end, then end it, with everything in its group. Bounded."""
        process, task = self._process, self._task
        if process is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TO_LEAVE):
                await self.send_meta({"type": "quit"})
                self._close_input()
                await process.wait()
        if process.returncode is None:
            self._signal(signal.SIGKILL)
            await process.wait()
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self._process = self._task = None

    def _close_input(self) -> None:
        if self._stdin is not None:
            self._stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        """To the group: it is this process's own."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
