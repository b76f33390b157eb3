"""What a daemon does with the executions that the one before it left unfinished: each is recorded and carried on.

They are carried on by the ordinary control, from the restore point that the ordinary function chooses.
"""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec

from runner.model import DesiredState, ErrorInfo, Execution, Job
from runner.reload import ReloadState
from runner.states import ExecutionState
from runner.store.store import Store
from runner.supervisor.aftermath import DAEMON_ENDS
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import error_info
from runner.supervisor.executions import Executions
from runner.supervisor.job_record import NotWanted
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.outcome import Ending
from runner.supervisor.queues import has_begun
from runner.supervisor.restore import NONE
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_DIED = ErrorInfo(code="daemon-died", message="the daemon died; its workers died with it")
_PAGE = 1000
_INTERRUPTED = frozenset(
    {
        ExecutionState.STARTING,
        ExecutionState.RUNNING,
        ExecutionState.PAUSED,
        ExecutionState.SAVEPOINTING,
        ExecutionState.STOPPING,
    }
)


class Recovery:
    """Runs once, before anything else may be asked of the daemon."""

    def __init__(self, journal: Journal, executions: Executions, lifecycle: JobLifecycle) -> None:
        self._journal = journal
        self._executions = executions
        self._lifecycle = lifecycle
        self._restarts: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Carry on every unfinished execution, and every restart or upgrade that had stopped one and not started the next."""
        unfinished = await self._journal.read(lambda store: store.unfinished_executions())
        for execution in sorted(unfinished, key=lambda found: not has_begun(found.state)):  # the others queue behind them
            await self.carry_on(execution)
        for job in await self._journal.read(_interrupted_jobs):
            await self._start_successor(job)

    async def carry_on(self, execution: Execution, cause: ErrorInfo = _DIED) -> None:
        """Run on an execution that nobody controls (any more), for ``cause``, or bring it to the end that was wanted."""
        try:
            job = await self._lifecycle.reread(execution.job_id)
            work = await self._lifecycle.work_of(job, execution.generation)
        except (FlowdeckError, msgspec.DecodeError) as error:
            _log.warning("execution %s cannot be carried on: %s", execution.id, error)
            await self._record(execution, ExecutionState.FAILED, error_info(error), cause)
            return
        ending = _wanted_ending(execution, job)
        clean = execution.state is ExecutionState.RESTARTING and execution.phase == DAEMON_ENDS
        clean = clean or not has_begun(execution.state)  # nothing ran that could have died
        restarting = ending is None and execution.state in _INTERRUPTED
        state = ExecutionState.RESTARTING if restarting else execution.state
        recorded = await self._record(execution, state, None if clean else cause, cause)
        await CheckpointRecords(self._journal, recorded, work.job.env.checkpoint).fail_unfinished(cause.message)
        wanted = str(execution.restored_from or NONE)
        observed = await self._journal.read(lambda store: _is_observed(store, execution))
        control = self._executions.launch(work, recorded, wanted=wanted, fragile=observed, resumed=True, ending=ending)
        if ending is Ending.STOPPED and job.desired_state is DesiredState.RUNNING:
            task = asyncio.create_task(self._finish_restart(job.id, control), name=f"restart {job.id}")
            self._restarts.add(task)
            task.add_done_callback(self._restarts.discard)

    async def _finish_restart(self, job_id: str, control: ExecutionControl) -> None:
        """The daemon died while it stopped the execution for a restart: what is to follow it is known."""
        await control.ended.wait()
        try:
            await self._start_successor(await self._lifecycle.reread(job_id))
        except FlowdeckError as error:
            _log.warning("the restart of job %s is not carried on: %s", job_id, error)

    async def _record(
        self, execution: Execution, state: ExecutionState, error: ErrorInfo | None, cause: ErrorInfo
    ) -> Execution:
        """Write down that nobody ran it any more, and close what was open."""
        now = time.time()
        updated = execution
        if state is not execution.state:
            restarts = execution.restarts + (state is ExecutionState.RESTARTING)
            finished = now if state.is_terminal else None
            abandoned = state.is_terminal and has_begun(execution.state)
            unsettled = error.message if error is not None and abandoned else ""
            updated = msgspec.structs.replace(
                execution,
                state=state,
                state_since=now,
                restarts=restarts,
                error=error,
                finished_at=finished,
                unsettled=unsettled,
            )
        updated = msgspec.structs.replace(updated, worker_pids=())

        def work(entry: Entry) -> None:
            for attempt in entry.store.attempts(execution.id):
                if attempt.ended_at is None:
                    entry.store.update_attempt(msgspec.structs.replace(attempt, ended_at=now, outcome="failed", error=cause))
            entry.store.update_execution(updated)
            if error is not None:
                message = f"{execution.job_name} was {execution.state}: {error.message}"
                data = {"state": str(execution.state), "error": msgspec.to_builtins(error)}
                entry.note("execution.orphaned", message, job_id=execution.job_id, execution_id=execution.id, data=data)

        await self._journal.write(work)
        return updated

    async def _start_successor(self, job: Job) -> None:
        execution = job.execution
        if execution is None:
            return
        try:
            if job.restarting_from:
                prepared = await self._lifecycle.prepare_current(job, job.restarting_from)
            else:
                prepared = await self._lifecycle.prepare_successor(job, job.generation, execution)
            await self._lifecycle.start(prepared, only_if_wanted=True, keep_pause=not job.restarting_from)
        except NotWanted:
            return
        except FlowdeckError as error:
            _log.warning("the job %s cannot go on: %s", job.name, error)
            await self._lifecycle.record_failed_start(job, error_info(error))


def _wanted_ending(execution: Execution, job: Job) -> Ending | None:
    """How the execution is to end without another attempt; None: it is to run on."""
    desired = job.desired_state
    if execution.state is ExecutionState.CANCELING or desired is DesiredState.CANCELED:
        return Ending.CANCELED
    if desired is DesiredState.STOPPED:
        return Ending.STOPPED
    # It was being stopped for a restart from somewhere else than where it left off.
    return Ending.STOPPED if job.restarting_from else None


def _is_observed(store: Store, execution: Execution) -> bool:
    """Whether hot reload was still observing if the execution works, so that its first failure rolls it back."""
    return any(
        record.state is ReloadState.UPGRADING and record.upgrade is not None and record.upgrade.target == execution.generation
        for record in store.watched_files(execution.job_id)
    )


def _interrupted_jobs(store: Store) -> list[Job]:
    """Jobs that are to run and whose execution was stopped all the same: a restart or an upgrade was under way."""
    found: list[Job] = []
    offset = 0
    while True:
        jobs, total = store.jobs(ExecutionState.STOPPED, None, _PAGE, offset)
        found.extend(job for job in jobs if job.desired_state is DesiredState.RUNNING)
        offset += len(jobs)
        if not jobs or offset >= total:
            return found
