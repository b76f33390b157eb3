"""What people ask of a running execution: each wish is taken up, or refused with the reason, one after the other."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from runner.model import CheckpointKind, DesiredState
from runner.states import ExecutionState
from runner.store.errors import LEASE_LOST, StoreError
from runner.supervisor import pausing, scaling
from runner.supervisor.adoption import adopt
from runner.supervisor.attempt import Attempt
from runner.supervisor.audited_request import audited_as
from runner.supervisor.conditions import PreconditionFailed, depending_on
from runner.supervisor.coordinator import Trigger
from runner.supervisor.course import Course
from runner.supervisor.outcome import Ending
from runner.supervisor.pending_wishes import reject, resolve
from runner.supervisor.wishes import (
    CancelWish,
    ParkWish,
    PauseWish,
    ResumeWish,
    SavepointWish,
    ScaleWish,
    SettingsWish,
    StopWish,
    Wish,
)
from runner.supervisor.work import worker_count
from spec.errors import FlowdeckError


class Acceptance:
    """Takes up the wishes for the execution on ``course``."""

    def __init__(self, course: Course) -> None:
        self._course = course

    async def accept(self, wish: Wish, attempt: Attempt | None) -> None:
        """Take up ``wish``; ``attempt`` is the one that runs. What is wished on a condition that does not hold is rejected, and
        so is what comes when the execution has other worries: nobody waits in vain."""
        try:
            with depending_on(wish.condition), audited_as(wish.audited):
                if await self._is_in_time(wish):
                    await self._accept(wish, attempt)
        except PreconditionFailed as error:
            reject(wish, error)
        except FlowdeckError as error:
            reject(wish, error.message)
            raise

    async def _is_in_time(self, wish: Wish) -> bool:
        """Whether what is wished on a condition was asked for in time, where the job changes only later, when its checkpoint
        begins. A store that does not say is no reason for the work to fail."""
        if not isinstance(wish, SavepointWish | StopWish) or wish.condition is None:
            return True
        try:
            await self._course.lease.journal.write(lambda entry: entry.require_condition())
        except StoreError as error:
            if error.code == LEASE_LOST:
                raise
            reject(wish, error.message)
            return False
        return True

    async def _accept(self, wish: Wish, attempt: Attempt | None) -> None:
        course, record = self._course, self._course.record
        match wish:
            case SavepointWish():
                self._accept_savepoint(wish, attempt)
            case CancelWish(only_if_waiting=True):
                reject(wish, f"the job is {record.state}, so it does not wait for its turn")
            case CancelWish():
                if record.state is not ExecutionState.CANCELING:
                    await record.change(ExecutionState.CANCELING, desired=DesiredState.CANCELED)
                course.ending = Ending.CANCELED
                resolve(wish.accepted, None)
            case StopWish(savepoint=False):
                await self._stopping(wish)
                course.ending = Ending.STOPPED
            case StopWish():
                await self._accept_stop(wish, attempt)
            case ParkWish():
                self._accept_parking(attempt)
            case _:
                await self._steer(wish, attempt)

    async def _steer(self, wish: Wish, attempt: Attempt | None) -> None:
        """What lets the execution go on, in another way."""
        course, record = self._course, self._course.record
        match wish:
            case SettingsWish():
                if await adopt(wish, record, course.records, course.budget, attempt):
                    await self._go_on_as(wish, attempt)
            case PauseWish():
                await pausing.pause(wish, record, attempt)
            case ResumeWish():
                await pausing.resume(wish, record, attempt)
            case ScaleWish():
                limits = await course.parts.fork_server.sink_limits()
                await scaling.scale(wish, record, course.work.job, limits, attempt)

    async def _go_on_as(self, wish: SettingsWish, attempt: Attempt | None) -> None:
        """The other generation is recorded; what it says of workers counts again if it says something else."""
        course = self._course
        former = course.work.job.env.workers
        course.work = replace(course.work, generation=wish.generation, job=wish.job)
        if wish.job.env.workers != former:
            workers = worker_count(wish.job, await course.parts.fork_server.sink_limits())
            await scaling.keep_scale(course.record, workers, by_hand=False)
            if attempt is not None:
                attempt.scale(workers)

    def _accept_savepoint(self, wish: SavepointWish, attempt: Attempt | None) -> None:
        if self._course.record.state is ExecutionState.STOPPING:
            reject(wish, "the job is STOPPING")
            return
        trigger = self._course.pending.add_savepoint(wish)
        if trigger is not None and attempt is not None:
            attempt.ask(trigger)

    async def _accept_stop(self, wish: StopWish, attempt: Attempt | None) -> None:
        already = self._course.record.state is ExecutionState.STOPPING
        if already and wish.reversible:
            reject(wish, "the job is STOPPING")
            return
        if not wish.reversible:
            await self._stopping(wish)
        if already:
            return
        trigger = self._course.pending.add_stop(wish, asyncio.get_running_loop().time())
        if attempt is not None:
            attempt.ask(trigger)
        elif not wish.reversible:
            self._course.stop_tried = True  # nothing runs that could be saved: one attempt to get a savepoint is enough

    async def give_up_late_stop(self, attempt: Attempt | None) -> None:
        """Have a stop that has had its time be forgotten, and the execution run on. Once its savepoint is durable it is not
        late any more, however long the sinks take then."""
        course = self._course
        late = course.pending.late_stop(asyncio.get_running_loop().time())
        if late is None:
            return
        trigger, reason = late
        if attempt is not None and not await attempt.give_up(trigger, reason):
            return
        course.pending.drop_stop(f"its savepoint failed: {reason}")
        await course.record.note("stop.given-up", f"the stop is given up, the job runs on: its savepoint failed: {reason}")

    async def _stopping(self, wish: StopWish) -> None:
        record = self._course.record
        if record.state is not ExecutionState.STOPPING:
            how = "with a savepoint" if wish.savepoint else "without a savepoint"
            await record.change(ExecutionState.STOPPING, how, desired=wish.desired)
        elif wish.desired is not None:  # it is being stopped for a restart, and now for good
            await record.want(wish.desired)
        resolve(wish.accepted, None)

    def _accept_parking(self, attempt: Attempt | None) -> None:
        course = self._course
        if attempt is None or not attempt.has_begun:
            course.ending = Ending.PARKED
            return
        course.park_until = asyncio.get_running_loop().time() + course.parts.limits.parking
        if course.record.state in {ExecutionState.RUNNING, ExecutionState.PAUSED, ExecutionState.SAVEPOINTING}:
            attempt.ask(
                Trigger(CheckpointKind.PERIODIC, stop=True, description="the daemon was shut down", asked_by="a shutdown")
            )
