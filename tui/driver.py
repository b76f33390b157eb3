"""Textual's terminal driver for Linux and macOS, leaving at once."""

from __future__ import annotations

import codecs
import errno
import os
import selectors
from typing import Any

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

_CHUNK = 4096
_TICK_SECONDS = 0.1
"""How often the parser looks whether an escape came alone, as in Textual's own loop."""


class PromptDriver(LinuxDriver):
    """Reads keys as Textual's driver does, but wakes the thread that reads them when it has to end.

    Textual's own thread notices the end when two selects of 0.1 s have run out, and quitting waits for the thread.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)

    def disable_input(self) -> None:
        """Stop reading keys, now."""
        if self._key_thread is not None and self._key_thread.is_alive():
            self.exit_event.set()
            os.write(self._wake, b"\0")
            self._key_thread.join()
            self.exit_event.clear()
        super().disable_input()  # finds the thread ended

    def run_input_thread(self) -> None:
        """Read keys until told to end."""
        parser = XTermParser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")().decode
        with selectors.SelectSelector() as selector:  # kqueue on macOS does not know terminals
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = [key.fd for key, _ in selector.select(_TICK_SECONDS)]
                if self._woken in ready:
                    os.read(self._woken, _CHUNK)
                if self.fileno in ready:
                    keys = self._read()
                    if not keys:
                        self._loop.call_soon_threadsafe(self._app.exit, 0)
                        return
                    self._feed(parser, decode(keys))
                for event in parser.tick():
                    self.process_message(event)

    def _read(self) -> bytes:
        """What was typed; nothing when the terminal is gone, which nobody tells to a program that it does not control."""
        try:
            return os.read(self.fileno, _CHUNK)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""

    def _feed(self, parser: XTermParser, text: str) -> None:
        """Nothing is fed when there is only a part of a character yet: to the parser that is the end."""
        if text:
            for event in parser.feed(text):
                self.process_message(event)
