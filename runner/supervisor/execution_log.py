"""The supervisor's lines in an execution's log: what happened to it, beside what its workers say. Reading is in log_file.py."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

import msgspec

from runner.home import Home
from runner.model import Event, LogLine

_LEVELS = {
    "attempt.failed": "warning",
    "checkpoint.failed": "warning",
    "execution.orphaned": "warning",
    "stop.retried": "warning",
}
_log = logging.getLogger(__name__)


class ExecutionLog:
    """Appends the events of executions to their logs, one JSON line each."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def append(self, events: Sequence[Event]) -> None:
        """Write down those events that are about an execution. A full disk costs lines, nothing else."""
        for event in events:
            if event.execution_id is not None:
                try:
                    self._write(event, event.execution_id)
                except OSError as error:
                    _log.warning("a line of the log of %s was lost: %s", event.execution_id, error)

    def _write(self, event: Event, execution_id: str) -> None:
        line = LogLine(at=event.at, level=_LEVELS.get(event.kind, "info"), message=event.message)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self._home.log_file(execution_id), flags, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(line) + b"\n")
        finally:
            os.close(descriptor)
