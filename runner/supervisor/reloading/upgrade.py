"""Replaces what a job runs by a new generation: stops the old one, starts the new one where it stopped, sees that it is stable,
and rolls back if it is not.

Nothing is stopped that could not go on: the restore point comes first, and the old generation goes on from it when the new one
does not. Each step is announced before it is taken, so that a daemon that comes after one that died knows how far it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from runner.model import DesiredState, Execution, Job
from runner.reload import ReloadState, UpgradePhase, Upgrading, WatchedFile
from runner.states import ExecutionState
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import Conflict
from runner.supervisor.executions import Executions
from runner.supervisor.job_record import NotWanted, Prepared
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.limits import Limits
from runner.supervisor.reloading.comparison import compare_with_current, obstacle
from runner.supervisor.reloading.settings import ReloadPolicy
from runner.supervisor.reloading.stability import has_started, observe
from runner.supervisor.restore import NONE
from runner.supervisor.submission import Submission
from runner.supervisor.wishes import StopWish
from spec.errors import FlowdeckError
from spec.job import UpgradeMode

SYNCED: Final = ReloadState.SYNCED
BLOCKED: Final = ReloadState.BLOCKED
UPGRADE_FAILED: Final = ReloadState.UPGRADE_FAILED
ROLLED_BACK: Final = ReloadState.ROLLED_BACK
FAILED: Final = ReloadState.FAILED

# How often the plan may be made anew because the execution has ended by itself in the meantime.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """What is about to be done: a phase of the upgrade, or None when it is rolled back."""

    phase: UpgradePhase | None
    message: str
    upgrade: Upgrading


class Result(NamedTuple):
    """How it ended (SYNCED, BLOCKED, UPGRADE_FAILED, ROLLED_BACK or FAILED), and in words. ``stable``: the generation that was
    observed to be stable."""

    outcome: ReloadState
    message: str
    stable: int | None = None


Announce: TypeAlias = Callable[[Job, Step], Awaitable[None]]
USUAL: Final = ReloadPolicy()


class Upgrade:
    """Carries out upgrades; the caller holds the job's lock. ``occasion`` is what the savepoints are described with. With
    ``in_place``, an execution that needs no restart for what is new gets none; with ``until_proven`` it counts as stable once
    rows that it has written are durable: somebody waits for it.
    """

    def __init__(
        self,
        lifecycle: JobLifecycle,
        executions: Executions,
        limits: Limits,
        *,
        occasion: str = "hot reload",
        in_place: bool = False,
        until_proven: bool = False,
    ) -> None:
        self._in_place = in_place
        self._until_proven = until_proven
        self._occasion = occasion
        self._lifecycle = lifecycle
        self._executions = executions
        self._limits = limits

    async def run(
        self, job: Job, submission: Submission, announce: Announce, policy: ReloadPolicy = USUAL, stable: int | None = None
    ) -> Result:
        """Make ``submission`` what the job runs, going by ``policy``; ``stable`` is the job's last generation that was observed
        to be stable, which a roll-back may fall back to when the one before was none.

        Never leaves a job that is to run without an execution, unless the result says so.
        """
        course = _Course(announce, policy, stable, submission)
        for _ in range(_ROUNDS):
            execution = job.execution
            if job.desired_state is not DesiredState.RUNNING:
                await self._lifecycle.record_generation(job, submission)
                return Result(SYNCED, f"the job is to be {job.desired_state}; the new generation runs when it is started")
            if execution is None or execution.state is ExecutionState.FINISHED:
                return await self._begin(job, course)
            if execution.state.is_terminal:
                return await self._start(job, course, execution)
            control = self._executions.control(execution.id)
            result = None if control is None else await self._adopt(job, submission, control)
            if result is None and control is not None:
                result = await self._replace(job, course, control)
            if result is not None:
                return result
            job = await self._lifecycle.reread(job.id)
        return Result(UPGRADE_FAILED, "the job's state kept changing; save the file again")

    async def resume(self, job: Job, record: WatchedFile, announce: Announce, policy: ReloadPolicy) -> Result | None:
        """Go on with an upgrade whose new generation was being started or observed, or that was being rolled back, when the
        daemon died; None when it had not come so far, and has to begin anew."""
        upgrade = record.upgrade or Upgrading()
        course = _Course(announce, policy, record.stable_generation, upgrade=upgrade)
        execution = job.execution
        stopped = await self._lifecycle.execution(upgrade.stopped)
        if execution is None or stopped is None or execution.id == stopped.id:
            return None
        reason = execution.error.message if execution.error else "it failed"
        if execution.generation != upgrade.target:
            return await self._resume_roll_back(job, record, execution, reason)
        if execution.state.is_terminal and execution.state is not ExecutionState.FAILED:
            return Result(SYNCED, f"generation {execution.generation} is {execution.state}")
        control = self._executions.control(execution.id)
        if control is None:
            return await self._roll_back(job, course, stopped, execution, reason)
        await course.step(job, UpgradePhase.OBSERVING, "the daemon was started again, and so is the observation")
        return await self._judge(job, course, control, stopped)

    async def _resume_roll_back(self, job: Job, record: WatchedFile, execution: Execution, reason: str) -> Result | None:
        if record.state is not ReloadState.ROLLING_BACK:
            return None
        if execution.state is ExecutionState.FAILED:
            trouble = f"{record.message}; and generation {execution.generation} does not start: {reason}"
            return await self._give_up(job, execution.generation, execution, trouble)
        return Result(ROLLED_BACK, record.message)

    # nothing is in the way

    async def _begin(self, job: Job, course: _Course) -> Result:
        """It has never run, or has read everything: what is new for it is everything, unless it is only settings."""
        plan = await compare_with_current(self._lifecycle, job, course.submission)
        if job.execution is not None and plan.in_place:
            await self._lifecycle.record_generation(job, course.submission)
            return Result(SYNCED, "it had finished; what is new counts from its next run on")
        await self._lifecycle.start(await self._lifecycle.prepare_submission(job, course.submission, NONE))
        return Result(SYNCED, "it had finished and runs again from the beginning" if job.execution else "it runs")

    async def _adopt(self, job: Job, submission: Submission, control: ExecutionControl) -> Result | None:
        """Let what runs take the new settings as it is; None when that is not possible."""
        if not self._in_place or control.work.generation != job.generation:
            return None
        if not (await compare_with_current(self._lifecycle, job, submission)).in_place:
            return None
        if control.view().state is ExecutionState.STARTING:
            await has_started(control, self._limits)
        try:
            generation = await self._lifecycle.adopt(job, submission, control)
        except Conflict:
            return None
        return Result(SYNCED, f"the execution goes on as generation {generation}, without a restart")

    # something runs

    async def _replace(self, job: Job, course: _Course, control: ExecutionControl) -> Result | None:
        """Replace what runs; None when it has ended in the meantime, so that another plan is needed."""
        found = await obstacle(self._lifecycle, job, course.submission, course.policy)
        if found:
            return Result(BLOCKED, found)
        former = control.view()
        course.upgrade = Upgrading(stopped=former.id, former=former.generation)
        wish = await self._wish(former, course.policy)
        how = "stopping with a savepoint" if wish.savepoint else "stopping where its last checkpoint is"
        await course.step(job, UpgradePhase.SAVEPOINTING, how)
        try:
            trouble = await self._lifecycle.stop_and_wait(control, wish)
        except Conflict:
            if control.ended.is_set():
                return None
            raise
        if trouble:
            return Result(UPGRADE_FAILED, f"generation {job.generation} runs on: {trouble}")
        job = await self._lifecycle.reread(job.id)
        execution = job.execution
        if execution is None or execution.state is not ExecutionState.STOPPED or job.desired_state is not DesiredState.RUNNING:
            return None
        await course.step(job, UpgradePhase.STOPPED, f"generation {former.generation} is stopped", stopped=execution)
        return await self._start(job, course, execution)

    async def _wish(self, former: Execution, policy: ReloadPolicy) -> StopWish:
        """Between two attempts, or before the first, nothing runs that a savepoint could hold: it goes on from the last
        checkpoint. From the beginning, a savepoint is only for the way back."""
        saved = policy.upgrade is not UpgradeMode.LAST_STATE or not await self._has_state(former)
        savepoint = saved and former.state is not ExecutionState.RESTARTING
        return StopWish(
            savepoint=savepoint,
            reversible=savepoint and policy.upgrade is not UpgradeMode.STATELESS,
            description=self._occasion,
            asked_by=f"a {self._occasion}",
            desired=None,
        )

    async def _has_state(self, execution: Execution) -> bool:
        return execution.restored_from is not None or await self._lifecycle.has_progressed(execution)

    # the new generation

    async def _start(self, job: Job, course: _Course, stopped: Execution) -> Result:
        """Start the new generation where ``stopped`` stopped, or failed."""
        await course.step(job, UpgradePhase.RESTORING, "preparing the new generation", stopped=stopped)
        try:
            prepared = await self._prepare(job, course, stopped)
            course.upgrade = _aims_at(course.upgrade, prepared)
            await course.step(job, UpgradePhase.STARTING, f"starting generation {prepared.work.generation}")
            control = await self._lifecycle.start(prepared, fragile=True, only_if_wanted=True, keep_pause=self._in_place)
        except NotWanted as error:
            await self._lifecycle.record_generation(await self._lifecycle.reread(job.id), course.submission)
            return Result(SYNCED, f"{error.message}; the new generation runs when it is started")
        except FlowdeckError as error:
            if stopped.state is ExecutionState.FAILED and not course.stable:
                return Result(BLOCKED, error.message)
            return await self._roll_back(job, course, stopped, None, error.message)
        await course.step(job, UpgradePhase.OBSERVING, f"observing generation {prepared.work.generation}")
        return await self._judge(job, course, control, stopped)

    async def _prepare(self, job: Job, course: _Course, stopped: Execution) -> Prepared:
        if course.policy.upgrade is UpgradeMode.STATELESS:
            return await self._lifecycle.prepare_submission(job, course.submission, NONE)
        return await self._lifecycle.prepare_next(
            job, course.submission, stopped, leave_behind=course.policy.allow_non_restored_state
        )

    async def _judge(self, job: Job, course: _Course, control: ExecutionControl, stopped: Execution) -> Result:
        """Observe the new generation; it is stable, or the old one comes back."""
        number = control.work.generation
        is_stable = await observe(
            control,
            self._executions,
            self._limits,
            course.policy.stable_after,
            until_proven=self._until_proven,
        )
        execution = control.view()
        if execution.state is not ExecutionState.FAILED:
            message = f"generation {number} is {execution.state}, {execution.restore_reason}"
            return Result(SYNCED, message, number if is_stable else None)
        reason = execution.error.message if execution.error else "it failed"
        return await self._roll_back(job, course, stopped, execution, f"generation {number} does not work: {reason}")

    # and back

    async def _roll_back(self, job: Job, course: _Course, stopped: Execution, failed: Execution | None, reason: str) -> Result:
        """Start the last stable generation again: where it stopped, or, when the new one has written since, where that one
        failed, for what is written once must not be written twice."""
        ran_well = stopped.state is ExecutionState.STOPPED
        number = stopped.generation if ran_well or course.stable is None else course.stable
        job = await self._lifecycle.reread(job.id)
        await course.announce(job, Step(None, f"{reason}; going back to generation {number}", course.upgrade))
        origin = failed if failed is not None and await self._lifecycle.has_progressed(failed) else stopped
        try:
            prepared = await self._lifecycle.prepare_successor(job, number, origin)
            control = await self._lifecycle.start(prepared, only_if_wanted=True, keep_pause=self._in_place)
        except NotWanted as error:
            await self._lifecycle.return_to(job.id, number)
            return Result(ROLLED_BACK, f"{reason}; {error.message}; generation {number} runs when it is started")
        except FlowdeckError as error:
            return await self._give_up(job, number, origin, f"{reason}; and generation {number} cannot go on: {error.message}")
        await has_started(control, self._limits)
        execution = control.view()
        if execution.state is ExecutionState.FAILED:
            why = execution.error.message if execution.error else "it failed"
            return await self._give_up(job, number, origin, f"{reason}; and generation {number} does not start: {why}")
        return Result(ROLLED_BACK, f"{reason}; rolled back to generation {number}, {prepared.choice.reason}")

    async def _give_up(self, job: Job, number: int, origin: Execution, trouble: str) -> Result:
        """Nothing runs: the generation that worked is the job's again, and its restore point is kept until a person comes."""
        point = await self._lifecycle.keep_restore_point(origin, f"kept after a {self._occasion} that failed")
        await self._lifecycle.return_to(job.id, number)
        name = (await self._lifecycle.reread(job.id)).name
        return Result(FAILED, f"{trouble}; start it with: flowdeck restart {name} --from {point}")


