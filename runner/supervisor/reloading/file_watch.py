"""Notices that job files have changed, and when they have come to rest after a save.

Notifications of the system say where to look, and nothing more: what is reported is found by looking, so that every way in
which editors and deployments write files comes to the same (renamed over, truncated and written, a symbolic link that leads to
another directory). A look at all files every few seconds is the fallback, for file systems that tell nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import TYPE_CHECKING, Final

from runner.supervisor.reloading.content import file_key, is_empty
from runner.supervisor.reloading.job_files import JobFiles

if TYPE_CHECKING:
    from watchfiles import Change

_log = logging.getLogger(__name__)
QUIET: Final = 0.3
"""A file that has not changed for so many seconds is complete: editors write, rename and touch in quick succession."""
_LONGEST_UNREST: Final = 5.0
"""A file that never comes to rest is looked at all the same."""
_EMPTY: Final = 1.0
"""A file without a byte was truncated to be written; it gets so much longer."""
_LOOK_AGAIN: Final = 5.0
_STEP: Final = 50
_DEBOUNCE: Final = 200
_NOTIFICATIONS: Final = 1000

_Signature = tuple[int, int, int, int] | None


class FileWatch:
    """Watches ``files``; ``related`` are others that matter: what job files include."""

    def __init__(self, files: JobFiles, related: Callable[[], Iterable[str]]) -> None:
        self._files = files
        self._related = related
        self._seen: dict[str, _Signature] = {}
        self._resting: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._changed: asyncio.Queue[str] = asyncio.Queue(_NOTIFICATIONS)
        self._look_at = 0.0

    def look(self) -> None:
        """Look at all files now."""
        self._look_at = 0.0
        with contextlib.suppress(asyncio.QueueFull):
            self._changed.put_nowait("")

    async def changes(self) -> AsyncGenerator[str, None]:
        """The key of each file that has changed and come to rest; the files that exist now come first. Never ends."""
        watcher = asyncio.create_task(self._listen(), name="file notifications")
        try:
            while True:
                await self._wait()
                for path in await self._at_rest():
                    yield path
        finally:
            watcher.cancel()
            await asyncio.wait({watcher})

    async def _wait(self) -> None:
        """Until something may be at rest, or it is time to look."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._look_at:
            self._look_at = loop.time() + _LOOK_AGAIN
            now = frozenset(self._related()), tuple(self._files.submitted())  # copied: a thread reads them
            for path in await asyncio.to_thread(self._differences, *now):
                self._disturbed(path)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(min([self._look_at, *self._resting.values()])):
                self._heard(await self._changed.get())
                while not self._changed.empty():
                    self._heard(self._changed.get_nowait())

    def _heard(self, path: str) -> None:
        if path:
            self._disturbed(path, again=True)
        else:  # something else has changed: whatever it is, it may lead to a job file
            self._look_at = min(self._look_at, asyncio.get_running_loop().time() + QUIET / 2)

    def _disturbed(self, path: str, *, again: bool = False) -> None:
        now = asyncio.get_running_loop().time()
        since = self._since.setdefault(path, now)
        due = min(now + QUIET, since + _LONGEST_UNREST)
        if again:
            self._resting[path] = due
        else:
            self._resting.setdefault(path, due)

    async def _at_rest(self) -> list[str]:
        loop = asyncio.get_running_loop()
        found, related = [], None
        due = [path for path, due in self._resting.items() if due <= loop.time()]
        for path, (signature, empty) in zip(due, await asyncio.to_thread(_look_at_all, due) if due else (), strict=True):
            if empty and loop.time() < self._since[path] + _EMPTY + QUIET:
                self._resting[path] = loop.time() + QUIET
                continue
            del self._resting[path], self._since[path]
            self._seen[path] = signature
            if signature is None:  # gone: remembered only as long as it matters, or names that come and go would add up
                related = set(self._related()) if related is None else related
                if path not in related:
                    del self._seen[path]
            found.append(path)
        return found

    def _differences(self, related: frozenset[str], submitted: tuple[str, ...]) -> list[str]:
        """Files that are not as they were when they were last reported."""
        paths = {*self._files.found(submitted), *self._seen, *related}
        return sorted(path for path in paths if self._seen.get(path, ()) != _signature(path))

    # notifications

    async def _listen(self) -> None:
        """Put what the system notifies into the queue. While that does not work the regular look is what remains."""
        while True:
            beside = await self._beside()
            tasks = [
                asyncio.create_task(self._notice(list(self._files.trees), recursive=True)),
                asyncio.create_task(self._notice(sorted(beside), recursive=False)),
                asyncio.create_task(self._follow(beside)),
            ]
            try:
                await tasks[-1]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _beside(self) -> set[str]:
        """The directories outside the trees in which something that matters lies."""
        return await asyncio.to_thread(self._files.beside, (*self._related(), *self._files.submitted()))

    async def _follow(self, beside: set[str]) -> None:
        """Until other directories matter."""
        while await self._beside() == beside:  # noqa: ASYNC110 - what jobs there are has no event here
            await asyncio.sleep(_LOOK_AGAIN)

    async def _notice(self, directories: list[str], *, recursive: bool) -> None:
        from watchfiles import awatch  # few daemons watch anything

        while True:
            existing = await asyncio.to_thread(_existing, directories)
            try:
                if existing:
                    async for changes in awatch(
                        *existing, recursive=recursive, step=_STEP, debounce=_DEBOUNCE, watch_filter=_matters
                    ):
                        for _, path in changes:
                            self._hear(path)
            except (OSError, RuntimeError) as error:
                _log.warning("cannot be notified of changes in %s: %s", ", ".join(existing), error)
            await asyncio.sleep(_LOOK_AGAIN)

    def _hear(self, path: str) -> None:
        key = file_key(path)
        with contextlib.suppress(asyncio.QueueFull):  # the regular look will find it
            self._changed.put_nowait(key if self._files.covers(key) else "")


def _matters(_: Change, path: str) -> bool:
    """Not what editors and version control hide. Two dots in front are how a mounted directory is replaced at once."""
    name = os.path.basename(path)  # noqa: PTH119
    return not name.startswith(".") or name.startswith("..")


def _existing(directories: list[str]) -> list[str]:
    return [name for name in directories if os.path.isdir(name)]  # noqa: PTH112


def _look_at_all(paths: list[str]) -> list[tuple[_Signature, bool]]:
    return [_look_at(path) for path in paths]


def _look_at(path: str) -> tuple[_Signature, bool]:
    return _signature(path), is_empty(path)


def _signature(path: str) -> _Signature:
    try:
        found = os.stat(path)  # noqa: PTH116 - a plain string, a thousand times
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
