"""One transaction's view of the database: a cursor, and what must follow its end. The nouns' modules build on it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import msgspec

from runner.model import Checkpoint
from runner.states import ExecutionState
from runner.store.checkpoint_numbers import CheckpointNumbers
from runner.store.errors import timed_out
from runner.store.job_names import JobNames
from runner.store.known_answers import KnownAnswers
from runner.store.known_jobs import KnownJobs
from runner.store.parsed_statements import PARSED
from runner.store.pending_rows import PendingRows
from runner.store.recent_latencies import RecentLatencies
from runner.store.recent_samples import RecentSamples
from runner.store.sealing import Seal
from runner.store.state_files import StateFiles

if TYPE_CHECKING:
    import numpy.typing as npt

Row = tuple[Any, ...]
R = TypeVar("R")


@dataclass(slots=True)
class AnswersKept:
    """No answers but those of these ``keys`` (principal and key) are kept, nor more bytes of them than ``size``; ``pruned_at``:
    when that was looked at."""

    keys: set[tuple[str, str]]
    size: int
    pruned_at: float


class WriterMemory:
    """What the single writer knows without asking: kept between its transactions.

    ``series``: of some executions the numbers of all series of metrics, by plugin and name. ``revision``: of the newest event.
    ``epochs``: those that have the executions' leases, 0: nobody has. ``newest_checkpoints``: no checkpoint of the job has a
    higher number. ``unfinished_checkpoints``: the records of those that may still become others, by job and number.
    ``last_epoch``: no higher one was ever given out. ``states``: of executions that are not over. ``audit``: the id of its
    newest entry. ``answers``: how much is kept of those that may be given again. ``names``: of jobs; whoever changes them has
    them forgotten after a rollback. ``checkpoint_numbers`` say only what is durable, and outlive a rollback.
    """

    def __init__(self) -> None:
        self.series: dict[str, dict[str, dict[str, int]]] = {}
        self.revision: int | None = None
        self.epochs: dict[str, int] = {}
        self.last_epoch: int | None = None
        self.states: dict[str, ExecutionState] = {}
        self.newest_checkpoints: dict[str, int] = {}
        self.unfinished_checkpoints: dict[tuple[str, int], Checkpoint] = {}
        self.audit: int | None = None
        self.answers: AnswersKept | None = None
        self.names: JobNames | None = None
        self.checkpoint_numbers = CheckpointNumbers()

    def roll_back(self) -> None:
        """Forget what a transaction that failed may have said."""
        self.series.clear()
        self.revision = None
        self.epochs.clear()
        self.last_epoch = None
        self.states.clear()
        self.newest_checkpoints.clear()
        self.unfinished_checkpoints.clear()
        self.audit = None
        self.answers = None

    def forget_names(self) -> None:
        """What is known of jobs' names may be wrong."""
        self.names = None

    def clear(self) -> None:
        """Forget everything: the database may be another one when it is open again."""
        self.roll_back()
        self.forget_names()
        self.checkpoint_numbers.clear()


