"""Writes to the store together with the events they cause: an event is published after its transaction is durable, or never."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from runner.audit import is_reload, reload_entry
from runner.model import Event, Job
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.store.store import Store
from runner.supervisor.audited_request import current_audited
from runner.supervisor.conditions import Condition, current_condition
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.keyed_request import current_request

T = TypeVar("T")
_logger = logging.getLogger(__name__)
_PASSING = frozenset({"store-unavailable", "store-timeout"})
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0


class Entry:
    """One transaction: the store, :meth:`note` for the events, and the condition on which it is made, if there is one."""

    def __init__(self, store: Store, condition: Condition | None = None) -> None:
        self.store = store
        self._condition = condition
        self._notes: list[Event] = []
        self.made: object = None
        """What the request for which the transaction is made will be answered with, if it makes that."""

    def note(
        self,
        kind: str,
        message: str,
        *,
        job_id: str | None = None,
        execution_id: str | None = None,
        data: Mapping[str, Any] | None = None,
        at: float | None = None,
    ) -> None:
        """Add an event to the transaction; it happened ``at``, or now."""
        self._notes.append(
            Event(
                revision=0,
                at=time.time() if at is None else at,
                kind=kind,
                job_id=job_id,
                execution_id=execution_id,
                message=message,
                data=dict(data or {}),
            )
        )

    def require_condition(self) -> None:
        """For what takes something away without changing its job, whose version would tell."""
        if self._condition is not None:
            self._condition.require(self.store)

    def keep_notes(self) -> list[Event]:
        """Write the events down, at the end of the transaction; what hot reload did is also for the audit trail."""
        self.store.append_audit([reload_entry(event) for event in self._notes if is_reload(event)])
        return self.store.append_events(self._notes)


class Journal:
    """The store, the event bus and the executions' logs of one daemon."""

    def __init__(
        self, store: AsyncStore, bus: EventBus, log: ExecutionLog, guard: Callable[[Entry], None] = lambda _: None
    ) -> None:
        self._store = store
        self._bus = bus
        self._log = log
        self._guard = guard

    def fenced(self, guard: Callable[[Entry], None]) -> Journal:
        """The same, but each write happens only if ``guard``, called first in its transaction, does not raise."""
        return Journal(self._store, self._bus, self._log, guard)

    def take_checkpoint_id(self, job_id: str) -> int | None:
        """An id for the job's next checkpoint that was reserved ahead, at once; None when there is none left."""
        return self._store.take_checkpoint_id(job_id)

    def known_job(self, reference: str) -> Job | None:
        """The job of exactly that id, or else name, at once, as a read that began now would find it; None: read."""
        return self._store.known_job(reference)

    def may_have_job(self, name: str) -> bool:
        """Whether there may be a job of that name, at once. False is almost certain: to add one says whether it was right."""
        return self._store.may_have_job(name)

    def may_have_request(self, principal: str, key: str) -> bool:
        """Whether there may be a request on record with that idempotency key, at once. False: there was none."""
        return self._store.may_have_request(principal, key)

    async def read(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` on a snapshot of the store, in another thread."""
        return await self._store.read(work)

    async def write(self, work: Callable[[Entry], T], then: Callable[[T], None] | None = None) -> T:
        """Run ``work`` in one transaction, in another thread; publish its events. Raises what ``work`` or the store raises.
        ``work`` may be done twice: what others wrote in the same transaction may have undone it. What it changes beside the
        store is for ``then``: called with its result once that is durable, before anybody is told of the events, be whoever
        waits for it gone or not.

        Events are published in the order of their revisions, whoever waits for what, and before this returns. Raises
        :class:`~runner.supervisor.conditions.PreconditionFailed` when the caller's condition does not hold, and what
        :meth:`~runner.supervisor.keyed_request.KeyedRequest.record` raises of the caller's key."""
        loop, condition = asyncio.get_running_loop(), current_condition()
        was_met, request, audited = condition is None or condition.is_met, current_request(), current_audited()

        def transaction(store: Store) -> T:
            entry = Entry(store, condition)
            self._guard(entry)
            with contextlib.nullcontext() if condition is None else condition.guarding(store):
                result = work(entry)
            if request is not None:
                request.record(store, entry.made)
            if audited is not None:
                audited.record(store)
            events = entry.keep_notes()
            if events or then is not None:
                store.when_committed(lambda: self._tell(events, loop, None if then is None else partial(then, result)))
            return result

        try:
            return await self._store.write(transaction)
        except BaseException:
            if condition is not None:
                condition.is_met = was_met  # nothing is stored: what comes next depends on it as before
            raise

    def _tell(self, events: Sequence[Event], loop: asyncio.AbstractEventLoop, then: Callable[[], None] | None) -> None:
        """In the store's writer thread, one transaction after the other: a listener leaves out what comes after its time."""
        self._log.append(events)
        with contextlib.suppress(RuntimeError):  # the daemon has ended: nobody listens
            loop.call_soon_threadsafe(self._publish, events, then)

    def _publish(self, events: Sequence[Event], then: Callable[[], None] | None) -> None:
        if then is not None:
            then()
        for event in events:
            self._bus.publish(event)

    async def write_patiently(self, work: Callable[[Entry], T], then: Callable[[T], None] | None = None) -> T:
        """:meth:`write` for what must be recorded before anything else may happen: while the disk or the database fails, try
        again and again."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self.write(work, then)
            except StoreError as error:
                if error.code not in _PASSING:
                    raise
                _logger.warning("the store refused a write, trying again in %s s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
