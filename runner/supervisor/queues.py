"""Queues: how many executions may run at the same time, and whose turn it is. First come, first served, in memory.

A place belongs to a job from its execution's start to its end, restarts of the work included. While somebody replaces the
execution by another one (:meth:`Queues.keeping`), the job keeps its place, or its turn. The limits are in the store; what was
waiting when a daemon ended enters again in the old order (:mod:`runner.supervisor.recovery`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from runner.model import DesiredState, Queue, QueueKind
from runner.states import ExecutionState
from runner.supervisor import pausing
from runner.supervisor.audited_request import audited_as
from runner.supervisor.conditions import PreconditionFailed, depending_on
from runner.supervisor.errors import NotFound
from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.link import Heard, Hung
from runner.supervisor.pending_wishes import reject, resolve
from runner.supervisor.wishes import CancelWish, PauseWish, ResumeWish, SavepointWish, ScaleWish, SettingsWish, StopWish, Wish
from spec.job import DEFAULT_QUEUE, PINNED

_NOT_STARTED = "it had not started"
_WAITING = frozenset({ExecutionState.CREATED, ExecutionState.QUEUED})


@dataclass(slots=True, eq=False)
class Ticket:
    """One execution's right to a place, or to wait for one. ``granted`` is set when it may start."""

    job_id: str
    queue: str
    since: float = 0.0
    granted: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False


class _Places:
    """Tickets by queue and job, each queue's in their order. Nothing is kept of a queue without any: its name may be one that a
    job file has made up for one run."""

    def __init__(self) -> None:
        self._tickets: dict[str, dict[str, Ticket]] = {}

    def queues(self) -> list[str]:
        return list(self._tickets)

    def of(self, queue: str) -> Mapping[str, Ticket]:
        return self._tickets.get(queue, {})

    def first(self, queue: str) -> Ticket | None:
        return next(iter(self.of(queue).values()), None)

    def queues_of(self, job_id: str) -> list[str]:
        return [queue for queue, tickets in self._tickets.items() if job_id in tickets]

    def put(self, ticket: Ticket) -> None:
        self._tickets.setdefault(ticket.queue, {})[ticket.job_id] = ticket

    def drop(self, queue: str, job_id: str) -> None:
        tickets = self._tickets.get(queue, {})
        tickets.pop(job_id, None)
        if not tickets:
            self._tickets.pop(queue, None)


class Queues:
    """All queues of one daemon. ``limits`` by queue; a queue without one is unlimited, one whose name begins with ``pinned:``
    runs one job at a time. Of those in ``paused`` none starts."""

    def __init__(self, limits: Mapping[str, int], paused: Iterable[str] = ()) -> None:
        self._limits = dict(limits)
        self._paused = set(paused)
        self._running = _Places()
        self._waiting = _Places()
        self._kept: Counter[str] = Counter()
        self._closed = False

    def enter(self, queue: str, job_id: str, *, at_once: bool = False, since: float | None = None) -> Ticket:
        """Stand in line, ``since`` (None: now). ``at_once``: what ran before the daemon ended does not wait, whatever the limit
        is now."""
        ticket = Ticket(job_id, queue, time.time() if since is None else since)
        if at_once or not self.has_to_wait(queue, job_id):
            self._waiting.drop(queue, job_id)
            self._grant(ticket)
        else:
            self._waiting.put(ticket)  # in the place of the former one, if the job waits already
        return ticket

    def has_to_wait(self, queue: str, job_id: str) -> bool:
        """Whether an execution of the job that entered the queue now would have to wait for its turn."""
        return job_id not in self._running.of(queue) and (bool(self._waiting.of(queue)) or not self._has_place(queue))

    def is_waiting(self, job_id: str) -> bool:
        """Whether the job waits for its turn."""
        return bool(self._waiting.queues_of(job_id))

    def leave(self, ticket: Ticket) -> None:
        """The execution is over, or left to the next daemon."""
        ticket.is_over = True
        if not self._kept[ticket.job_id]:
            self._drop_over(ticket.job_id)

    @contextlib.contextmanager
    def keeping(self, job_id: str) -> Iterator[None]:
        """While the context is open the job keeps its place and its turn, though one of its executions ends."""
        self._kept[job_id] += 1
        try:
            yield
        finally:
            self._kept[job_id] -= 1
            if not self._kept[job_id]:
                del self._kept[job_id]
                self._drop_over(job_id)

    def limit(self, queue: str, limit: int | None) -> None:
        """Change a queue's limit; None: unlimited. What runs already runs on."""
        if limit is None:
            self._limits.pop(queue, None)
        else:
            self._limits[queue] = limit
        self._admit(queue)

    def pause(self, queue: str, *, rests: bool) -> None:
        """Let nothing of a queue start, or let it go on. What runs already runs on."""
        if rests:
            self._paused.add(queue)
        else:
            self._paused.discard(queue)
            self._admit(queue)

    def is_used(self, queue: str) -> bool:
        """Whether anything of it runs or waits."""
        return bool(self._running.of(queue) or self._waiting.of(queue))

    def view(self) -> list[Queue]:
        """Every queue that is limited or in use, and the default one, by name."""
        used = (*self._running.queues(), *self._waiting.queues())
        return [self.one(name) for name in sorted({DEFAULT_QUEUE, *self._limits, *self._paused, *used})]

    def require(self, name: str) -> None:
        """Raise :class:`NotFound` for a queue that nothing is known of."""
        if not any(found.name == name for found in self.view()):
            raise NotFound(f"there is no queue {name!r}", hint="`flowdeck queues` lists them")

    def one(self, name: str) -> Queue:
        """The queue of this name as it is now."""
        running, waiting = self._running.of(name), self._waiting.of(name)
        return Queue(
            name=name,
            limit=self._limit_of(name),
            running=tuple(running),
            waiting=tuple(waiting),
            kind=QueueKind.PINNED if is_pinned(name) else QueueKind.FIFO,
            paused=name in self._paused,
            waiting_since=tuple(ticket.since for ticket in waiting.values()),
        )

    def close(self) -> None:
        """The daemon ends: nobody starts any more."""
        self._closed = True

    def _has_place(self, queue: str) -> bool:
        limit = self._limit_of(queue)
        return queue not in self._paused and (limit is None or len(self._running.of(queue)) < limit)

    def _limit_of(self, queue: str) -> int | None:
        return 1 if is_pinned(queue) else self._limits.get(queue)

    def _grant(self, ticket: Ticket) -> None:
        self._running.put(ticket)
        ticket.granted.set()

    def _drop_over(self, job_id: str) -> None:
        for places in (self._running, self._waiting):
            for queue in places.queues_of(job_id):
                if places.of(queue)[job_id].is_over:
                    places.drop(queue, job_id)
                    self._admit(queue)

    def _admit(self, queue: str) -> None:
        while (ticket := self._waiting.first(queue)) is not None and not self._closed and self._has_place(queue):
            self._waiting.drop(queue, ticket.job_id)
            self._grant(ticket)


