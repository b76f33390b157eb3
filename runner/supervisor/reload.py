"""Hot reload: a job file that is saved becomes what runs, without losing or repeating a row, or the old one runs on.

    saved file -> check -> invalid: the old one runs on
               -> means the same: nothing
               -> would misread the positions: blocked, the old one runs on
               -> only settings of the supervisor: it runs on and takes them
               -> stop with savepoint -> start the new generation from it
                                      -> cannot start: the old generation again, from the same savepoint

Changes that come while one is carried out are not lost: when it is done, the file is looked at once more. Values that a restart
has overridden stay until the file means something else than it did then: the new generation is the file's alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from runner.model import Job, ReloadStatus
from runner.requests import SubmitRequest
from runner.supervisor.errors import SpecInvalid
from runner.supervisor.executions import Executions
from runner.supervisor.job_files import JobFiles
from runner.supervisor.journal import Journal
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.limits import Limits
from runner.supervisor.restore import NONE
from runner.supervisor.submission import Submission, check_request
from runner.supervisor.upgrade import SYNCED, Upgrade
from spec.errors import FlowdeckError, UsageError

_log = logging.getLogger(__name__)
_LARGEST_FILE = 16 * 1024 * 1024
INVALID = "invalid"
UPGRADING = "upgrading"
ORPHANED = "orphaned"


class Reloader:
    """Keeps the jobs of the watched files as their files say. Each file that changes is worked on in a task of its own."""

    def __init__(
        self, watch: Sequence[Path], journal: Journal, lifecycle: JobLifecycle, executions: Executions, limits: Limits
    ) -> None:
        self._files = JobFiles(watch, self._related)
        self._journal = journal
        self._lifecycle = lifecycle
        self._upgrade = Upgrade(lifecycle, executions, limits, in_place=True)
        self._included: dict[str, tuple[str, ...]] = {}
        self._waiting: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def _related(self) -> list[str]:
        included = [path for paths in self._included.values() for path in paths]
        return included + [path for path in self._lifecycle.files() if self._files.covers(path)]

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with contextlib.aclosing(self._files.changes()) as changes:
                async for path in changes:
                    for job_file in self._concerned(path):
                        self._look_at(job_file)
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _concerned(self, path: str) -> list[str]:
        own = [path] if self._files.covers(path) else []
        return own + [job_file for job_file, included in self._included.items() if path in included and job_file != path]

    def _look_at(self, path: str) -> None:
        self._waiting.add(path)
        if path not in self._tasks:
            task = asyncio.create_task(self._follow(path), name=f"reload {path}")
            self._tasks[path] = task
            task.add_done_callback(lambda _: self._tasks.pop(path, None))

    async def _follow(self, path: str) -> None:
        while path in self._waiting:
            self._waiting.discard(path)
            try:
                await self._reload_file(path)
            except FlowdeckError as error:
                _log.warning("%s: %s", path, error.message)
            except Exception:  # noqa: BLE001 - one file must not end the watching of all others
                _log.exception("hot reload of %s failed", path)

    async def _reload_file(self, path: str) -> None:
        jobs = self._lifecycle.jobs_of_file(path)
        text = await asyncio.to_thread(_read, path)
        if text is None:
            for job_id in jobs:
                await self._orphan(job_id)
        elif jobs:
            for job_id in jobs:
                await self._reload_job(job_id, path, text)
        else:
            await self._submit(path, text)

    async def _orphan(self, job_id: str) -> None:
        job = await self._lifecycle.reread(job_id)
        if job.reload is None or job.reload.outcome != ORPHANED:
            await self._set(job, ORPHANED, f"the file {job.file} is gone; the job is left as it is")

    async def _submit(self, path: str, text: str) -> None:
        """A file that no job comes from yet."""
        try:
            submission = await self._check(path, SubmitRequest(text=text, file=path))
        except SpecInvalid as error:
            message = f"{path}: {error.message}"
            data = {"file": path, "outcome": INVALID, "diagnostics": list(error.diagnostics)}
            await self._journal.write(lambda entry: entry.note("job.reload", message, data=data))
            return
        async with self._lifecycle.admission:
            if self._lifecycle.jobs_of_file(path):  # somebody has submitted it meanwhile: it is looked at again, as that job's
                self._waiting.add(path)
                return
            control = await self._lifecycle.start(await self._lifecycle.prepare_submission(None, submission, NONE))
        await self._set(await self._lifecycle.reread(control.work.job_id), SYNCED, "submitted")

    async def _reload_job(self, job_id: str, path: str, text: str) -> None:
        job = await self._lifecycle.reread(job_id)
        _, source = await self._lifecycle.generation(job, job.generation)
        try:
            submission = await self._check(path, msgspec.structs.replace(source, text=text, overrides={}))
        except SpecInvalid as error:
            await self._set(job, INVALID, error.message, error)
            return
        async with self._lifecycle.replacing(job_id):
            job = await self._lifecycle.reread(job_id)
            if await self._is_current(job, submission):
                if job.reload is None or job.reload.outcome != SYNCED:
                    await self._set(job, SYNCED, "")
                return
            outcome, message = await self._upgrade.run(job, submission, self._announce)
            if outcome == SYNCED and job.overrides:
                message += f"; the file counts again, not what was set: {', '.join(job.overrides)}"
            await self._set(job, outcome, message)

    async def _is_current(self, job: Job, submission: Submission) -> bool:
        same = await self._lifecycle.same_as_current(job, submission)
        return same or await self._lifecycle.same_but_overridden(job, submission)

    async def _announce(self, job: Job, message: str) -> None:
        await self._set(job, UPGRADING, message)

    async def _check(self, path: str, request: SubmitRequest) -> Submission:
        submission = await check_request(request, dict(os.environ))
        self._included[path] = tuple(file for file in submission.files if file != path)
        return submission

    async def _set(self, job: Job, outcome: str, message: str, error: SpecInvalid | None = None) -> None:
        diagnostics = error.diagnostics if error else ()
        status = ReloadStatus(outcome=outcome, at=time.time(), message=message, diagnostics=diagnostics)
        await self._lifecycle.set_reload(job.id, status)


def _read(path: str) -> str | None:
    """The text of the file; None when there is none. What is no text is left to the check to complain about."""
    try:
        with Path(path).open("rb") as file:
            return file.read(_LARGEST_FILE + 1).decode("utf-8-sig", errors="replace")
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
