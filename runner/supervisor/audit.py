"""The audit trail of a daemon: takes what was done without holding anybody up, and writes it down at once."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TypeAlias

from runner.audit import AuditEntry, AuditFilter, AuditOutcome, AuditPage
from runner.store.errors import StoreError, timed_out
from runner.supervisor.audited_request import AuditedRequest
from runner.supervisor.job_lookup import JobLookup
from runner.supervisor.journal import Entry, Journal

_log = logging.getLogger(__name__)
_WAITING = 1000
_BATCH = 200
_PRUNE_EVERY = 1000
_PATIENCE = 5.0
DAEMON = "daemon"
_Told: TypeAlias = tuple[AuditEntry, AuditedRequest | None]


@dataclass(frozen=True, slots=True)
class AuditRetention:
    """How many entries are kept, and how many days."""

    entries: int = 100_000
    days: float = 400.0


class AuditTrail:
    """Entries are written in the order in which they came, several at once when there are many. What comes while the store
    cannot write waits, up to a bound; then whoever has done something waits too."""

    def __init__(self, journal: Journal, jobs: JobLookup, retention: AuditRetention | None = None) -> None:
        self._journal = journal
        self._jobs = jobs
        self._retention = retention or AuditRetention()
        self._waiting: asyncio.Queue[_Told] = asyncio.Queue(_WAITING)
        self._written = 0

    async def record(self, entry: AuditEntry, request: AuditedRequest | None = None) -> None:
        """Take an entry; it is on record soon after. That of a ``request`` takes the place of what is on record of it."""
        await self._waiting.put((entry, request))

    async def note(self, who: str, action: str, target: str = "") -> None:
        """Take an entry of what no request asked for."""
        await self.record(AuditEntry(at=time.time(), who=who, action=action, target=target, outcome=AuditOutcome.DONE))

    async def run(self) -> None:
        """Write down what comes, until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            try:
                while len(batch) < _BATCH and not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                # Cancelled or not, what was taken is written.
                await asyncio.shield(self._write(batch))
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def page(
        self,
        job: str | None = None,
        who: str | None = None,
        action: str | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> AuditPage:
        """One page, newest first, with everything that was taken before. Raises StoreError ``store-timeout`` while the store
        does not take that."""
        await self._written_down()
        job_id = None
        if job is not None:
            found = await self._jobs.named(job)
            job_id = found.id if found is not None else job
        wanted = AuditFilter(job_id=job_id, target=job, who=who, action=action, since=since, until=until, before=before)
        entries = await self._journal.read(lambda store: store.audit_page(wanted, limit + 1))
        more = len(entries) > limit
        return AuditPage(entries=tuple(entries[:limit]), next=str(entries[limit - 1].id) if more else None)

    async def _written_down(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._waiting.join()
        except TimeoutError as error:
            raise timed_out() from error

    async def close(self) -> None:
        """Write down what is left."""
        batch = []
        while not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
            self._waiting.task_done()
        if batch:
            await self._write(batch, patiently=False)

    async def _write(self, batch: list[_Told], *, patiently: bool = True) -> None:
        self._written += len(batch)
        prune = self._written // _PRUNE_EVERY != (self._written - len(batch)) // _PRUNE_EVERY
        oldest = time.time() - self._retention.days * 86_400

        def work(entry: Entry) -> None:
            for told, request in batch:
                if request is None:
                    entry.store.append_audit([told])
                else:
                    request.answer(entry.store, told)
            if prune:
                entry.store.prune_audit(keep=self._retention.entries, before=oldest)

        try:
            await (self._journal.write_patiently(work) if patiently else self._journal.write(work))
        except StoreError as error:
            _log.error("%d entries of the audit trail are lost: %s", len(batch), error.message)
