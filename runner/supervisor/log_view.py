"""Logs of executions as a client sees them: pages, ranges of time, and what is written from now on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from runner.model import LogLine
from runner.replies import LogPage
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, TooMany
from runner.supervisor.log_file import EVERYTHING, LEVELS, LogFilter, LogRead, read_after, read_last
from runner.supervisor.observation_base import ObservationBase
from spec.errors import UsageError

MAXIMUM_FOLLOWERS = 64
"""So many may follow logs at the same time; each costs a look at a file every third of a second."""
_LOOK_INTERVAL = 0.3
_FOLLOWED_LINES = 1000


class LogView(ObservationBase):
    """What can be read of the logs of executions. What lines say is data: who shows them has to escape it."""

    _followers = 0

    async def log_lines(
        self, reference: str, after: int | None = None, limit: int = 1000, level: str | None = None
    ) -> list[LogLine]:
        """Lines of the log of the job's newest execution: those after byte ``after``, else the last ones."""
        return list((await self.job_log(reference, after, limit, checked(LogFilter(level)))).lines)

    async def job_log(
        self, reference: str, after: int | None, limit: int, wanted: LogFilter = EVERYTHING, *, tail: bool = True
    ) -> LogPage:
        """Lines of the log of the job's newest execution, oldest first: those after byte ``after``, else with ``tail`` the last
        ones, else the first ones."""
        execution_id = await self.newest_execution(reference)
        if execution_id is None:
            return LogPage(lines=())
        return await self._page(execution_id, after, limit, wanted, tail=tail)

    async def execution_log(
        self, execution_id: str, after: int | None, limit: int, wanted: LogFilter = EVERYTHING, *, tail: bool = True
    ) -> LogPage:
        """The same of any execution that is still known."""
        execution = await self._execution(execution_id)
        return await self._page(execution.id, after, limit, wanted, tail=tail)

    async def _page(self, execution_id: str, after: int | None, limit: int, wanted: LogFilter, *, tail: bool) -> LogPage:
        found = await self._read(execution_id, after, limit, checked(wanted), tail=tail)
        return LogPage(lines=tuple(found.lines), execution_id=execution_id, next=found.next, more=found.more)

    async def _read(self, execution_id: str, after: int | None, limit: int, wanted: LogFilter, *, tail: bool) -> LogRead:
        path = self._parts.home.log_file(execution_id)
        if after is None and tail:
            return await asyncio.to_thread(read_last, path, limit, wanted)
        return await asyncio.to_thread(read_after, path, after or 0, limit, wanted)

    async def newest_execution(self, reference: str) -> str | None:
        """The id of the job's newest execution. Of a job that runs it is known without a look into the store."""
        if (running := self._executions.of_job(reference)) is not None:
            return running
        job = await self._lifecycle.require(reference)
        return None if job.execution is None else job.execution.id

    async def required_execution(self, reference: str) -> str:
        """The id of the job's newest execution. Raises :class:`~runner.supervisor.errors.Conflict` when it has never run."""
        execution_id = await self.newest_execution(reference)
        if execution_id is None:
            raise Conflict(f"the job {reference} has never run", hint=f"`flowdeck restart {reference} --from none` runs it")
        return execution_id

    async def check_followable(self, execution_id: str) -> None:
        """Raises :class:`~runner.supervisor.errors.NotFound` or :class:`~runner.supervisor.errors.TooMany`."""
        await self._execution(execution_id)
        with self.following():
            return

    @contextlib.contextmanager
    def following(self) -> Iterator[None]:
        """A place among those who follow logs. Raises :class:`~runner.supervisor.errors.TooMany`."""
        if self._followers >= MAXIMUM_FOLLOWERS:
            raise TooMany(
                f"{MAXIMUM_FOLLOWERS} follow logs already", hint="read pages instead: pass the offset of the last line"
            )
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1

    async def follow(
        self, execution_id: str, after: int | None, limit: int, wanted: LogFilter, closing: asyncio.Event
    ) -> AsyncIterator[LogRead | ExecutionState]:
        """The lines after byte ``after``, or the last ``limit``, then those that are written, as they come; empty reads while
        nothing comes. Ends with the state of the execution once it is over and everything is told, or when ``closing`` is
        set."""
        found = await self._read(execution_id, after, limit, wanted, tail=True)
        while not closing.is_set():
            over = self._executions.control(execution_id) is None
            yield found
            if not found.lines and not found.more and over:
                execution = await self._execution(execution_id)
                if execution.state.is_terminal:
                    yield execution.state
                    return
            if not found.more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_INTERVAL):
                        await closing.wait()
            found = await self._read(execution_id, found.next, _FOLLOWED_LINES, wanted, tail=False)


def checked(wanted: LogFilter) -> LogFilter:
    """The filter, if it can let anything through. Raises :class:`~spec.errors.UsageError`."""
    if wanted.level and wanted.level.lower() not in LEVELS:
        raise UsageError(f"there is no level {wanted.level!r}", hint=f"levels are {', '.join(LEVELS)}")
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        raise UsageError("since has to be before until")
    return wanted
