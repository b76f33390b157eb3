"""What the libraries log, in lines for the terminal that flowdeck web runs in.

Requests hold the token and whatever strangers write into them: neither they nor tracebacks are told.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable

from aiohttp.http_exceptions import HttpProcessingError

_PAUSE = 1.0
LIBRARIES = ("aiohttp", "asyncio")


class OneLine(logging.Handler):
    """At most one line a second: what kind of error it was, and where. Nothing of requests that were no HTTP."""

    def __init__(self, report: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        self._told = float("-inf")

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        error = record.exc_info[1] if record.exc_info else None
        now = time.monotonic()
        if isinstance(error, HttpProcessingError) or now - self._told < _PAUSE:
            return
        self._told = now
        self._report(f"{record.name}: {_kind(error) if error else record.msg}")


def _kind(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def tell_in_lines(report: Callable[[str], object], names: Iterable[str] = LIBRARIES) -> None:
    """From now on, in this process."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers = [OneLine(report)]
        logger.propagate = False
