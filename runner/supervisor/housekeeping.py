"""Sums up metrics once a minute, and drops what is too old or too much: metrics, events, executions, generations, deleted jobs,
logs."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from runner.home import Home
from runner.store.errors import StoreError
from runner.supervisor.journal import Journal
from runner.supervisor.limits import Limits
from runner.supervisor.log_trimming import LogBounds, LogTrimmer
from runner.supervisor.steady_clock import SteadyClock

_log = logging.getLogger(__name__)
# A log is begun a moment before or after the record of its execution.
_YOUNGEST_LOG = 600.0


class Housekeeping:
    """One task of the daemon. ``at_work``: the ids of the executions that run."""

    def __init__(
        self,
        home: Home,
        journal: Journal,
        limits: Limits,
        clock: SteadyClock | None = None,
        *,
        at_work: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._at_work = at_work
        self._clock = clock or SteadyClock()
        self._home = home
        self._journal = journal
        self._limits = limits

    async def run(self) -> None:
        """Until cancelled. A store or a disk that refuses costs tidiness, nothing else."""
        while True:
            await asyncio.sleep(self._limits.housekeeping)
            try:
                await self.tidy()
            except (StoreError, OSError) as error:
                _log.warning("nothing was tidied up: %s", error)

    async def trim_logs(self) -> None:
        """Until cancelled: keep the logs of executions within their bounds."""
        limits = self._limits
        trimmer = LogTrimmer(self._home.logs, LogBounds(limits.log_bytes, limits.logs_bytes))
        while True:
            await asyncio.sleep(limits.trimming)
            try:
                await asyncio.to_thread(trimmer.trim, self._logs_at_work())
            except OSError as error:  # one that was just removed, or a disk that fails: the next look may do
                _log.warning("no log was trimmed: %s", error)

    def _logs_at_work(self) -> list[str]:
        return [path.name for execution_id in self._at_work() for path in self._home.log_files(execution_id)]

    async def tidy(self) -> None:
        """Once."""
        limits, now = self._limits, self._clock.now()

        # Each step is short, and between two of them everybody else has their turn.
        await self._journal.write(lambda entry: entry.store.prune_events(limits.events_retained))
        await self._journal.write(lambda entry: entry.store.purge_jobs(now - limits.deleted_retention))
        keep, days = limits.executions_retained, limits.executions_retained_days
        await self._journal.write(lambda entry: entry.store.prune_executions(keep, days=days, now=now))
        await self._journal.write(lambda entry: entry.store.operations.prune(limits.operations_retained))
        await self._journal.write(lambda entry: entry.store.prune_generations(limits.generations_retained))
        measured = time.time()  # by the clock that the samples have
        while await self._journal.write(lambda entry: entry.store.tidy_metrics(measured, now)):
            pass
        known = await self._journal.read(lambda store: store.execution_ids())
        await asyncio.to_thread(_remove_logs, self._home, known, now - _YOUNGEST_LOG)


def _remove_logs(home: Home, known: set[str], before: float) -> None:
    """Remove the logs of executions that nobody knows any more and that have not been written to since ``before``, and what
    their workers' SQL may have left beside them."""
    for name in os.listdir(home.logs):  # noqa: PTH208 - ten thousand paths would be as many objects
        if _execution_of(name) not in known:
            path = home.logs / name
            try:
                _remove_old(path, before)
            except OSError as error:  # just removed by somebody else, or not ours to remove: the others are
                _log.warning("%s was not removed: %s", path, error.strerror or error)


def _remove_old(path: Path, before: float) -> None:
    if path.lstat().st_mtime >= before:
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _execution_of(name: str) -> str:
    return name.partition(".")[0]
