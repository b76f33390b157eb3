"""Threads that talk to the daemon for the screens: calls queue up, answers are handed back, nothing ever blocks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from runner.client import Client
from spec.errors import FlowdeckError
from tui.data.clean import clean_lines, clean_record
from tui.data.daemon import Door, words_of

_BOUND = 16


class Answer(msgspec.Struct, frozen=True):
    """What became of a call: a cleaned ``value``, or the ``error``."""

    value: Any = None
    error: BaseException | None = None

    @property
    def reason(self) -> str:
        """The error in words."""
        return "" if self.error is None else clean_lines(words_of(self.error))

    @property
    def hint(self) -> str:
        """What to do about the error."""
        return clean_lines(self.error.hint) if isinstance(self.error, FlowdeckError) else ""


class _Call(msgspec.Struct, frozen=True):
    work: Callable[[Client], Any]
    deliver: Callable[[Answer], None]


class Lane:
    """Runs calls in order, each with a connection of its own, in as many threads as given.

    ``deliver`` is called in that thread; it must only post a message. Values are cleaned before they are delivered.
    """

    def __init__(self, door: Door, name: str, timeout: float, *, threads: int = 1) -> None:
        self._door = door
        self._timeout = timeout
        self._calls: queue.Queue[_Call | None] = queue.Queue(_BOUND)
        self._threads = [threading.Thread(target=self._run, name=f"flowdeck-{name}", daemon=True) for _ in range(threads)]
        self._started = False

    def submit(self, work: Callable[[Client], Any], deliver: Callable[[Answer], None]) -> bool:
        """Queue a call; False when too many are waiting already (the caller says so or tries again later)."""
        if not self._started:
            self._started = True
            for thread in self._threads:
                thread.start()
        try:
            self._calls.put_nowait(_Call(work, deliver))
        except queue.Full:
            return False
        return True

    def stop(self) -> None:
        """Take no more calls. Does not wait for the one under way."""
        while True:
            try:
                self._calls.get_nowait()
            except queue.Empty:
                break
        for _ in self._threads:
            self._calls.put_nowait(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call.deliver(self._answer(call.work))

    def _answer(self, work: Callable[[Client], Any]) -> Answer:
        try:
            daemon = self._door.open(self._timeout)
            try:
                return Answer(value=clean_record(work(daemon)))
            finally:
                daemon.close()
        except Exception as error:  # noqa: BLE001 - a thread's boundary: whoever asked is answered, and the next call is heard
            return Answer(error=error)
