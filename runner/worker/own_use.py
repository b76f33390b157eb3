"""What this process takes of the machine, looked up cheaply: it is asked for twice a second, in every worker."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

import psutil

_SIZES: Final = Path("/proc/self/statm")
_LINE: Final = 128
"""Bytes that are enough for the seven numbers of a line."""


class OwnUse:
    """Of the process that makes it: a forked child needs one of its own."""

    def __init__(self) -> None:
        # Of an open file the kernel makes the text anew each time that it is read from the beginning: nothing is opened again.
        self._sizes = os.open(_SIZES, os.O_RDONLY | os.O_CLOEXEC) if sys.platform == "linux" else None
        self._page = os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """Of all its threads, in the kernel too, since it began."""
        return time.process_time()

    def memory_bytes(self) -> int:
        """What of it is resident."""
        if self._sizes is None:
            return int(psutil.Process().memory_info().rss)
        return int(os.pread(self._sizes, _LINE, 0).split(maxsplit=2)[1]) * self._page