class _Course:
    """One upgrade: what it is for, and how far it is."""

    def __init__(
        self,
        announce: Announce,
        policy: ReloadPolicy,
        stable: int | None,
        submission: Submission | None = None,
        upgrade: Upgrading | None = None,
    ) -> None:
        self.announce = announce
        self.policy = policy
        self.stable = stable
        self._submission = submission
        self.upgrade = upgrade or Upgrading()

    @property
    def submission(self) -> Submission:
        """The new generation; an upgrade that is resumed has recorded it already."""
        if self._submission is None:
            raise Conflict("the new generation is recorded already")
        return self._submission

    async def step(self, job: Job, phase: UpgradePhase, message: str, *, stopped: Execution | None = None) -> None:
        """Announce the next one."""
        if stopped is not None:
            point = stopped.savepoint_id if stopped.savepoint_id is not None else stopped.restored_from
            self.upgrade = Upgrading(stopped=stopped.id, former=stopped.generation, restore_point=point)
        await self.announce(job, Step(phase, message, self.upgrade))


def _aims_at(upgrade: Upgrading, prepared: Prepared) -> Upgrading:
    return Upgrading(
        stopped=upgrade.stopped,
        former=upgrade.former,
        restore_point=prepared.choice.id,
        target=prepared.work.generation,
    )
