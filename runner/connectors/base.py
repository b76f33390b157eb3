"""What sources and sinks promise the worker, and what the worker gives them.

The worker owns threads, queues, barriers and the socket; a connector only reads splits, writes parts and commits tokens.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias

import duckdb
import pyarrow as pa

from runner.connectors.refusal import Refusal
from runner.dataset.rejected import RejectedRow
from runner.dataset.stored_rows import Rows
from runner.model import CheckpointKind
from runner.protocol import Split
from runner.user_home import expanded
from spec.errors import FlowdeckError
from spec.job import JobMode, PluginSpec

Position: TypeAlias = dict[str, Any]


class PluginError(FlowdeckError):
    """A plugin cannot start or go on. ``position`` says where in the input; ``retriable``: another attempt may succeed."""

    code = "plugin"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str | None = None,
        plugin: str | None = None,
        position: str | None = None,
        retriable: bool = False,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.plugin = plugin
        self.position = position
        self.retriable = retriable


class OptionError(PluginError):
    """An option of a plugin is missing, has an impossible value, or asks for what is not supported yet."""

    code = "option"


class DataError(PluginError):
    """A row of the input or output does not fit; another attempt would meet it again."""

    code = "data"


class TargetError(PluginError):
    """The place a sink writes to is not in the state that the job asks for."""

    code = "target"


class NotPrepared(PluginError):
    """A segment could not be prepared now and has lost nothing by that: its checkpoint fails, the job goes on, and the segment
    is prepared again with the next one.

    To be raised only where trying again is as good as it was the first time: a connection that was refused, a file that could
    not be opened. Not after a failed fsync, for the system may have dropped what it could not write and say nothing the second
    time; not after a failed write. Everything else that ``prepare`` raises ends the attempt, and the rows are read again.
    """

    def __init__(self, message: str, *, hint: str = "", code: str | None = None, position: str | None = None) -> None:
        super().__init__(message, hint=hint, code=code, position=position, retriable=True)


class PluginLog(Protocol):
    """Where a plugin writes lines of the execution's log."""

    def write(self, level: str, message: str, *, plugin: str = "") -> None:
        """Append one line."""

    def output(self, messages: Sequence[str], *, plugin: str) -> None:
        """Append one line of level ``output`` per message."""


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What every plugin knows about where it runs. ``attempt`` is unique among all processes that ever run the execution."""

    plugin: PluginSpec
    mode: JobMode
    job_id: str
    execution: str
    attempt: str
    worker: int
    workers: int
    base_directory: Path
    log: PluginLog

    def resolve(self, path: str) -> Path:
        """``path`` made absolute against the job's base directory. Symbolic links stay as they are. Raises
        :class:`OptionError` for what can be no path."""
        text = path.removeprefix("file://") if path.startswith("file://") else path
        if "\0" in text:
            raise OptionError(f"the path {text!r} holds a NUL, which no file system takes", plugin=self.plugin.id)
        return Path(os.path.normpath(self.base_directory / expanded(text)))


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a source hands over at once: rates, the memory budget and the checkpoint interval want small batches. No batch
    has more rows, and only one whose single row is larger has more bytes (as the source estimates them before it has read)."""

    rows: int = 1 << 17
    bytes: int = 4 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one split in order. ``position``: where to go on after them. ``input_bytes``: what was read to get them.
    ``rejected``: rows among them that do not fit, for a source whose error policy tolerates them. ``data`` is a record batch
    unless the source was told that rows may stay where they are stored."""

    data: Rows
    position: Position
    input_bytes: int
    rejected: tuple[RejectedRow, ...] = ()


class Source(ABC):
    """Reads splits. One instance per worker, shared by all its reader threads.

    ``read`` runs in several threads at once, each with a split of its own and never two with the same: what an instance keeps
    between batches must bear that (replaced whole rather than changed in place, or kept inside the iterator). An iterator is
    used by one thread from beginning to end. ``connection`` is for making cursors: who queries makes one of its own for it and
    closes it. Everything else is called before any ``read``.
    """

    def __init__(self, context: PluginContext, connection: duckdb.DuckDBPyConnection) -> None:
        self.context = context
        self.connection = connection

    @classmethod
    def readable(cls, context: PluginContext) -> tuple[str, ...]:  # noqa: ARG003 - for sources that leave rows in files
        """The files, or the directories of files, that the engine may read for this source: paths, or addresses in a file
        system that the source itself gives to the engine."""
        return ()

    @abstractmethod
    def schema(self) -> pa.Schema:
        """The columns that every batch has."""

    def narrow(self, columns: frozenset[str]) -> None:  # noqa: B027 - a hook that sources may leave out
        """Nobody looks at other ``columns`` than these: their values need not be read and may be null in every row."""

    def leave_stored(self, rows: int) -> None:  # noqa: B027 - a hook that sources may leave out
        """Whoever reads the dataset can have the engine read its rows: those that lie where it can may stay there, up to
        ``rows`` of them in a batch (:class:`runner.dataset.stored_rows.StoredRows`)."""

    @abstractmethod
    def splits(self) -> list[Split]:
        """All units of work of a fresh start, for all workers. Called on one worker only."""

    @abstractmethod
    def read(self, split: Split, pace: Pace) -> Iterator[Batch]:
        """The rows of ``split`` from its position on. Closing the iterator frees what it holds."""


@dataclass(frozen=True, slots=True)
class PartLimit:
    """When a part ends before the barrier: after so many input rows, or so many seconds. None: no limit."""

    rows: int | None = None
    seconds: float | None = None


class Part(Protocol):
    """Rows for a sink: the result of one streaming query over a piece of the input, to be consumed once."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order."""

    def query(self, select: str) -> Iterator[pa.RecordBatch]:
        """The rows of ``select``, a SELECT that reads from the relation ``"rows"``."""

    def copy(self, select: str, target: Path, options: str) -> int:
        """``COPY (select) TO target (options)`` where ``select`` reads from ``"rows"``; the number of rows."""


