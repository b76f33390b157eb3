"""Notices changes of job files: which files there are to watch, and when one has come to rest after a save.

Knows files and their names only; what a change means is decided in :mod:`runner.supervisor.reload`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchfiles import Change

_log = logging.getLogger(__name__)
SUFFIXES = (".conf", ".hocon", ".json")
QUIET = 0.3
"""A file that has not changed for so many seconds is complete: editors write, rename and touch in quick succession."""
_STEP = 50
_LOOK_AGAIN = 5.0
_NOTIFICATIONS = 1000


class JobFiles:
    """The job files in ``watch``: the files named there, and those directly inside the directories named there.

    ``related`` adds files that matter besides: what job files include.
    """

    def __init__(self, watch: Sequence[Path], related: Callable[[], Iterable[str]]) -> None:
        self._roots = [Path(os.path.realpath(path)) for path in watch]
        self._related = related
        self._seen: dict[str, tuple[int, int, int] | None] = {}

    def found(self) -> list[str]:
        """The real paths of the job files that exist now, sorted. Blocks."""
        names: set[str] = set()
        for root in self._roots:
            if root.is_dir():
                with contextlib.suppress(OSError):
                    names.update(str(entry) for entry in root.iterdir() if self.covers(str(entry)) and entry.is_file())
            elif root.is_file():
                names.add(str(root))
        return sorted(names)

    def covers(self, path: str) -> bool:
        """True when a job file at this real path is watched, whether or not it exists."""
        candidate = Path(path)
        if candidate in self._roots:
            return not candidate.is_dir()
        return candidate.parent in self._roots and candidate.suffix in SUFFIXES and not candidate.name.startswith(".")

    async def changes(self) -> AsyncGenerator[str, None]:
        """The real path of each file that has changed and come to rest; the files that exist now come first. Never ends.

        Notifications of the system are one source; a look at the files every few seconds is the other, for file systems that
        tell nothing and directories that were replaced.
        """
        changed: asyncio.Queue[str] = asyncio.Queue(_NOTIFICATIONS)
        watcher = asyncio.create_task(self._listen(changed), name="file notifications")
        resting: dict[str, float] = {}
        loop = asyncio.get_running_loop()
        look_again = loop.time()
        try:
            while True:
                if loop.time() >= look_again:
                    for path in await asyncio.to_thread(self._differences):
                        resting.setdefault(path, loop.time() + QUIET)
                    look_again = loop.time() + _LOOK_AGAIN
                until = min([look_again, *resting.values()])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(until):
                        resting[await changed.get()] = loop.time() + QUIET
                for path in [path for path, due in resting.items() if due <= loop.time()]:
                    del resting[path]
                    self._seen[path] = await asyncio.to_thread(_signature, path)
                    yield path
        finally:
            watcher.cancel()
            await asyncio.wait({watcher})

    def _differences(self) -> list[str]:
        """Files that are not as they were when they were last reported."""
        paths = {*self.found(), *self._seen, *self._related()}
        return sorted(path for path in paths if self._seen.get(path, ()) != _signature(path))

    async def _listen(self, changed: asyncio.Queue[str]) -> None:
        """Put what the system notifies into the queue. While that does not work the regular look is what remains."""
        from watchfiles import awatch  # few daemons watch anything

        while True:
            directories = {root if root.is_dir() else root.parent for root in self._roots}
            existing = [directory for directory in directories if directory.is_dir()]
            try:
                if existing:
                    async for changes in awatch(
                        *existing, recursive=False, step=_STEP, debounce=200, watch_filter=self._matters
                    ):
                        for _, path in changes:
                            with contextlib.suppress(asyncio.QueueFull):  # the regular look will find it
                                changed.put_nowait(_real(path))
            except (OSError, RuntimeError) as error:
                _log.warning("cannot be notified of changes in %s: %s", ", ".join(map(str, existing)), error)
            await asyncio.sleep(_LOOK_AGAIN)

    def _matters(self, _: Change, path: str) -> bool:
        real = os.path.realpath(path)
        return self.covers(real) or real in self._related()


def _real(path: str) -> str:
    return os.path.realpath(path)


def _signature(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a plain string, a thousand times
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