class Session:
    """Runs statements inside one transaction.

    ``after_commit`` and ``after_rollback`` hold what must happen once the transaction's fate is known. ``reserved``: up to
    which number it reserves checkpoints of each job. ``jobs``: what is remembered of them, and ``mark``: when that snapshot was
    not begun yet. The writer must not look there, as it may have changed them: it only tells which (:meth:`touch`), or which
    newest checkpoint they have (:meth:`show_checkpoint`). The same goes for other answers (:meth:`known`, :meth:`unsettle`).
    ``recent`` and ``recent_latencies``: the newest samples and cells, of which the writer says what is durable. ``unseen``:
    tables and jobs that have no rows there, because the transaction itself has made the job.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        files: StateFiles,
        memory: WriterMemory,
        seal: Seal,
        jobs: KnownJobs,
        answers: KnownAnswers,
        recent: RecentSamples,
        recent_latencies: RecentLatencies,
        *,
        writable: bool,
    ) -> None:
        self.files = files
        self.seal = seal
        self.memory = memory
        self.writable = writable
        self.jobs = jobs
        self.recent = recent
        self.recent_latencies = recent_latencies
        self.mark = jobs.mark()
        self.is_current = False
        self.unseen: set[tuple[str, str]] = set()
        self._touched: set[str] = set()
        self._shown: dict[str, Checkpoint] = {}
        self._answers = answers
        self._answers_mark = answers.mark()
        self._unsettled: set[Hashable] = set()
        self.after_commit: list[Callable[[], None]] = []
        self.after_rollback: list[Callable[[], None]] = []
        self.reserved: dict[str, int] = {}
        self._cursor = cursor
        self.is_begun = False
        self._pending = PendingRows()
        self._changes = 0
        self._interrupted = False

    @property
    def effects(self) -> tuple[int, int, int]:
        """Grows with everything that a rollback would undo, and with what waits for the transaction's end."""
        return self._changes, len(self.after_commit), len(self.after_rollback)

    @property
    def is_interrupted(self) -> bool:
        """Whether :meth:`interrupt` was called."""
        return self._interrupted

    def begin(self) -> None:
        """Begin the transaction. A reader's begins with its first statement: what is remembered is told without one."""
        self._cursor.execute("BEGIN TRANSACTION" if self.writable else "BEGIN TRANSACTION READ ONLY")
        self.is_begun = True

    def interrupt(self) -> None:
        """End the statement that runs, and refuse every later one. May be called from any thread."""
        self._interrupted = True
        self._cursor.interrupt()

    def check_not_interrupted(self) -> None:
        """StoreError ``store-timeout`` once :meth:`interrupt` was called."""
        if self._interrupted:
            raise timed_out()

    def touch(self, job_id: str) -> None:
        """This transaction changes the job, its newest execution, or a checkpoint of it."""
        if not self._touched:
            self.after_commit.append(functools.partial(self.jobs.touch, self._touched))
        self._touched.add(job_id)

    def show_checkpoint(self, checkpoint: Checkpoint) -> None:
        """This transaction makes it a complete one of its job's, or changes one that is."""
        if not self._shown:
            self.after_commit.append(lambda: self.jobs.show(self._shown.values()))
        former = self._shown.get(checkpoint.job_id)
        if former is None or former.id <= checkpoint.id:
            self._shown[checkpoint.job_id] = checkpoint

    def unsettle(self, *keys: Hashable) -> None:
        """What this transaction changes may change the answers to these."""
        if not self._unsettled:
            self.after_commit.append(functools.partial(self._answers.touch, self._unsettled))
        self._unsettled.update(keys)

    def known(self, key: Hashable) -> Any | None:
        """What was remembered (:meth:`remember`) and is still so; None: ask. Never to the writer."""
        return None if self.writable else self._answers.get(key)

    def remember(self, key: Hashable, answer: Sized) -> None:
        """What this snapshot says, until somebody unsettles the key. Nobody may change it."""
        if not self.writable:
            self._answers.put(self._answers_mark, key, answer)

    def rows(self, statement: str, *parameters: Any) -> list[Row]:
        """All rows of a query."""
        return self._execute(statement, parameters).fetchall()

    def row(self, statement: str, *parameters: Any) -> Row | None:
        """The first row of a query, None without one."""
        found = self.rows(statement, *parameters)
        return found[0] if found else None

    def named_rows(self, statement: str, parameters: dict[str, Any]) -> list[Row]:
        """All rows of a query with ``$name`` parameters."""
        return self._execute(statement, parameters).fetchall()

    def columns(self, statement: str, *parameters: Any) -> dict[str, npt.NDArray[Any]]:
        """All rows of a query that has many, by the names of their columns, as numpy has them."""
        return self._execute(statement, parameters).fetchnumpy()

    def change(self, statement: str, *parameters: Any) -> int:
        """Run an INSERT, UPDATE or DELETE; how many rows it concerned."""
        row = self.row(statement, *parameters)
        return int(row[0]) if row else 0

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Add a row, by the time that anything else is done with its table: rows that are added one after the other go in
        together, which costs little more than one."""
        self.check_not_interrupted()
        self._changes += 1
        self._pending.add(table, row)

    def added(self, table: str, column: str, value: str) -> dict[str, Any] | None:
        """A row of this transaction's that may still be changed because it is not in its table yet."""
        self.check_not_interrupted()
        self._changes += 1
        return self._pending.find(table, column, value)

    def amend(self, table: str, keys: dict[str, Any], values: dict[str, Any]) -> None:
        """Have the rows with these keys take these values, by the time that anything else is done with their table."""
        self.check_not_interrupted()
        self._changes += 1
        self._pending.amend(table, keys, values)

    def flush(self) -> None:
        """Have everything that was added or amended in its table."""
        for table in self._pending.tables():
            self._flush(table)

    def _flush(self, table: str) -> None:
        for statement, parameters in self._pending.take(table):
            self._run(statement, parameters)

    def _execute(self, statement: str, parameters: Sequence[Any] | dict[str, Any]) -> duckdb.DuckDBPyConnection:
        self.check_not_interrupted()
        if not statement.lstrip().startswith("SELECT"):
            self._changes += 1
        for table in self._pending.tables():
            if table in statement:  # however it is quoted; one that is named for nothing costs a statement, no more
                self._flush(table)
        return self._run(statement, parameters)

    def _run(self, statement: str, parameters: Sequence[Any] | dict[str, Any]) -> duckdb.DuckDBPyConnection:
        if not self.is_begun:
            self.begin()
        return self._cursor.execute(PARSED.read(self._cursor, statement), parameters)


def one_of(column: str, values: Sequence[str]) -> tuple[str, list[Any]]:
    """What says that a column of texts has one of the ``values``, and its parameters: of a single one the engine knows which
    parts of a table it need not look at."""
    if len(values) == 1:
        return f'"{column}" = ?', [values[0]]
    return f'"{column}" = ANY(?::VARCHAR[])', [list(values)]


def encode_record(record: msgspec.Struct) -> str:
    """The record as the JSON text of a ``record`` column."""
    return msgspec.json.encode(record).decode()


def decode_record(kind: type[R], text: str) -> R:
    """The inverse of :func:`encode_record`; fields that the text lacks take their defaults."""
    return msgspec.json.decode(text, type=kind)
