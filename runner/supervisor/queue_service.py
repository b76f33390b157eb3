"""Queues as a client sees them. How they work is in :mod:`runner.supervisor.queues`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from runner.model import Execution, Job, Queue
from runner.replies import CanceledList, LeftAlone
from runner.requests import CancelQueuedRequest, QueueRequest
from runner.states import ExecutionState
from runner.store.pages import JobFilter
from runner.supervisor.errors import Conflict
from runner.supervisor.journal import Entry
from runner.supervisor.queues import is_pinned
from runner.supervisor.service_base import ServiceBase
from runner.supervisor.submission import check_name
from runner.supervisor.wishes import CancelWish
from spec.errors import UsageError
from spec.job import DEFAULT_QUEUE, PINNED

_WAITING = (ExecutionState.CREATED, ExecutionState.QUEUED)
_MOST = 10_000


class QueueService(ServiceBase):
    """What can be asked about queues."""

    async def queues(self) -> list[Queue]:
        """Every queue that is limited, paused or in use, and the default one, by name."""
        return self._parts.queues.view()

    async def queue(self, name: str) -> Queue:
        """One queue. Raises :class:`NotFound` for one that nothing is known of."""
        check_name("a queue's name", name.removeprefix(PINNED))
        self._parts.queues.require(name)
        return self._parts.queues.one(name)

    async def limit_queue(self, name: str, request: QueueRequest) -> Queue:
        """Limit how many executions of a queue run at the same time, or pause it; those that run already run on."""
        check_name("a queue's name", name.removeprefix(PINNED))
        limit, paused = request.limit, request.paused
        if isinstance(limit, msgspec.UnsetType) and isinstance(paused, msgspec.UnsetType):
            raise UsageError("there is nothing to change", hint="give limit, paused or both", code="invalid-request")
        if is_pinned(name) and not isinstance(limit, msgspec.UnsetType):
            raise Conflict(f"the queue {name} runs one job at a time, always", hint="it can be paused: paused = true")

        def record(entry: Entry) -> None:
            if not isinstance(limit, msgspec.UnsetType):
                entry.store.limit_queue(name, limit)
                said = "has no limit" if limit is None else f"runs at most {limit} at the same time"
                entry.note("queue.limit", f"the queue {name} {said}", data={"queue": name, "limit": limit})
            if not isinstance(paused, msgspec.UnsetType):
                entry.store.pause_queue(name, rests=paused)
                said = "is paused" if paused else "goes on"
                entry.note("queue.pause", f"the queue {name} {said}", data={"queue": name, "paused": paused})

        def become(_: object) -> None:
            if not isinstance(limit, msgspec.UnsetType):
                self._parts.queues.limit(name, limit)
            if not isinstance(paused, msgspec.UnsetType):
                self._parts.queues.pause(name, rests=paused)

        await self._journal.write(record, become)
        return self._parts.queues.one(name)

    async def delete_queue(self, name: str) -> None:
        """Forget the limit and the pause of a queue that nothing runs or waits in. One that is not known is gone already."""
        check_name("a queue's name", name.removeprefix(PINNED))
        if name == DEFAULT_QUEUE:
            raise Conflict("the default queue stays", hint="its limit can be taken away: limit = null")
        if self._parts.queues.is_used(name):
            raise Conflict(f"the queue {name} is in use", hint="stop or cancel its jobs first: `flowdeck queues` lists them")

        def record(entry: Entry) -> None:
            entry.store.limit_queue(name, None)
            entry.store.pause_queue(name, rests=False)
            entry.note("queue.deleted", f"the queue {name} is deleted", data={"queue": name})

        def become(_: object) -> None:
            self._parts.queues.limit(name, None)
            self._parts.queues.pause(name, rests=False)

        await self._journal.write(record, become)

    async def cancel_queued(
        self, request: CancelQueuedRequest, *, dry_run: bool = False, tell: Callable[[str, float | None], None] | None = None
    ) -> CanceledList:
        """Cancel executions that wait for their turn, and answer what was left alone of what was named; with ``dry_run`` only
        which ones they are. ``tell`` is told how far it has come."""
        canceled: list[Execution] = []
        left: list[LeftAlone] = []
        named = await self._named(request)
        for done, job in enumerate(named):
            if tell is not None:
                tell(f"canceled {len(canceled)} of {len(named)}", done / len(named))
            try:
                canceled.append(await self._cancel_waiting(job, dry_run=dry_run))
            except Conflict as error:
                left.append(LeftAlone(job=job.id, why=error.message))
        return CanceledList(canceled=tuple(canceled), left=tuple(left))

    async def _named(self, request: CancelQueuedRequest) -> list[Job]:
        given = [value for value in (request.jobs, request.queue, request.name) if value is not None]
        if len(given) != 1:
            raise UsageError("give one of jobs, queue and name", code="invalid-request")
        if request.jobs is not None:
            return [await self.job(reference) for reference in dict.fromkeys(request.jobs)]
        wanted = JobFilter(states=_WAITING, queue=request.queue)
        found = await self._journal.read(lambda store: store.job_page(wanted, _MOST))
        return [job for job in found if request.name is None or job.name == request.name]

    async def _cancel_waiting(self, job: Job, *, dry_run: bool) -> Execution:
        """Cancel the job's execution if it waits. Raises :class:`Conflict`."""
        control = await self._asking.control(job)
        if control is None or control.view().state not in _WAITING:
            state = control.view().state if control else job.execution.state if job.execution else "not started"
            raise Conflict(f"the job {job.name} is {state}, so it does not wait for its turn")
        if not dry_run:
            await self._asking.end(job, control, CancelWish(only_if_waiting=True))
        return control.view()
