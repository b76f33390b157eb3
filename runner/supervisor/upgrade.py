"""Replaces what a job runs by a new generation: plans, stops with a savepoint, starts from it, and rolls back if that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from runner.model import DesiredState, Execution, Job
from runner.states import ExecutionState
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import Conflict
from runner.supervisor.executions import Executions
from runner.supervisor.lifecycle import JobLifecycle, NotWanted
from runner.supervisor.limits import Limits
from runner.supervisor.restore import NONE
from runner.supervisor.submission import Submission
from runner.supervisor.wishes import StopWish
from spec.errors import FlowdeckError
from spec.plan.compatibility import breaches
from spec.plan.plan import plan_change

SYNCED = "synced"
BLOCKED = "blocked"
FAILED = "failed"

# How often the plan may be made anew because the execution has ended by itself in the meantime.
_ROUNDS = 3
_START_SLACK = 60.0

Announce: TypeAlias = Callable[[Job, str], Awaitable[None]]
Result: TypeAlias = tuple[str, str]
"""An outcome and its message."""


class Upgrade:
    """Carries out upgrades; the caller holds the job's lock. ``occasion`` is what the savepoints are described with. With
    ``in_place``, an execution that needs no restart for what is new gets none.
    """

    def __init__(
        self,
        lifecycle: JobLifecycle,
        executions: Executions,
        limits: Limits,
        *,
        occasion: str = "hot reload",
        in_place: bool = False,
    ) -> None:
        self._in_place = in_place
        self._occasion = occasion
        self._lifecycle = lifecycle
        self._executions = executions
        self._limits = limits

    async def run(self, job: Job, submission: Submission, announce: Announce) -> Result:
        """Make ``submission`` what the job runs. ``announce`` is told when something running is about to be touched.

        Never leaves a job that is to run without an execution, unless the result says so.
        """
        for _ in range(_ROUNDS):
            execution = job.execution
            if job.desired_state is not DesiredState.RUNNING:
                await self._lifecycle.record_generation(job, submission)
                return SYNCED, f"the job is to be {job.desired_state}; the new generation runs after the next restart"
            if execution is None or execution.state is ExecutionState.FINISHED:
                await self._lifecycle.start(await self._lifecycle.prepare_submission(job, submission, NONE))
                return SYNCED, "it had finished and runs again from the beginning"
            if execution.state.is_terminal:
                return await self._revive(job, submission, execution)
            control = self._executions.control(execution.id)
            result = None if control is None else await self._adopt(job, submission, control)
            if result is None and control is not None:
                result = await self._replace(job, submission, control, announce)
            if result is not None:
                return result
            job = await self._lifecycle.reread(job.id)
        return FAILED, "the job's state kept changing; save the file again"

    async def _revive(self, job: Job, submission: Submission, execution: Execution) -> Result:
        """The old generation is over and nobody wanted that: the new one goes on where it failed."""
        try:
            prepared = await self._lifecycle.prepare_next(job, submission, execution)
        except Conflict as error:
            return BLOCKED, error.message
        await self._lifecycle.start(prepared)
        return SYNCED, f"it had {execution.state.lower()} and goes on with generation {prepared.work.generation}"

    async def _adopt(self, job: Job, submission: Submission, control: ExecutionControl) -> Result | None:
        """Let what runs take the new settings as it is; None when that is not possible."""
        old, _ = await self._lifecycle.generation(job, job.generation)
        if not self._in_place or (control.work.generation, control.work.base_directory) != (
            job.generation,
            submission.base_directory,
        ):
            return None
        if not plan_change(old, submission.job).in_place:
            return None
        try:
            generation = await self._lifecycle.adopt(job, submission, control)
        except Conflict:
            return None
        return SYNCED, f"the execution goes on as generation {generation}, without a restart"

    async def _replace(self, job: Job, submission: Submission, control: ExecutionControl, announce: Announce) -> Result | None:
        """Replace what runs; None when it has ended in the meantime, so that another plan is needed."""
        obstacle = await self._obstacle(job, submission)
        if obstacle:
            return BLOCKED, obstacle
        await announce(job, "stopping with a savepoint")
        # Between two attempts nothing runs that a savepoint could hold: the last checkpoint is where it goes on.
        resting = control.view().state is ExecutionState.RESTARTING
        wish = StopWish(
            savepoint=not resting,
            reversible=not resting,
            description=self._occasion,
            asked_by=f"a {self._occasion}",
            desired=None,
        )
        try:
            trouble = await self._lifecycle.stop_and_wait(control, wish)
        except Conflict:
            if control.ended.is_set():
                return None
            raise
        if trouble:
            return FAILED, f"generation {job.generation} runs on: {trouble}"
        job = await self._lifecycle.reread(job.id)
        execution = job.execution
        if execution is None or execution.state is not ExecutionState.STOPPED or job.desired_state is not DesiredState.RUNNING:
            return None
        return await self._start(job, submission, execution)

    async def _obstacle(self, job: Job, submission: Submission) -> str:
        """Why the running job must not be replaced; empty when it may."""
        old, _ = await self._lifecycle.generation(job, job.generation)
        found = breaches(old, submission.job)
        if found:
            return "; ".join(map(str, found))
        if submission.job.name != job.name and await self._lifecycle.named(submission.job.name):
            return f"env.job.name: there is another job named {submission.job.name!r}"
        return ""

    async def _start(self, job: Job, submission: Submission, stopped: Execution) -> Result:
        """Start the new generation where ``stopped`` stopped."""
        try:
            prepared = await self._lifecycle.prepare_next(job, submission, stopped)
            control = await self._lifecycle.start(prepared, fragile=True, only_if_wanted=True, keep_pause=self._in_place)
        except NotWanted as error:
            return FAILED, error.message
        except FlowdeckError as error:
            return await self._roll_back(job, stopped, error.message)
        await self._observe(control)
        execution = control.view()
        if execution.state is not ExecutionState.FAILED:
            return SYNCED, f"generation {prepared.work.generation} is {execution.state}, {prepared.choice.reason}"
        reason = execution.error.message if execution.error else "it failed"
        if await self._lifecycle.has_progressed(execution):  # the old generation would write again what this one has written
            return FAILED, f"generation {prepared.work.generation} failed after it had gone on: {reason}; {_by_hand(execution)}"
        return await self._roll_back(job, stopped, f"generation {prepared.work.generation} does not work: {reason}")

    async def _observe(self, control: ExecutionControl) -> None:
        """Until the execution has shown that it works, or has ended; then it may fail as any other."""
        if not self._executions.queues.is_waiting(control.work.job_id):
            await _either(control.running, control.ended, self._limits.starting + _START_SLACK)
            await _either(control.proven, control.ended, self._limits.observing)
        control.harden()

    async def _roll_back(self, job: Job, stopped: Execution, reason: str) -> Result:
        """Start the old generation again where it stopped."""
        try:
            prepared = await self._lifecycle.prepare_successor(job, stopped.generation, stopped)
            await self._lifecycle.start(prepared, only_if_wanted=True, keep_pause=self._in_place)
        except FlowdeckError as error:
            advice = _by_hand(stopped)
            return FAILED, f"{reason}; and generation {stopped.generation} cannot go on: {error.message}; {advice}"
        return FAILED, f"{reason}; rolled back to generation {stopped.generation}, {prepared.choice.reason}"


async def _either(first: asyncio.Event, second: asyncio.Event, patience: float) -> None:
    """Wait until one of the two is set, at most so many seconds."""
    waits = {asyncio.ensure_future(first.wait()), asyncio.ensure_future(second.wait())}
    try:
        await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _by_hand(stopped: Execution) -> str:
    point = "latest" if stopped.savepoint_id is None else stopped.savepoint_id
    return f"start it with: flowdeck restart {stopped.job_name} --from {point}"
