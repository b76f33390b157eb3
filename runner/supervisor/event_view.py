"""Events as a client sees them: what is on record, what happens, and the present state to begin with."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection
from typing import Final

from runner.model import Event, Job
from runner.store.pages import JobFilter
from runner.store.store import Store
from runner.supervisor.event_bus import Subscription
from runner.supervisor.job_changes import change_event, fields_of
from runner.supervisor.observation_base import ObservationBase

SNAPSHOT: Final = "snapshot"
_MAXIMUM_EVENTS: Final = 1000
_PAGE: Final = 200
_NEIGHBOURHOOD: Final = 200
"""So many events before the one a reader knows may be about jobs whose change it was not told any more."""


class EventView(ObservationBase):
    """What can be asked about events."""

    async def events_since(self, revision: int) -> list[Event]:
        """Recorded events after ``revision``, oldest first, at most a thousand."""
        return await self._journal.read(lambda store: store.events_since(revision, _MAXIMUM_EVENTS))

    def subscribe(self, *, changes: bool = False) -> Subscription:
        """The events from now on, for one of many listeners; close it when done."""
        return self._bus.subscribe(changes=changes, hurried=False)

    @property
    def revision(self) -> int:
        """That of the newest event that listeners were told."""
        return self._bus.revision

    async def job_id_of(self, reference: str) -> str:
        """The id of a job."""
        return (await self._lifecycle.require(reference)).id

    async def snapshot(self, job_id: str | None) -> AsyncIterator[Event]:
        """All jobs as they are, newest first, or one, as events of kind ``snapshot``: ``data`` has some ``jobs`` and whether
        there are ``more``; ``revision`` is that of the last event before the first of them was read."""
        revision, offset, more = None, 0, True
        while more:

            def work(store: Store, offset: int = offset) -> tuple[int, list[Job]]:
                if job_id is None:
                    return store.revision(), store.job_page(JobFilter(), _PAGE, offset)
                found = store.job(job_id)
                return store.revision(), [found] if found is not None else []

            seen, jobs = await self._journal.read(work)
            revision = seen if revision is None else revision
            more = job_id is None and len(jobs) == _PAGE
            offset += len(jobs)
            shown = [self._executions.live_job(job) for job in jobs]
            yield Event(revision=revision, at=time.time(), kind=SNAPSHOT, job_id=job_id, data={"jobs": shown, "more": more})

    async def present(self, revision: int, job_id: str | None = None) -> list[Event]:
        """Everything about the jobs that run, and about those of the events around and after ``revision``: for who may have
        missed changes since then. Of one job, if it is named."""

        def work(store: Store) -> list[Job]:
            touched = {event.job_id for event in _all_since(store, max(0, revision - _NEIGHBOURHOOD))}
            wanted = (touched | running) - {None}
            found = [store.job(each) for each in wanted if each is not None and job_id in {None, each}]
            return [job for job in found if job is not None]

        running: set[str | None] = {execution.job_id for execution in self._executions.running()}
        jobs = [self._executions.live_job(job) for job in await self._journal.read(work)]
        return [change_event(job, fields_of(job), max(revision, self._bus.revision)) for job in jobs]


def _all_since(store: Store, revision: int) -> Collection[Event]:
    found: list[Event] = []
    while events := store.events_since(revision, _MAXIMUM_EVENTS):
        found += events
        revision = events[-1].revision
    return found
