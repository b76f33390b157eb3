"""The record of one execution: every change of state goes through here, into the store, before it takes effect."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from runner.model import Attempt, DesiredState, ErrorInfo, Execution, FailedSplit
from runner.states import ExecutionState, check_transition
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.restore import RestoreChoice
from runner.supervisor.totals import TotalsMeter

STATE_EVENT = "execution.state"


class ExecutionRecord:
    """Holds what the store has, and writes what changes. Used by one task."""

    def __init__(self, journal: Journal, execution: Execution, meter: TotalsMeter) -> None:
        self._journal = journal
        self._meter = meter
        self._attempt: Attempt | None = None
        self._attempt_since = 0.0
        self.current = execution

    @property
    def state(self) -> ExecutionState:
        """Where the execution stands."""
        return self.current.state

    async def change(
        self, state: ExecutionState, message: str = "", *, desired: DesiredState | None = None, **fields: Any
    ) -> None:
        """Go over to ``state`` and set ``fields``; with ``desired`` also what the person wants of the job. Waits for the store
        as long as it takes. Raises :class:`~runner.states.IllegalTransition`."""
        check_transition(self.state, state)
        now = time.time()
        if state.is_terminal:
            fields |= {"finished_at": now, "worker_pids": ()}
        updated = msgspec.structs.replace(
            self.current, state=state, state_since=now, totals=self._meter.counted(), phase=message, **fields
        )
        previous, attempt = self.state, self._attempt_so_far()
        await self._journal.write_patiently(
            lambda entry: _store_change(entry, updated, attempt, previous, message, desired, now), self._becoming(updated)
        )

    async def adopt(self, generation: int, record: Callable[[Entry], None]) -> None:
        """Go on as ``generation``, which ``record`` stores in the same transaction."""
        updated = msgspec.structs.replace(self.current, generation=generation)

        def work(entry: Entry) -> None:
            record(entry)
            entry.store.update_execution(updated)
            message = f"{updated.job_name} goes on as generation {generation}, without a restart"
            entry.note("execution.generation", message, job_id=updated.job_id, execution_id=updated.id)

        await self._journal.write(work, self._becoming(updated))

    async def keep(self, kind: str, message: str, **fields: Any) -> None:
        """Set ``fields`` for good, without a change of state, and tell it as an event."""
        updated = msgspec.structs.replace(self.current, **fields)

        def work(entry: Entry) -> None:
            entry.store.update_execution(updated)
            entry.note(kind, f"{updated.job_name}: {message}", job_id=updated.job_id, execution_id=updated.id)

        await self._journal.write_patiently(work, self._becoming(updated))

    def _becoming(self, updated: Execution) -> Callable[[object], None]:
        """What takes effect once that is stored: whoever is told of it by an event finds it so."""

        def become(_: object) -> None:
            self.current = updated

        return become

    async def want(self, desired: DesiredState) -> None:
        """Record what a person wants of the job."""
        current = self.current
        await self._journal.write_patiently(lambda entry: _store_desired(entry, current, desired, time.time()))

    def remember(self, **fields: Any) -> None:
        """Set ``fields`` in memory; the next change stores them."""
        self.current = msgspec.structs.replace(self.current, **fields)

    async def begin_attempt(self, choice: RestoreChoice) -> int:
        """Record the start of the next attempt; its number, which no other attempt of the execution has had."""
        current, now = self.current, time.time()

        def work(entry: Entry) -> tuple[Execution, Attempt]:
            former = max(entry.store.attempts(current.id), key=lambda attempt: attempt.number, default=None)
            attempt = Attempt(
                execution_id=current.id,
                number=former.number + 1 if former else 1,
                started_at=now,
                cause=_cause(former),
                restored_from=choice.id,
                restore_reason=choice.reason,
            )
            entry.store.insert_attempt(attempt)
            updated = msgspec.structs.replace(
                current,
                attempt=attempt.number,
                started_at=current.started_at or now,
                restore_reason=choice.reason,
                phase=choice.reason,
            )
            entry.store.update_execution(updated)
            return updated, attempt

        self.current, attempt = await self._journal.write(work)
        self._attempt = attempt
        self._attempt_since = time.monotonic()
        return attempt.number

    def hired(self, pids: tuple[int, ...]) -> None:
        """The attempt has these workers now; the next change stores it."""
        self.remember(worker_pids=pids)
        if self._attempt is not None:
            self._attempt = msgspec.structs.replace(self._attempt, workers=len(pids))

    def _attempt_so_far(self) -> Attempt | None:
        """The attempt that runs, with what it has done until now."""
        if self._attempt is None:
            return None
        rows_in, rows_out = self._meter.attempted()
        return msgspec.structs.replace(
            self._attempt, rows_in=rows_in, rows_out=rows_out, duration=time.monotonic() - self._attempt_since
        )

    async def end_attempt(
        self, outcome: str, error: ErrorInfo | None = None, failed_splits: tuple[FailedSplit, ...] = ()
    ) -> None:
        """Record how the attempt ended, and where it failed; nothing when none was begun."""
        attempt, self._attempt = self._attempt_so_far(), None
        if attempt is None:
            return
        ended = msgspec.structs.replace(attempt, ended_at=time.time(), outcome=outcome, error=error)
        ended = msgspec.structs.replace(ended, failed_splits=failed_splits)

        def work(entry: Entry) -> None:
            entry.store.update_attempt(ended)
            if error is not None:
                self._note_failure(entry, ended.number, error)

        await self._journal.write_patiently(work)

    def _note_failure(self, entry: Entry, number: int, error: ErrorInfo) -> None:
        entry.note(
            "attempt.failed",
            f"{self.current.job_name}: attempt {number} failed: {error.message}",
            job_id=self.current.job_id,
            execution_id=self.current.id,
            data={"attempt": number, "error": msgspec.to_builtins(error)},
        )

    async def note(self, kind: str, message: str, **data: Any) -> None:
        """Tell an event of this execution."""
        job_id, execution_id = self.current.job_id, self.current.id
        await self._journal.write_patiently(
            lambda entry: entry.note(kind, message, job_id=job_id, execution_id=execution_id, data=data)
        )

    def view(self, now: float) -> Execution:
        """The execution as it is at ``now`` (monotonic): with the totals and rates of this moment."""
        return msgspec.structs.replace(self.current, totals=self._meter.totals(now))


def _cause(former: Attempt | None) -> str:
    """Why there is an attempt after ``former``."""
    if former is None:
        return "the execution was started"
    if former.error is not None:
        return f"attempt {former.number} failed: {former.error.message}"
    return f"attempt {former.number} was left off, for the daemon's end or its control's"


def _store_change(
    entry: Entry,
    updated: Execution,
    attempt: Attempt | None,
    previous: ExecutionState,
    message: str,
    desired: DesiredState | None,
    now: float,
) -> None:
    entry.store.update_execution(updated)
    if attempt is not None:
        entry.store.update_attempt(attempt)
    if updated.state.is_terminal:
        entry.store.release_lease(updated.id)
    if desired is not None:
        _store_desired(entry, updated, desired, now)
    note_state(entry, updated, previous, message)


def note_state(entry: Entry, execution: Execution, previous: ExecutionState, message: str) -> None:
    """Tell that the execution has come to its state from ``previous``."""
    entry.note(
        STATE_EVENT,
        f"{execution.job_name} is {execution.state}" + (f": {message}" if message else ""),
        job_id=execution.job_id,
        execution_id=execution.id,
        data={"state": str(execution.state), "previous": str(previous), "attempt": execution.attempt},
    )


def _store_desired(entry: Entry, execution: Execution, desired: DesiredState, now: float) -> None:
    job = entry.store.job(execution.job_id)
    if job is not None and job.desired_state is not desired:
        entry.store.update_job(msgspec.structs.replace(job, desired_state=desired, updated_at=now))
