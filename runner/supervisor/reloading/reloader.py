"""Keeps the jobs of the watched files as their files say: notices, and looks at each file that changes in a task of its own.

Changes that come while one is carried out are not lost: the newest is remembered, and looked at when that is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from runner.model import Event
from runner.operation import Operation
from runner.reload import ReloadPlan, ReloadReport, ReloadState, WatchedFile
from runner.reload_options import ReloadOptions
from runner.requests import DecisionRequest, LookRequest, SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_record import STATE_EVENT
from runner.supervisor.executions import Executions
from runner.supervisor.journal import Journal
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.limits import Limits
from runner.supervisor.operations import Operations
from runner.supervisor.reloading.comparison import DISCARDED, compare_with_current, describe, is_held_back
from runner.supervisor.reloading.file_reload import FileReload, Look
from runner.supervisor.reloading.file_watch import FileWatch
from runner.supervisor.reloading.job_files import JobFiles
from runner.supervisor.reloading.records import ReloadRecords
from runner.supervisor.reloading.reload_operations import BY_ITSELF, ReloadOperations
from runner.supervisor.reloading.transitions import AT_WORK
from runner.supervisor.reloading.upgrade import Upgrade
from runner.supervisor.submission import check_request, names_no_place
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_ENDS = frozenset(str(state) for state in ExecutionState if state.is_terminal)


class Reloader:
    """The hot reload of one daemon, which watches directories and files. What a person may ask of it is here too."""

    def __init__(
        self,
        watch: Sequence[Path],
        options: ReloadOptions,
        journal: Journal,
        lifecycle: JobLifecycle,
        executions: Executions,
        limits: Limits,
        operations: Operations,
        bus: EventBus,
    ) -> None:
        self._watched = tuple(watch)
        self._options = options
        self._lifecycle = lifecycle
        self._records = ReloadRecords(journal, ReloadOperations(journal, operations))
        self._files = JobFiles(watch, lifecycle if options.watch_submitted else None)
        self._watch = FileWatch(self._files, self._related)
        upgrade = Upgrade(lifecycle, executions, limits, in_place=True)
        self._reload = FileReload(
            lifecycle, executions, self._records, upgrade, options.defaults, self._files.covers, self._look_at
        )
        self._waiting: dict[str, Look] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._notes: set[asyncio.Task[None]] = set()
        bus.watch(self._notice_end)

    # noticing

    async def load(self) -> None:
        """Know what daemons before this one knew; before anything else."""
        await self._records.load()

    async def run(self) -> None:
        """Until cancelled. What a daemon left unfinished is carried on first, be it watched or not."""
        try:
            for record in self._records.known.every():
                if record.state in AT_WORK:
                    self._look_at(record.file, Look.CHANGED)
            if not (self._watched or self._options.watch_submitted):
                await asyncio.Event().wait()
            async with contextlib.aclosing(self._watch.changes()) as changes:
                async for path in changes:
                    for job_file in self._concerned(path):
                        self._look_at(job_file, Look.CHANGED)
        finally:
            await self._close()

    async def _close(self) -> None:
        tasks = [*self._tasks.values(), *self._notes]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _related(self) -> set[str]:
        jobs = {path for path in self._lifecycle.files() if self._files.covers(path)}
        return jobs.union(self._records.known.included())

    def _concerned(self, path: str) -> set[str]:
        own = {path} if self._files.covers(path) else set()
        including = {record.file for record in self._records.known.including(path)}
        return own | {file for file in including if self._files.covers(file)}

    def _notice_end(self, event: Event) -> None:
        """What the state of a running job forbade may be taken once the job has ended: nothing goes on from that state then."""
        if event.kind == STATE_EVENT and event.job_id is not None and event.data.get("state") in _ENDS:
            for record in self._records.known.of_job(event.job_id):
                if is_held_back(record) and self._files.covers(record.file):
                    self._look_at(record.file, Look.RETRY)

    def _look_at(self, path: str, how: Look) -> None:
        self._waiting[path] = max(how, self._waiting.get(path, how))
        if path in self._tasks:
            note = asyncio.create_task(self._remember(path), name=f"remember {path}")
            self._notes.add(note)
            note.add_done_callback(self._notes.discard)
            return
        task = asyncio.create_task(self._follow(path), name=f"reload {path}")
        self._tasks[path] = task
        task.add_done_callback(partial(self._forget, path))

    def _forget(self, path: str, task: asyncio.Task[None]) -> None:
        """One that was cancelled before it began is still there; of one that has ended another one may have taken the place."""
        if self._tasks.get(path) is task:
            del self._tasks[path]

    async def _remember(self, path: str) -> None:
        try:
            await self._reload.remember(path)
        except FlowdeckError as error:
            _log.warning("%s: %s", path, error.message)

    async def _follow(self, path: str) -> None:
        try:
            while path in self._waiting:
                await self._look(path, self._waiting.pop(path))
        finally:
            # At once, not when the task is done: whoever asks in between would wait for a look that nobody takes.
            self._tasks.pop(path, None)

    async def _look(self, path: str, how: Look) -> None:
        try:
            await self._reload.look(path, how)
        except FlowdeckError as error:
            _log.warning("%s: %s", path, error.message)
        except Exception:  # noqa: BLE001 - one file must not end the watching of all others
            _log.exception("hot reload of %s failed", path)

    # what people ask

    def report(self) -> ReloadReport:
        """All watched files."""
        return ReloadReport(
            watching=tuple(str(path) for path in self._watched),
            watches_submitted=self._options.watch_submitted,
            files=tuple(sorted(filter(self._is_current, self._records.known.every()), key=lambda found: found.file)),
            problems=self._files.problems,
        )

    def _is_current(self, record: WatchedFile) -> bool:
        """Not what is only remembered of a job that was deleted, so that the same content does not bring it back."""
        return record.job_id is None or record.job_id in self._lifecycle.jobs_of_file(record.file)

    async def of_job(self, reference: str) -> WatchedFile:
        """The file of a job. Raises :class:`NotFound` when none is watched for it."""
        job = await self._lifecycle.require(reference)
        found = self._records.known.of_job(job.id)
        if not found:
            raise NotFound(
                f"no file is watched for the job {job.name}", hint="`flowdeck up --watch DIR` watches the files of a directory"
            )
        return found[0]

    async def look_again(self, request: LookRequest) -> ReloadReport:
        """Look at the files now, whatever the system notifies; returns before that is done."""
        how = Look.RETRY if request.retry else Look.CHANGED
        if request.job is not None:
            self._look_at((await self.of_job(request.job)).file, how)
        else:
            self._watch.look()
            for record in self._records.known.every() if request.retry else ():
                self._look_at(record.file, how)
        return self.report()

    async def apply(
        self, reference: str, request: DecisionRequest, *, requested_by: str = BY_ITSELF
    ) -> tuple[WatchedFile, Operation]:
        """Carry out the change that waits for approval; returns before that is done, with the operation that it is."""
        record = self._pending(await self.of_job(reference), request)
        approved = record.observed_generation
        operation = await self._records.operations.begin(record, requested_by=requested_by, reason=request.reason)
        record = await self._records.change(record, ReloadState.PARSING, "approved", approved_generation=approved)
        self._look_at(record.file, Look.AGAIN)
        return record, operation

    async def discard(self, reference: str, request: DecisionRequest) -> WatchedFile:
        """Leave the job as it is; the file has to change to be looked at again."""
        record = self._pending(await self.of_job(reference), request)
        said = DISCARDED + (f": {request.reason}" if request.reason else "")
        return await self._records.change(record, ReloadState.BLOCKED, said)

    async def plan(self, reference: str, request: SubmitRequest, *, alone: bool = False) -> ReloadPlan:
        """What a text would change of a job. Nothing is touched. With ``alone`` nothing but the text is read: no file that it
        includes, no variable of the daemon. Raises what the check of a submission raises."""
        job = await self._lifecycle.require(reference)
        in_its_place = alone or names_no_place(request)
        request = await self._lifecycle.in_its_place(job, request)
        if alone:
            request = replace(request, file=None, base_directory=None)
        submission = await check_request(request, {} if alone else dict(os.environ))
        plan = await compare_with_current(self._lifecycle, job, submission, in_its_place=in_its_place)
        return describe(job, plan, submission, self._reload.policy_of(submission))

    @staticmethod
    def _pending(record: WatchedFile, request: DecisionRequest) -> WatchedFile:
        if record.state is not ReloadState.PENDING_APPROVAL:
            raise Conflict(
                f"no change of {record.job_name} waits for approval: its file is {record.state}",
                hint=f"`flowdeck reload {record.job_name}` tells more",
            )
        wanted = request.observed_generation
        if wanted is not None and wanted != record.observed_generation:
            raise Conflict(
                f"generation {wanted} of the file is not the one that waits: {record.observed_generation} is",
                hint="look at the newer change first",
            )
        return record
