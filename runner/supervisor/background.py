"""The tasks that a daemon runs all the time, by name: begun together with it, ended before it, and watched in between."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
    """Run ``work`` as long as the context is open, or until it is done; its failure is logged, and ends nothing else."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


class Background:
    """Those of one daemon."""

    def __init__(self) -> None:
        self._tasks: dict[str, tuple[asyncio.Task[None], bool]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that are to run."""
        return tuple(self._tasks)

    def matters(self, name: str) -> bool:
        """Whether the daemon is down without it."""
        return self._tasks[name][1]

    def trouble(self, name: str) -> str | None:
        """Why the task does not run any more; None while it does, or when it had nothing to do."""
        task, _ = self._tasks[name]
        if not task.done():
            return None
        if task.cancelled():
            return "it was ended"
        error = task.exception()
        return None if error is None else f"{type(error).__name__}: {error}"

    @contextlib.asynccontextmanager
    async def run(self, work: Coroutine[Any, Any, None], name: str, *, matters: bool = False) -> AsyncIterator[None]:
        """Run ``work`` as long as the context is open, under the eyes of whoever asks for :meth:`trouble`."""
        async with beside(work, name) as task:
            self._tasks[name] = (task, matters)
            try:
                yield
            finally:
                del self._tasks[name]


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("%s failed", task.get_name(), exc_info=task.exception())