@dataclass(frozen=True, slots=True)
class SinkCheckpoint:
    """What a sink adds to a checkpoint: commit tokens (plain data) and, if it has any, state."""

    tokens: tuple[dict[str, Any], ...] = ()
    state: dict[str, Any] | None = None


class SinkSegment(ABC):
    """What a sink wrote between two barriers, handed from the writing thread to the committer."""

    @abstractmethod
    def prepare(self, checkpoint: int) -> SinkCheckpoint:
        """Make it durable under staging names. Runs while the next segment is being written. After :class:`NotPrepared` it is
        called again, with the same number, as part of a later checkpoint."""


@dataclass(frozen=True, slots=True)
class FinishedSegment(SinkSegment):
    """A segment of a sink that has nothing to make durable."""

    checkpoint: SinkCheckpoint = field(default_factory=SinkCheckpoint)

    def prepare(self, checkpoint: int) -> SinkCheckpoint:  # noqa: ARG002 - the same for every checkpoint
        """What is known already."""
        return self.checkpoint


class Sink(ABC):
    """Writes parts. One instance per worker; ``write`` and ``end_segment`` run in the stage's thread."""

    maximum_workers: ClassVar[int | None] = None
    """How many workers of one execution may run this sink at once; None: any number."""

    copies: ClassVar[bool] = False
    """Whether ``write`` takes the rows of a part by its ``copy`` and in no other way."""

    part_limit: PartLimit = PartLimit()

    def __init__(self, context: PluginContext, schema: pa.Schema) -> None:
        self.context = context
        self.schema = schema

    @classmethod
    def directories(cls, context: PluginContext) -> tuple[Path, ...]:  # noqa: ARG003 - for sinks that write files
        """The directories that SQL may write to for this sink; known before its columns are."""
        return ()

    def refusals(self) -> Sequence[Refusal]:
        """Which rows it cannot take, each by itself. When the plugin's error policy tolerates errors, ``write`` is given none
        of them; otherwise it raises a :class:`PluginError`, with the row in its message, when it meets one."""
        return ()

    def prepare_target(self) -> None:  # noqa: B027 - a hook that most sinks leave out
        """Apply save modes. Called on one worker, before any row, and only when there is nothing to restore."""

    def restore(self, states: Sequence[dict[str, Any]]) -> None:  # noqa: B027 - a hook that most sinks leave out
        """Take over the states of the restore point (of all its workers)."""

    @abstractmethod
    def write(self, part: Part) -> int:
        """Write the rows of ``part``; the number written."""

    def written_bytes(self) -> int | None:
        """Bytes written since the start, while writing too; None when the sink cannot tell. Any thread may ask."""
        return None

    def end_segment(self, kind: CheckpointKind) -> SinkSegment:  # noqa: ARG002 - for sinks that care
        """Everything written since the last call. ``kind`` FINAL: no row will follow."""
        return FinishedSegment()

    def discard_staging(self) -> None:  # noqa: B027 - a hook that most sinks leave out
        """Drop what other attempts of this job left unfinished. Called on one worker, before any row."""

    @classmethod  # noqa: B027 - a hook that most sinks leave out
    def settle(cls, context: PluginContext) -> None:
        """Drop all that the job has staged for this sink. Called when no worker of the job is alive and none may start, because
        an execution has ended early; neither its input nor its columns are known then."""

    def committed(self, checkpoint: int) -> None:  # noqa: B027 - a hook that most sinks leave out
        """All tokens that were handed out up to ``checkpoint`` are committed. Runs in the thread that prepares."""

    def close(self) -> None:  # noqa: B027 - a hook that most sinks leave out
        """At the end of the attempt, a failed one too: leave no empty directories behind. Raises nothing."""

    @classmethod
    def commit(cls, token: dict[str, Any]) -> None:
        """Make the output of ``token`` visible. May be called again for the same token, in any process, with no effect."""
        raise PluginError(f"{cls.__name__} hands out no commit tokens: {sorted(token)}")


_RETRIABLE_ERRNO = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
        errno.EBUSY,
        errno.ETIMEDOUT,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.EINTR,
    }
)


def file_error(error: OSError, path: Path | str, doing: str) -> PluginError:
    """The clear form of an operating-system error about ``path``; a full disk and the like are retriable. So is a file that is
    not there: a mount may come late (the supervisor tries that once)."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    missing = error.errno == errno.ENOENT
    retriable = missing or error.errno in _RETRIABLE_ERRNO
    hint = "free space and the job goes on by itself" if error.errno in {errno.ENOSPC, errno.EDQUOT} else ""
    code = "file-missing" if missing else "file"
    return PluginError(f"cannot {doing} {path}: {reason}", hint=hint, code=code, position=str(path), retriable=retriable)


def missing_file(path: Path | str) -> PluginError:
    """There is nothing at ``path``."""
    return PluginError(f"{path} does not exist", code="file-missing", position=str(path), retriable=True)
