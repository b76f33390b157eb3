"""The store for the event loop: one writer thread, a few reader threads, bounded waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from runner.model import Job
from runner.store.call import Call
from runner.store.database import LOCK_PATIENCE, Database
from runner.store.errors import StoreError, timed_out
from runner.store.migrations import MIGRATIONS, Migration
from runner.store.recovery import OpenReport
from runner.store.store import Store
from runner.store.together import Write, Writer

T = TypeVar("T")

READERS = 4
MAXIMUM_WAITING = 1000
CALL_TIMEOUT = 30.0
GRACE = 10.0


class AsyncStore:
    """The open store. Belongs to one event loop."""

    def __init__(self, database: Database, writer: ThreadPoolExecutor) -> None:
        self._database = database
        self._thread = writer
        self._writer = Writer(database, writer)
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        # Semaphores wake waiters in their order, so that writes keep the order of their calls.
        self._write_places = asyncio.Semaphore(MAXIMUM_WAITING)
        self._read_places = asyncio.Semaphore(MAXIMUM_WAITING)
        self._under_way: set[Call[Any]] = set()
        self._closed = False

    @classmethod
    async def open(
        cls, path: Path, *, lock_patience: float = LOCK_PATIENCE, migrations: Sequence[Migration] = MIGRATIONS
    ) -> AsyncStore:
        """Open the database at ``path`` (made when missing, as is its directory), repaired and migrated; ``report`` says what
        that took. Another process's lock is waited for ``lock_patience`` seconds.

        StoreError ``store-locked``, ``store-corrupt``, ``store-newer``, ``store-foreign``, ``store-migration-failed`` or
        ``store-unavailable``."""
        database = Database(path, lock_patience=lock_patience, migrations=migrations)
        writer = ThreadPoolExecutor(1, "store-writer")
        try:
            await asyncio.get_running_loop().run_in_executor(writer, database.open)
        except BaseException:
            writer.submit(database.close)  # a cancelled opening may still succeed in its thread
            writer.shutdown(wait=False)
            raise
        return cls(database, writer)

    @property
    def report(self) -> OpenReport:
        """What opening (and reopening) took; its ``messages()`` are also logged."""
        return self._database.report

    async def write(self, work: Callable[[Store], T], *, timeout: float = CALL_TIMEOUT) -> T:
        """Run ``work`` in one transaction in the writer thread, after every write that was called earlier; durable when this
        returns. An exception of ``work`` is raised here, and nothing is stored.

        A caller that is cancelled gives up the answer, not the write. StoreError ``store-timeout``: not done within ``timeout``
        seconds, nothing is stored; ``store-unavailable``: the database failed, nothing is stored unless the message says that
        the outcome is unknown."""
        write = Write(work)
        return await self._call(self._write_places, write, lambda: self._writer.add(write), timeout)

    async def read(self, work: Callable[[Store], T], *, timeout: float = CALL_TIMEOUT) -> T:
        """Run ``work`` on a snapshot in a reader thread; whatever it writes is refused."""
        read = Call(work)
        return await self._call(self._read_places, read, lambda: self._readers.submit(self._read, read), timeout)

    def _read(self, read: Call[T]) -> T:
        try:
            return self._database.run(read.work, writable=False, on_start=read.start)
        finally:
            read.leave()

    def take_checkpoint_id(self, job_id: str) -> int | None:
        """An id that :meth:`~runner.store.store.Store.next_checkpoint_id` has reserved ahead, at once; None when there is none
        left."""
        return self._database.take_checkpoint_id(job_id)

    def known_job(self, reference: str) -> Job | None:
        """The job of exactly that id, or else name, at once, as a read that began now would find it; None: read."""
        return self._database.known_job(reference)

    def may_have_job(self, name: str) -> bool:
        """Whether there may be a job of that name, at once. False is almost certain: to add one says whether it was right."""
        return self._database.may_have_job(name)

    def may_have_request(self, principal: str, key: str) -> bool:
        """Whether there may be a request on record with that idempotency key, at once. False: there was none."""
        return self._database.may_have_request(principal, key)

    async def close(self) -> None:
        """Let the calls that are under way end, then close the file. Calls that do not end within the usual timeout are given
        up; StoreError ``store-unavailable`` when even that does not help."""
        if self._closed:
            return
        self._closed = True
        closing = asyncio.get_running_loop().run_in_executor(None, self._shut_down)
        if not await _within(CALL_TIMEOUT, closing):
            for call in self._under_way:
                call.give_up()
            if not await _within(GRACE, closing):
                raise StoreError("the store does not close: a call does not end", code="store-unavailable")
        closing.result()

    def _shut_down(self) -> None:
        self._thread.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._database.close()

    async def _call(self, places: asyncio.Semaphore, call: Call[T], submit: Callable[[], Future[T]], timeout: float) -> T:
        try:
            async with asyncio.timeout(timeout):
                await places.acquire()
        except TimeoutError as error:
            raise timed_out() from error
        self._under_way.add(call)
        try:
            return await self._run(call, submit, timeout)
        finally:
            self._under_way.discard(call)
            places.release()

    async def _run(self, call: Call[T], submit: Callable[[], Future[T]], timeout: float) -> T:
        if self._closed:
            raise StoreError("the store is closed", code="store-closed")
        submitted = submit()
        future = asyncio.wrap_future(submitted)
        future.add_done_callback(_retrieve)
        if not await _within(timeout, future):
            if submitted.cancel():
                raise timed_out()
            call.give_up()
            if not await _within(GRACE, future):
                raise StoreError(
                    "the store does not answer; whether it stored this is unknown",
                    code="store-unavailable",
                    hint="check the disk",
                )
        return future.result()


async def _within(seconds: float, future: asyncio.Future[T]) -> bool:
    """Whether the future is done within that time. Neither a timeout nor a cancellation touches it."""
    done, _ = await asyncio.wait({future}, timeout=seconds)
    return bool(done)


def _retrieve(future: asyncio.Future[T]) -> None:
    """Look at the outcome of a call whose caller may be gone, so that asyncio does not complain about it."""
    if not future.cancelled():
        future.exception()
