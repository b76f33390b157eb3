"""Tells what has changed of jobs, field by field: the one place where such changes are made up.

A change says the new value of each field that has another one than when it was last told; a field of a record inside the job
has its path (``execution.totals.rows_in``). Changes follow from looking at the jobs that run and at those that an event was
about, twice a second at most, so counters that change all the time cost no more than that. They are not on record: whoever has
missed some is told everything of the jobs in question, which comes to the same.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec

from runner.model import Event, Job
from runner.store.errors import StoreError
from runner.store.store import Store
from runner.supervisor.event_bus import LAGGED, Batch, EventBus
from runner.supervisor.executions import Executions
from runner.supervisor.journal import Journal

CHANGED: Final = "job.changed"
_INTERVAL: Final = 0.5
_SETTLING: Final = 0.05
_REMEMBERED: Final = 1000
_log = logging.getLogger(__name__)


def fields_of(job: Job) -> dict[str, Any]:
    """Every field by its path. A record that is not there is one field, None; lists and free mappings are one field each."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, msgspec.Struct]] = [("", job)]
    while waiting:
        prefix, record = waiting.pop()
        for name in record.__struct_fields__:
            value = getattr(record, name)
            if isinstance(value, msgspec.Struct):
                waiting.append((f"{prefix}{name}.", value))
            else:
                found[prefix + name] = value
    return found


def change_event(job: Job, changes: dict[str, Any], revision: int) -> Event:
    """What is told: nothing but the new values. It came after the event of ``revision``."""
    data = {"version": job.version, "changes": changes}
    execution_id = job.execution.id if job.execution is not None else None
    return Event(revision=revision, at=time.time(), kind=CHANGED, job_id=job.id, execution_id=execution_id, data=data)


def _events(batches: Iterable[Batch]) -> list[Event]:
    return [found.event for batch in batches for found in batch.announcements]


class JobChanges:
    """One task of the daemon. It rests while nobody listens."""

    def __init__(self, journal: Journal, bus: EventBus, executions: Executions) -> None:
        self._journal = journal
        self._bus = bus
        self._executions = executions
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._told: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._live: set[str] = set()
        self._owed: set[str] = set()

    async def run(self) -> None:
        """Until cancelled. A store that refuses costs time, no change: it is told later."""
        while True:
            await self._bus.wanted.wait()
            with self._bus.subscribe() as events:
                await self._tell(set(), all_known=True)
                while self._bus.wanted.is_set() and not events.closed:
                    arrived = _events(await events.take(_INTERVAL))
                    if arrived:
                        # What belongs together comes together: an event, and those that follow from it at once.
                        await asyncio.sleep(_SETTLING)
                        arrived += _events(await events.take(0))
                    touched = {event.job_id for event in arrived if event.job_id is not None}
                    await self._tell(touched, all_known=any(event.kind == LAGGED for event in arrived))
            self._jobs.clear()
            self._told.clear()

    async def _tell(self, touched: set[str], *, all_known: bool) -> None:
        live = {execution.job_id for execution in self._executions.running()}
        # One that is under control no more may have been told of as it was shortly before its end.
        left, self._live = self._live - live, live
        stale = touched | left | self._owed | (set(self._jobs) if all_known else set()) | (live - set(self._jobs))
        try:
            await self._read(stale)
        except StoreError as error:
            _log.warning("changes of jobs are told later: %s", error)
            self._owed = stale
            return
        self._owed = set()
        jobs = (self._jobs.get(job_id) for job_id in stale | live)
        changes = [self._change_of(self._executions.live_job(job)) for job in jobs if job is not None]
        self._bus.publish_changes([change for change in changes if change is not None])
        self._forget_some(live)

    async def _read(self, job_ids: Collection[str]) -> None:
        if not job_ids:
            return

        def work(store: Store) -> dict[str, Job | None]:
            return {job_id: store.job(job_id) for job_id in job_ids}

        for job_id, job in (await self._journal.read(work)).items():
            if job is not None:
                self._jobs[job_id] = job
                self._jobs.move_to_end(job_id)
            else:
                self._jobs.pop(job_id, None)
                self._told.pop(job_id, None)

    def _change_of(self, job: Job) -> Event | None:
        fields, told = fields_of(job), self._told.get(job.id, {})
        changes = {name: value for name, value in fields.items() if name not in told or told[name] != value}
        self._told[job.id] = fields
        return change_event(job, changes, self._bus.revision) if changes else None

    def _forget_some(self, live: Collection[str]) -> None:
        """Of jobs that do not run the ones that changed last are remembered; of another one everything is told next time."""
        for job_id in list(self._jobs):
            if len(self._jobs) <= _REMEMBERED:
                return
            if job_id not in live:
                del self._jobs[job_id]
                self._told.pop(job_id, None)
