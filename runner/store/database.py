"""The open database: one cursor per thread, transactions, and coming back after a fatal error.

Synchronous; runner/store/asynchronous.py runs it in threads. The file is never opened by other means while it is open here: on
POSIX that would drop DuckDB's lock.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import duckdb

from runner.model import Job
from runner.store import compaction, recovery, salvage
from runner.store.errors import OutcomeUncertain, StoreError, timed_out
from runner.store.known_answers import KnownAnswers
from runner.store.known_jobs import KnownJobs
from runner.store.migrations import MIGRATIONS, Migration, check_not_newer, migrate, stored_version
from runner.store.recent_latencies import RecentLatencies
from runner.store.recent_samples import RecentSamples
from runner.store.recovery import OpenReport
from runner.store.sealing import Seal
from runner.store.session import Session, WriterMemory
from runner.store.state_files import StateFiles, sync_directory
from runner.store.store import Store

T = TypeVar("T")

LOCK_PATIENCE = 3.0
FIRST_BACK_OFF = 0.1
LONGEST_BACK_OFF = 5.0
DRAIN_SECONDS = 10.0

_COMMITTED = "COMMIT succeeded and is durable"
_UNUSABLE = "the store cannot be used at the moment"

_logger = logging.getLogger(__name__)


class Database:
    """A database file, opened with :meth:`open`. Threads may call :meth:`run` at the same time, only one of them to write."""

    def __init__(
        self, path: Path, *, migrations: Sequence[Migration] = MIGRATIONS, lock_patience: float = LOCK_PATIENCE
    ) -> None:
        self.path = path
        self.report = OpenReport()
        self._migrations = migrations
        self._lock_patience = lock_patience
        self._files = StateFiles(path.parent / "checkpoints")
        self._seal = Seal(path.with_suffix(".key"))
        self._memory = WriterMemory()
        self._jobs = KnownJobs()
        self._answers = KnownAnswers()
        self._recent, self._recent_latencies = RecentSamples(), RecentLatencies()
        self._condition = threading.Condition()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self._busy: set[int] = set()
        self._failure = ""
        self._closed = False
        self._log_inode = 0
        self._back_off = FIRST_BACK_OFF
        self._retry_at = 0.0

    def open(self) -> OpenReport:
        """Open, repair and migrate the file; what that took. Raises StoreError (see runner/store/recovery.py)."""
        with self._closed_on_failure():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open_connection()
            self._compact()
            self._tidy_files()
        for message in self.report.messages():
            _logger.warning("%s", message)
        if self.report.damaged:
            said = " ".join(self.report.messages())
            self.run(lambda store: store.append_event("store.damaged", message=said), writable=True)
        return self.report

    def run(self, work: Callable[[Store], T], *, writable: bool, on_start: Callable[[Session], None] | None = None) -> T:
        """Run ``work`` in one transaction in this thread: committed when it returns, rolled back when it raises."""
        with self._lease() as cursor:
            memory = self._memory if writable else WriterMemory()
            kept = self._jobs, self._answers, self._recent, self._recent_latencies
            session = Session(cursor, self._files, memory, self._seal, *kept, writable=writable)
            if on_start:
                on_start(session)
            try:
                return self._transact(cursor, session, work, writable=writable)
            except duckdb.Error as error:
                raise self._translated(error) from error

    def take_checkpoint_id(self, job_id: str) -> int | None:
        """An id that :meth:`~runner.store.store.Store.next_checkpoint_id` has reserved ahead, without a transaction and in any
        thread; None when there is none left."""
        return self._memory.checkpoint_numbers.take(job_id)

    def known_job(self, reference: str) -> Job | None:
        """The job of exactly that id, or else name, in any thread and without a transaction; None: look."""
        return None if self._failure or self._connection is None else self._jobs.current(reference)

    def may_have_job(self, name: str) -> bool:
        """False: when this was asked no job had the name, as far as the writer had come. True: look."""
        names = self._memory.names
        return names is None or names.owner(name) is not None

    def may_have_request(self, principal: str, key: str) -> bool:
        """False: when this was asked there was no request of that idempotency key on record, as far as the writer had come."""
        answers = self._memory.answers
        return answers is None or (principal, key) in answers.keys

    def close(self) -> None:
        """Close the file once running transactions are over. Later calls raise StoreError ``store-closed``."""
        with self._condition:
            self._closed = True
            self._drain()
            self._close_connection()

    # transactions

    def _transact(
        self, cursor: duckdb.DuckDBPyConnection, session: Session, work: Callable[[Store], T], *, writable: bool
    ) -> T:
        if writable:
            session.begin()
        try:
            result = work(Store(session))
            session.flush()
            session.check_not_interrupted()
            if session.is_begun:
                self._commit(cursor, session)
        except BaseException:
            self._roll_back(cursor, session)
            raise
        if writable:
            self._sync_new_log()
        _call(session.after_commit)
        return result

    def _commit(self, cursor: duckdb.DuckDBPyConnection, session: Session) -> None:
        try:
            cursor.execute("COMMIT")
        except duckdb.FatalException as error:
            self._note_failure(str(error))
            if _COMMITTED in str(error):
                # The disk is full, say, but only moving the log into the file failed: this transaction is safe.
                return
            # It may have reached the disk: keep the files that its rows name. If it has not, they are orphans.
            session.after_rollback.clear()
            raise _uncertain(f"whether this was stored is unknown: {error}") from error

    def _sync_new_log(self) -> None:
        """DuckDB syncs its log but not the directory that a new log was made in: without this a power failure could lose it."""
        try:
            log = recovery.log_of(self.path)
            inode = log.stat().st_ino
            if inode != self._log_inode:
                log.chmod(0o600)
                sync_directory(self.path.parent)
                self._log_inode = inode
        except FileNotFoundError:  # a checkpoint has just moved the log into the main file
            return
        except OSError as error:
            raise _uncertain(f"this was stored, but a power failure may lose it: {error}") from error

    def _roll_back(self, cursor: duckdb.DuckDBPyConnection, session: Session) -> None:
        # A failed COMMIT has rolled back already, and an invalidated database takes no statement: both leave nothing to do.
        with contextlib.suppress(duckdb.Error):
            cursor.execute("ROLLBACK")
        session.memory.roll_back()
        _call(session.after_rollback)

    def _translated(self, error: duckdb.Error) -> StoreError:
        text = str(error)
        if isinstance(error, duckdb.InterruptException):
            return timed_out()
        if salvage.is_damage(text):
            salvage.mark(self.path, text)
            if isinstance(error, duckdb.FatalException):
                self._note_failure(text)
            return recovery.damaged(self.path, text)
        if (
            isinstance(error, duckdb.FatalException | duckdb.IOException | duckdb.InternalException)
            or "has been invalidated" in text
        ):
            self._note_failure(text)
            return _unavailable(text)
        if "Failed to commit" in text or isinstance(error, duckdb.OutOfMemoryException):
            return _unavailable(text)
        return StoreError(f"the database refused a statement: {text}")

    def _note_failure(self, text: str) -> None:
        """Have the database reopened before anything else is done with it."""
        with self._condition:
            self._failure = text

    # cursors

    @contextlib.contextmanager
    def _lease(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor. While any is leased, the connection is not closed."""
        thread = threading.get_ident()
        with self._condition:
            self._reopen_if_failed()
            if self._connection is None:
                raise StoreError("the store is closed", code="store-closed")
            if thread not in self._cursors:
                self._cursors[thread] = self._connection.cursor()
                self._cursors[thread].execute("SET enable_progress_bar = false")
            cursor = self._cursors[thread]
            self._busy.add(thread)
        try:
            yield cursor
        finally:
            with self._condition:
                self._busy.discard(thread)
                self._condition.notify_all()

    def _reopen_if_failed(self) -> None:
        if not self._failure or self._closed:
            return
        if time.monotonic() < self._retry_at:
            raise _unavailable(self._failure)
        self._drain()
        if not self._failure:  # another thread was faster
            return
        self._close_connection()
        known = len(self.report.repairs)
        try:
            with self._closed_on_failure():
                self._open_connection()
        except StoreError as error:
            self._retry_at = time.monotonic() + self._back_off
            self._back_off = min(self._back_off * 2, LONGEST_BACK_OFF)
            raise _unavailable(error.message) from error
        for repair in self.report.repairs[known:]:
            _logger.warning("%s", repair)
        _logger.warning("the store was reopened after a failure: %s", self._failure)
        self._failure = ""
        self._back_off = FIRST_BACK_OFF

    def _drain(self) -> None:
        """Wait for the other threads' transactions; those that take too long are interrupted."""
        if self._condition.wait_for(lambda: not self._busy, DRAIN_SECONDS):
            return
        for thread in self._busy:
            self._cursors[thread].interrupt()
        if not self._condition.wait_for(lambda: not self._busy, DRAIN_SECONDS):
            raise _unavailable("a transaction does not end")

    def _close_connection(self) -> None:
        connections = [*self._cursors.values(), *([self._connection] if self._connection else [])]
        self._cursors.clear()
        self._connection = None
        self._memory.clear()
        # The database may be another one when it is open again.
        self._jobs, self._answers = KnownJobs(), KnownAnswers()
        self._recent, self._recent_latencies = RecentSamples(), RecentLatencies()
        for connection in connections:
            # An invalidated database may complain while it is closed; there is nothing left to save.
            with contextlib.suppress(duckdb.Error):
                connection.close()

    # opening

    @contextlib.contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        """Leave nothing open when opening fails; failures of the disk and of DuckDB become StoreErrors."""
        try:
            yield
        except OSError as error:
            self._close_connection()
            raise _unavailable(str(error)) from error
        except duckdb.Error as error:
            self._close_connection()
            raise self._translated(error) from error
        except BaseException:
            self._close_connection()
            raise

    def _open_connection(self) -> None:
        salvage.finish(self.path, self.report)
        new = not self.path.exists()
        if new:
            self._create()
        self._connection = recovery.connect(self.path, self._lock_patience, self.report)
        if not new and salvage.is_needed(self.path, self._connection):
            self._connection = self._salvaged()
        self._migrate(self._connection)

    def _compact(self) -> None:
        """Have a file that is mostly free written anew. It is as good as before if that is not possible."""
        compaction.remove_leftovers(self.path)
        if self._connection is None or not compaction.is_worthwhile(self._connection):
            return
        self._close_connection()
        try:
            self.report.compacted = compaction.compact(self.path)
        except (duckdb.Error, OSError) as error:
            _logger.warning("the database stays as large as it is: %s", error)
        self._connection = recovery.connect(self.path, self._lock_patience, self.report)

    def _salvaged(self) -> duckdb.DuckDBPyConnection:
        """Save what can be read of the damaged database, then open that."""
        _logger.warning("the database %s is damaged: saving what can be read", self.path)
        self._close_connection()
        salvage.salvage(self.path, self._migrations, self.report)
        return recovery.connect(self.path, self._lock_patience, self.report)

    def _create(self) -> None:
        """Make the file complete under another name first: a kill in the middle must not leave half a database."""
        recovery.note_loss(self.path)  # of a database that may have been here
        recovery.keep_lonely_log(self.path, self.report)
        unfinished = self.path.with_name(self.path.name + ".unfinished")
        for leftover in (unfinished, recovery.log_of(unfinished)):
            leftover.unlink(missing_ok=True)
        connection = recovery.connect(unfinished, self._lock_patience, self.report)
        try:
            migrate(connection, 0, self._migrations)
        finally:
            connection.close()
        unfinished.chmod(0o600)
        unfinished.rename(self.path)
        sync_directory(self.path.parent)

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        version = stored_version(connection)
        check_not_newer(version, self._migrations)
        self.report.version_before, self.report.version = version, self._migrations[-1].version
        if version == self.report.version:
            return
        if version > 0:
            connection = self._saved_copy(connection, version)
        migrate(connection, version, self._migrations)

    def _saved_copy(self, connection: duckdb.DuckDBPyConnection, version: int) -> duckdb.DuckDBPyConnection:
        """Copy the closed file, then open it again."""
        connection.execute("CHECKPOINT")
        self._close_connection()
        backup = recovery.set_aside(self.path, f"version-{version}")
        recovery.copy_durably(self.path, backup)
        self.report.migration_backup = backup
        self._connection = recovery.connect(self.path, self._lock_patience, self.report)
        return self._connection

    def _tidy_files(self) -> None:
        """Remove state files that no row names. After a loss of rows they, and the directories of savepoints, may be all
        that is left: then they are kept, under a name that nobody takes for an orphan's."""
        known = self.run(lambda store: store.state_file_names(), writable=False)
        orphans = self._files.orphans(known)
        if recovery.has_lost_rows(self.path):
            kept = self.run(lambda store: store.savepoint_ids(), writable=False)
            recovery.move_unknown_savepoints(self.path, kept, self.report)
            if orphans:
                self._move_orphans(orphans)
            recovery.forget_loss(self.path)
            return
        for path in orphans:
            path.unlink(missing_ok=True)
        self.report.removed_orphans.extend(orphans)

    def _move_orphans(self, orphans: list[Path]) -> None:
        directory = recovery.set_aside(self._files.directory, "orphaned")
        directory.mkdir(mode=0o700)
        for path in orphans:
            path.rename(directory / path.name)
        self.report.moved.append((self._files.directory, directory))


def _call(actions: Sequence[Callable[[], None]]) -> None:
    """Have done what follows a transaction. Its fate is settled, and each action may be another write's: one that fails, which
    none should, changes nothing for the others."""
    for action in actions:
        try:
            action()
        except Exception:
            _logger.exception("what follows a transaction has failed")


def _unavailable(text: str) -> StoreError:
    return StoreError(f"{_UNUSABLE}: {text}", code="store-unavailable", hint=_what_to_do(text))


def _uncertain(text: str) -> StoreError:
    return OutcomeUncertain(f"{_UNUSABLE}: {text}", hint=_what_to_do(text))


def _what_to_do(text: str) -> str:
    full = "No space left" in text
    return "free space on the disk that holds the flowdeck home" if full else "check the disk that holds the flowdeck home"
