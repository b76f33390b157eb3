"""The executions that this daemon runs now: starts their controls, finds them, and ends them together."""

from __future__ import annotations

import asyncio
import time

import msgspec

from runner.model import Execution, Job
from runner.store.latencies import LatencyCell
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import Conflict
from runner.supervisor.leftovers import Leftovers
from runner.supervisor.outcome import Ending
from runner.supervisor.queues import Ticket, has_begun
from runner.supervisor.restore import NONE
from runner.supervisor.statistics import Done
from runner.supervisor.wishes import ParkWish
from runner.supervisor.work import Parts, Work
from spec.job import EnvSpec

# Beyond the limits for parking and for ending workers: time for the store and the operating system.
_CLOSING_SLACK = 5.0


class Executions:
    """All running controls of one daemon."""

    def __init__(self, parts: Parts, leftovers: Leftovers) -> None:
        self._parts = parts
        self._leftovers = leftovers
        self.queues = parts.queues
        self._controls: dict[str, ExecutionControl] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closed = False
        self._abandoned: set[str] = set()
        self._departed: list[LatencyCell] = []
        self._done = Done()

    def launch(
        self,
        work: Work,
        execution: Execution,
        *,
        wanted: str = NONE,
        fragile: bool = False,
        resumed: bool = False,
        ending: Ending | None = None,
    ) -> ExecutionControl:
        """Run a recorded execution; see :class:`ExecutionControl`."""
        if self._closed:
            raise Conflict("the daemon is shutting down")
        ticket = None
        if ending is None:
            ticket = self.queues.enter(
                work.job.env.queue, work.job_id, at_once=has_begun(execution.state), since=execution.created_at
            )
        control = ExecutionControl(
            self._parts,
            self._leftovers,
            work,
            execution,
            wanted=wanted,
            fragile=fragile,
            resumed=resumed,
            ticket=ticket,
        )
        task = asyncio.create_task(control.run(ending), name=f"execution {execution.id}")
        self._controls[execution.id] = control
        self._tasks[execution.id] = task
        self._abandoned.discard(execution.id)
        task.add_done_callback(lambda _: self._forget(execution.id, control, ticket))
        return control

    def _forget(self, execution_id: str, control: ExecutionControl, ticket: Ticket | None) -> None:
        if self._controls.get(execution_id) is control:  # and not the one that has taken its place
            del self._controls[execution_id]
            del self._tasks[execution_id]
        self._done = self._done.plus(control.done())
        if (cell := control.take_latency(time.time(), over=True)) is not None:
            self._departed.append(cell)
        if ticket is not None:
            self.queues.leave(ticket)

    def control(self, execution_id: str) -> ExecutionControl | None:
        """The control of an execution, None when it is not running here."""
        return self._controls.get(execution_id)

    def controls(self) -> list[ExecutionControl]:
        """All controls."""
        return list(self._controls.values())

    def done(self) -> Done:
        """What workers have done under this daemon, those of executions that are over included."""
        found = self._done
        for control in self._controls.values():
            found = found.plus(control.done())
        return found

    def of_job(self, job_id: str) -> str | None:
        """The id of the newest execution that is running here of the job of exactly this id."""
        found = [execution_id for execution_id, control in self._controls.items() if control.work.job_id == job_id]
        return found[-1] if found else None

    def controlled(self) -> list[str]:
        """The ids of the executions whose controls are believed to live."""
        return [execution_id for execution_id in self._controls if execution_id not in self._abandoned]

    def under_control(self) -> list[tuple[Execution, EnvSpec]]:
        """The executions with a control, and the settings that they go by."""
        return [(control.view(), control.work.job.env) for control in self._controls.values()]

    def settling(self) -> set[str]:
        """The executions whose output is being put in order after their end."""
        return set(self._leftovers.settling)

    def abandon(self, execution_id: str) -> None:
        """End a control that hangs. The second time it is taken for gone, whatever it still does: it cannot write any more once
        somebody else has its lease."""
        task = self._tasks.get(execution_id)
        if task is None:
            return
        task.cancel()
        if execution_id in self._abandoned:
            self._controls.pop(execution_id, None)
            self._tasks.pop(execution_id, None)
        self._abandoned.add(execution_id)

    def live(self, execution: Execution) -> Execution:
        """The execution as it is now, if it runs; otherwise as given."""
        control = self._controls.get(execution.id)
        if control is None:
            return execution
        # The generation that it goes on as without a restart is in the store a moment before it is known here.
        view = control.view()
        return (
            view if view.generation >= execution.generation else msgspec.structs.replace(view, generation=execution.generation)
        )

    def live_job(self, job: Job) -> Job:
        """The job with its execution and that one's newest checkpoint as they are now."""
        if job.execution is None:
            return job
        control, last = self._controls.get(job.execution.id), job.last_checkpoint
        if control is not None and last is not None and last.execution_id == job.execution.id:
            last = control.checkpoint_view(last)
        return msgspec.structs.replace(job, execution=self.live(job.execution), last_checkpoint=last)

    def running(self) -> list[Execution]:
        """Every execution that is under control, as it is now."""
        return [control.view() for control in self._controls.values()]

    def latencies(self, at: float) -> list[LatencyCell]:
        """How long the rows of all of them took, as far as it is time to store that; of those that have ended since, too."""
        departed, self._departed = self._departed, []
        cells = [control.take_latency(at) for control in self._controls.values()]
        return departed + [cell for cell in cells if cell is not None]

    async def close(self) -> None:
        """Park every execution for the next daemon; end what does not end by itself. No worker is left afterwards."""
        self._closed = True
        self.queues.close()
        tasks = list(self._tasks.values())
        await asyncio.gather(*(self._park(control) for control in list(self._controls.values())))
        if not tasks:
            return
        limits = self._parts.limits
        _, pending = await asyncio.wait(tasks, timeout=limits.parking + limits.grace + _CLOSING_SLACK)
        for task in pending:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _park(self, control: ExecutionControl) -> None:
        try:
            await control.post(ParkWish())
        except Conflict:  # over already, or so busy that it has to be ended the hard way
            return
