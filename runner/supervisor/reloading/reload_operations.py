"""Hot reload as operations: from when a file is taken up for its job until the job is as the file says, or why it is not. The
records of the files tell it; nothing is decided here."""

from __future__ import annotations

import asyncio
from typing import Final

from runner.model import ErrorInfo, Job
from runner.operation import Operation, OperationOutcome
from runner.reload import ReloadState, UpgradePhase, WatchedFile
from runner.supervisor.journal import Journal
from runner.supervisor.operations import RELOAD, Operations
from runner.supervisor.reloading.known_files import Key, key_of
from runner.supervisor.reloading.transitions import AT_WORK, REFUSED

BY_ITSELF: Final = "hot reload"
_S = ReloadState
_PHASES: Final = tuple(UpgradePhase)


class ReloadOperations:
    """At most one that is under way for each record of a file."""

    def __init__(self, journal: Journal, operations: Operations) -> None:
        self._journal = journal
        self._operations = operations
        self._open: dict[Key, Operation] = {}
        self._beginning = asyncio.Lock()
        """Two that ask for the same record at once, a person and the file's look, say, get the same operation."""

    async def begin(self, record: WatchedFile, *, requested_by: str = BY_ITSELF, reason: str = "") -> Operation:
        """A new one for the record, unless one is under way."""
        key = key_of(record)
        async with self._beginning:
            if key not in self._open:
                job = await self._job(record)
                said = reason or f"{record.file} has changed"
                self._open[key] = await self._operations.begin(RELOAD, job, requested_by=requested_by, reason=said)
            return self._open[key]

    async def heard(self, record: WatchedFile) -> None:
        """The record has gone over to another state. A file that no job comes from yet counts once it is to be one."""
        key, state = key_of(record), record.state
        if state not in AT_WORK:
            self._end(key, record)
        elif record.job_id is not None or state is _S.PLANNING or key in self._open:
            operation = await self.begin(record)
            said = record.message or str(state).lower()
            self._operations.advance(operation.id, said, _progress(record))

    def moved(self, former: Key, record: WatchedFile, job: Job) -> None:
        """The record has another key now, and this job."""
        operation = self._open.pop(former, None)
        if operation is not None:
            self._open[key_of(record)] = operation
            self._operations.concern(operation.id, job)

    def forgotten(self, key: Key) -> None:
        """The file is not one of that job any more."""
        operation = self._open.pop(key, None)
        if operation is not None:
            said = "the file is not one of this job any more"
            self._operations.end(operation.id, said, outcome=OperationOutcome.ABANDONED)

    def _end(self, key: Key, record: WatchedFile) -> None:
        operation = self._open.pop(key, None)
        if operation is None:
            return
        name = str(record.state).lower().replace("_", "-")
        said = record.message or name
        error = ErrorInfo(code=f"reload-{name}", message=said) if record.state in REFUSED else None
        self._operations.end(operation.id, said, error=error)

    async def _job(self, record: WatchedFile) -> Job | None:
        job_id = record.job_id
        return None if job_id is None else await self._journal.read(lambda store: store.job(job_id))


def _progress(record: WatchedFile) -> float | None:
    """How many of the phases of an upgrade are behind it; None when it is none."""
    return None if record.phase is None else _PHASES.index(record.phase) / len(_PHASES)
