"""Watches how much memory the worker holds, so that it fails clearly instead of taking the machine down."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys

import pyarrow as pa

from runner.connectors.base import PluginError
from runner.worker.budget import MEBIBYTE, Budget

PATIENCE = 5.0
"""Seconds for which a worker may hold more than its limit."""


class MemoryExceeded(PluginError):
    """The worker holds more memory than it may, and has for some time. Another attempt begins with none."""

    code = "memory"

    def __init__(self, held: int, budget: Budget, seconds: float) -> None:
        hint = "give the job more with resources.memory, or make its batches smaller with read_limit"
        if not budget.said:
            hint = "bound the job with resources.memory: its queues, batches and SQL then keep to it"
        super().__init__(
            f"the worker has held {held // MEBIBYTE} MiB for {seconds:.0f} s, more than the {budget.limit // MEBIBYTE} MiB"
            f" that a budget of {budget.memory // MEBIBYTE} MiB allows",
            hint=hint,
            retriable=True,
        )


class MemoryWatch:
    """Told with each heartbeat what the process holds."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._since: float | None = None

    def look(self, held: int, now: float) -> None:
        """``held`` bytes are resident. Raises :class:`MemoryExceeded` when that has been too much for too long."""
        if held <= self._budget.limit:
            self._since = None
            return
        give_back()
        if self._since is None:
            self._since = now
        if now - self._since >= PATIENCE:
            raise MemoryExceeded(held, self._budget, now - self._since)


def give_back() -> None:
    """Return to the system what the allocators keep for later."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(ctypes.util.find_library("c")), "malloc_trim", None)
        if trim is not None:
            trim(0)
