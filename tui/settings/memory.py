"""What the terminal UI remembers by itself from one session to the next: one small JSON file beside the daemon's.

Losing it loses nothing but comfort: what cannot be read is forgotten.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import msgspec

NAME = "terminal-ui.json"
_LARGEST = 256 * 1024


class View(msgspec.Struct, frozen=True):
    """A way to look at the jobs: a filter, and the field they are sorted by (empty: by how they stand; None: as they are)."""

    filter: str
    sort: str | None = None
    reverse: bool = False

    @property
    def words(self) -> str:
        """``state:failed, by lag``."""
        way = ", the other way round" if self.reverse else ""
        order = f"by {self.sort}{way}" if self.sort else way.removeprefix(", ")
        return ", ".join(part for part in (self.filter, order) if part)


class Memory(msgspec.Struct, frozen=True):
    """``sort`` is a field of :mod:`tui.query.fields` or empty; ``hidden_columns`` are titles by context, ``window`` is in
    seconds. ``views`` are by name; a text is that of a filter alone."""

    theme: str = ""
    sort: str = ""
    reverse: bool = False
    window: int = 300
    hidden_columns: dict[str, tuple[str, ...]] = {}
    views: dict[str, str | View] = {}


def recall(path: Path) -> Memory:
    """What is remembered; what is not there, or not to be read, is as at the first start. Blocks."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LARGEST), type=Memory)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Memory()


def remember(path: Path, memory: Memory) -> None:
    """Write it down, whole or not at all; a directory that is not there or not to be written to is no reason to fail.
    Blocks."""
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(memory))
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


class Keeper:
    """What is remembered now, written down beside the interface a moment after it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.memory = recall(path)
        self._written = self.memory
        self._changed = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def change(self, **fields: Any) -> None:
        """Remember other values of these fields."""
        self.memory = msgspec.structs.replace(self.memory, **fields)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="flowdeck-memory", daemon=True)
            self._thread.start()
        self._changed.set()

    def close(self) -> None:
        """Write down what is not written yet. Blocks for the time that a small file takes."""
        with self._writing:
            memory = self.memory  # it may change while it is written
            if memory != self._written:
                remember(self._path, memory)
                self._written = memory

    def _run(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            self.close()