def is_pinned(queue: str) -> bool:
    """Whether the queue runs one job at a time, because its jobs have one key."""
    return queue.startswith(PINNED)


def waiting_for(queue: str) -> str:
    """What is said of an execution that waits in the queue."""
    return f"waits for a place in the queue {queue}"


async def wait_for_place(ticket: Ticket, record: ExecutionRecord, inbox: asyncio.Queue[Heard | Hung | Wish]) -> bool:
    """Be QUEUED until the ticket is granted, answering people meanwhile. False: it will not start, or not under this daemon."""
    if not ticket.granted.is_set() and record.state is ExecutionState.CREATED:
        await record.change(ExecutionState.QUEUED, waiting_for(ticket.queue))
    granted = asyncio.ensure_future(ticket.granted.wait())
    try:
        while not granted.done():
            item = asyncio.ensure_future(inbox.get())
            try:
                await asyncio.wait({granted, item}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not item.done():
                    item.cancel()
            if item.done() and not item.cancelled() and not await _answer(item.result(), record):
                return False
    finally:
        granted.cancel()
    return True


def has_begun(state: ExecutionState) -> bool:
    """Whether an execution in this state had its turn already."""
    return state not in _WAITING


async def _answer(item: Heard | Hung | Wish, record: ExecutionRecord) -> bool:
    """Do what is asked of an execution that has not started; False when it need not wait any longer. What is wished on a
    condition that does not hold is rejected."""
    if isinstance(item, Heard | Hung):
        return False
    try:
        with depending_on(item.condition), audited_as(item.audited):
            return await _take_up(item, record)
    except PreconditionFailed as error:
        reject(item, error)
        return True


async def _take_up(item: Wish, record: ExecutionRecord) -> bool:
    match item:
        case SavepointWish():
            reject(item, "the job is QUEUED: there is nothing to save")
            return True
        case SettingsWish():
            reject(item, "the job is QUEUED: a restart takes the settings")
            return True
        case ScaleWish():
            reject(item, "the job is QUEUED: it has no workers yet; ask again when it runs")
            return True
        case PauseWish():
            await pausing.pause(item, record, None)
            return True
        case ResumeWish():
            await pausing.resume(item, record, None)
            return True
        case CancelWish():
            await record.change(ExecutionState.CANCELED, _NOT_STARTED, desired=DesiredState.CANCELED)
            resolve(item.accepted, None)
        case StopWish():
            await record.change(ExecutionState.STOPPED, _NOT_STARTED, desired=item.desired)
            resolve(item.accepted, None)
    return False  # also when the daemon is shut down: the next one queues it again
