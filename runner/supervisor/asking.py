"""Puts a wish to the control of a job's execution and waits for the answer: recorded, refused, or over already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from runner.model import DesiredState, Job
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import Conflict
from runner.supervisor.executions import Executions
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.wishes import CancelWish, PauseWish, ResumeWish, ScaleWish, StopWish

_ANSWER_TIMEOUT = 20.0
_LOOKS = 20
_BETWEEN_LOOKS = 0.05

Steering: TypeAlias = PauseWish | ResumeWish | ScaleWish
"""What lets an execution go on, in another way."""


class Asking:
    """The way from a job to the control of its execution."""

    def __init__(self, executions: Executions, lifecycle: JobLifecycle) -> None:
        self._executions = executions
        self._lifecycle = lifecycle

    async def control(self, job: Job) -> ExecutionControl | None:
        """The control of the job's execution; None when that is over. Raises :class:`Conflict` when nobody controls it."""
        for _ in range(_LOOKS):
            if job.execution is None or job.execution.state.is_terminal:
                return None
            control = self._executions.control(job.execution.id)
            if control is not None:
                return control
            # Just recorded and about to be controlled, or over since the store was read: either shows at once.
            await asyncio.sleep(_BETWEEN_LOOKS)
            job = await self._lifecycle.reread(job.id)
        raise Conflict(f"nobody controls the execution of {job.name}", hint="restart the daemon: flowdeck down, flowdeck up")

    async def end_any(self, job: Job, desired: DesiredState, wish: Callable[[], StopWish | CancelWish]) -> None:
        """Have the job be as ``desired``: by a wish to its execution, or by the record alone when it has none that is not over.
        Returns once that is recorded, whatever execution begins or ends at that moment. Raises :class:`Conflict`."""
        for _ in range(_LOOKS):
            control = await self.control(job)
            if control is None:
                if await self._lifecycle.set_desired(job.id, desired):
                    return
            elif await self.end(job, control, wish()):
                return
            job = await self._lifecycle.reread(job.id)
        raise Conflict(f"the executions of {job.name} begin and end all the time", hint="try again")

    async def end(self, job: Job, control: ExecutionControl, wish: StopWish | CancelWish) -> bool:
        """Returns when the wish is recorded, or when the execution has ended by itself (False). Raises :class:`Conflict`."""
        try:
            await self._put(job, control, wish)
        except Conflict:
            if not control.ended.is_set():
                raise
            return False
        return True

    async def steer(self, job: Job, wish: Steering) -> None:
        """Returns when the wish is recorded. Raises :class:`Conflict`, also when the execution has ended."""
        control = await self.control(job)
        if control is None:
            raise _not_running(job)
        try:
            await self._put(job, control, wish)
        except Conflict:
            if control.ended.is_set():
                raise _not_running(await self._lifecycle.reread(job.id)) from None
            raise

    @staticmethod
    async def _put(job: Job, control: ExecutionControl, wish: StopWish | CancelWish | Steering) -> None:
        patience = _ANSWER_TIMEOUT
        if isinstance(wish, StopWish) and wish.timeout is not None:  # which is accepted when it has come about
            patience += wish.timeout + 2 * control.work.job.env.checkpoint.timeout
        try:
            await control.post(wish)
            async with asyncio.timeout(patience):
                await wish.accepted
        except TimeoutError:
            raise Conflict(f"the job {job.name} does not answer", hint="try again") from None


def _not_running(job: Job) -> Conflict:
    said = f"is {job.execution.state}" if job.execution else "has not started"
    return Conflict(f"the job {job.name} {said}", hint=f"`flowdeck restart {job.name}` starts it")
