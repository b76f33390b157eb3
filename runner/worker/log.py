"""The worker's end of the execution's log: JSON lines, appended whole."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from runner.model import LogLine
from spec.redaction import Redaction

MAXIMUM_MESSAGE = 32 * 1024

_encoder = msgspec.json.Encoder()


class WorkerLog:
    """Appends :class:`runner.model.LogLine` records to one file. Safe from any thread; a line is written in one call.
    ``hidden`` is left out of messages; rows that a job prints are its own affair."""

    def __init__(self, path: Path, *, worker: int, attempt: int, hidden: Redaction | None = None) -> None:
        self._worker = worker
        self._hidden = hidden or Redaction(())
        self._attempt = attempt
        self._lock = threading.Lock()
        self._lost = 0
        self._why = ""
        self._is_torn = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def write(self, level: str, message: str, *, plugin: str = "") -> None:
        """Append one line; ``level`` is debug, info, warning or error. A full disk costs the line, nothing else; the next that
        goes through says how many were lost."""
        lost = self._lost
        message = self._hidden.text(message)
        lines = [self._line("warning", f"{lost} lines of the log were lost: {self._why}", "")] if lost else []
        try:
            self._append([*lines, self._line(level, message, plugin)])
        except OSError as error:
            self._why = error.strerror or str(error)
            self._lost += 1
        else:
            self._lost -= lost

    def output(self, messages: Sequence[str], *, plugin: str) -> None:
        """Append one line of level ``output`` per message. Raises OSError: these are rows."""
        self._append(self._line("output", message, plugin) for message in messages)

    def _line(self, level: str, message: str, plugin: str) -> bytes:
        text = message if len(message) <= MAXIMUM_MESSAGE else message[:MAXIMUM_MESSAGE] + " … (cut)"
        line = LogLine(at=time.time(), level=level, message=text, plugin=plugin, worker=self._worker, attempt=self._attempt)
        return _encoder.encode(line) + b"\n"

    def _append(self, lines: Iterable[bytes]) -> None:
        text = b"".join(lines)
        with self._lock:
            data = memoryview(b"\n" + text if self._is_torn else text)
            while data:
                written = os.write(self._file, data)
                data = data[written:]
                self._is_torn = bool(data)
