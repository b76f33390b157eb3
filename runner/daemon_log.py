"""The daemon's own log: one file in the home, bounded in size, one line a record (and its traceback)."""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
import time
from pathlib import Path

MAXIMUM_BYTES = 4 * 1024 * 1024
BACKUPS = 2

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class _Format(logging.Formatter):
    """UTC times; characters that could move a terminal's cursor or forge a line are written as escapes."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        record.message = record.message.replace("\n", "\\n")
        return super().formatMessage(record)


class _RotatingLog(logging.handlers.RotatingFileHandler):
    """When the daemon's standard output is the log itself, it follows the rotation."""

    def __init__(self, path: Path, *, owns_standard_output: bool) -> None:
        self._owns_standard_output = owns_standard_output
        super().__init__(path, maxBytes=MAXIMUM_BYTES, backupCount=BACKUPS, encoding="utf-8")
        path.chmod(0o600)

    def doRollover(self) -> None:  # noqa: N802 - the standard library's name
        super().doRollover()
        Path(self.baseFilename).chmod(0o600)
        if self._owns_standard_output and self.stream is not None:
            for descriptor in (1, 2):
                os.dup2(self.stream.fileno(), descriptor)


def configure_logging(path: Path, *, foreground: bool) -> None:
    """Send the records of all loggers to the file at ``path``; in the foreground to standard error too."""
    formatting = _Format("%(asctime)s %(levelname)s %(name)s %(message)s")
    handlers: list[logging.Handler] = [_RotatingLog(path, owns_standard_output=_is_standard_output(path))]
    if foreground:
        handlers.append(logging.StreamHandler(sys.stderr))
    root = logging.getLogger()
    for former in [handler for handler in root.handlers if isinstance(handler, _RotatingLog)]:
        root.removeHandler(former)  # a process may embed a daemon more than once
        former.close()
    for handler in handlers:
        handler.setFormatter(formatting)
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in ("uvicorn", "asyncio", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _is_standard_output(path: Path) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(2))
    except OSError:
        return False
