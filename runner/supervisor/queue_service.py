"""Queues as a client sees them. How they work is in :mod:`runner.supervisor.queues`."""

from __future__ import annotations

from runner.model import Queue
from runner.requests import QueueRequest
from runner.supervisor.journal import Entry
from runner.supervisor.service_base import ServiceBase
from runner.supervisor.submission import check_name


class QueueService(ServiceBase):
    """What can be asked about queues."""

    async def queues(self) -> list[Queue]:
        """Every queue that is limited or in use, and the default one, by name."""
        return self._parts.queues.view()

    async def limit_queue(self, name: str, request: QueueRequest) -> Queue:
        """Limit how many executions of a queue run at the same time; those that run already run on."""
        check_name("a queue's name", name)
        limit = request.limit

        def record(entry: Entry) -> None:
            entry.store.limit_queue(name, limit)
            said = "has no limit" if limit is None else f"runs at most {limit} at the same time"
            entry.note("queue.limit", f"the queue {name} {said}", data={"queue": name, "limit": limit})

        await self._journal.write(record)
        self._parts.queues.limit(name, limit)
        return self._parts.queues.one(name)
