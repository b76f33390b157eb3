"""What a failure is in the supervisor's words: an ErrorInfo, and whether another attempt may end differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import msgspec
import pyarrow as pa

from runner.connectors.base import DataError, PluginError, file_error
from runner.model import ErrorInfo, FailedSplit
from runner.worker.gate import GateClosed
from runner.worker.link import LinkClosed
from spec.errors import FlowdeckError
from spec.redaction import Redaction

_NO_SPACE = "no space left on device"
_CORRECT_THE_ROW = (
    'trying again would meet it again: correct the row, or set on_error = "skip" or "dead_letter" for the plugin '
    "that refuses it; `flowdeck restart` then goes on from the last checkpoint"
)
_ACCEPT_THE_ROW = (
    'correct the row, let the query take it (TRY_CAST makes null of what does not fit), or set on_error = "skip" or '
    '"dead_letter" for this plugin; `flowdeck restart` then goes on from the last checkpoint'
)
_NAMED_SPLITS = 3
_OF_A_ROW = frozenset({"data", "sql"})
_MORE_MEMORY = "give the job more with resources.memory, or fewer parallel readers"


class StageError(Exception):
    """A failure inside one plugin's work; carries the plugin's id to the report, and for a source the id of the split."""

    def __init__(self, plugin: str, cause: BaseException, *, split: str | None = None) -> None:
        super().__init__(str(cause))
        self.plugin = plugin
        self.cause = cause
        self.split = split


@contextmanager
def blame(plugin: str) -> Iterator[None]:
    """Attribute every failure inside to ``plugin``, unless it has been attributed already."""
    try:
        yield
    except (StageError, GateClosed, LinkClosed):
        raise
    except Exception as error:
        raise StageError(plugin, error) from error


def describe_failure(error: BaseException, hidden: Redaction | None = None) -> tuple[ErrorInfo, bool]:
    """The report of ``error``, without what is ``hidden``, and whether it is retriable."""
    info, retriable = _describe(error)
    if hidden is not None:
        texts = {name: hidden.text(value) for name in ("message", "hint", "position") if (value := getattr(info, name))}
        info = msgspec.structs.replace(info, **texts)
    return info, retriable


def with_place(info: ErrorInfo, splits: Sequence[FailedSplit]) -> ErrorInfo:
    """``info`` with a position, if it is about a row and has none: what a transform or a sink fails on came from one of
    ``splits``."""
    if info.code not in _OF_A_ROW or info.position is not None or not splits:
        return info
    names = [split.split for split in splits[:_NAMED_SPLITS]]
    if len(splits) > len(names):
        names.append(f"{len(splits) - len(names)} more splits")
    told = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
    return msgspec.structs.replace(info, position=f"a row of {told}")


def _describe(error: BaseException) -> tuple[ErrorInfo, bool]:
    plugin: str | None = None
    while isinstance(error, StageError):
        plugin, error = error.plugin, error.cause
    if isinstance(error, OSError):
        error = file_error(error, error.filename or "a file", "use")
    if isinstance(error, PluginError):
        return _info(error, error.plugin or plugin, error.position), error.retriable
    if isinstance(error, FlowdeckError):
        return _info(error, plugin, None), False
    if isinstance(error, duckdb.Error):
        return _sql_failure(error, plugin)
    if isinstance(error, MemoryError | pa.ArrowMemoryError):
        return ErrorInfo(code="memory", message="the worker ran out of memory", hint=_MORE_MEMORY, plugin=plugin), True
    if isinstance(error, pa.ArrowException):
        return ErrorInfo(code="data", message=_first_lines(str(error)), plugin=plugin), False
    message = f"{type(error).__name__}: {_first_lines(str(error))}"
    return ErrorInfo(code="internal", message=message, hint="this is a defect of flowdeck", plugin=plugin), True


def _info(error: FlowdeckError, plugin: str | None, position: str | None) -> ErrorInfo:
    hint = error.hint or (_CORRECT_THE_ROW if error.code == DataError.code else "")
    return ErrorInfo(code=error.code, message=error.message, hint=hint, plugin=plugin, position=position)


def _sql_failure(error: duckdb.Error, plugin: str | None) -> tuple[ErrorInfo, bool]:
    message = sql_message(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return ErrorInfo(code="memory", message=message, hint=_MORE_MEMORY, plugin=plugin), True
    if _NO_SPACE in message.lower():
        hint = "free space and the job goes on by itself"
        return ErrorInfo(code="file", message=message, hint=hint, plugin=plugin), True
    retriable = isinstance(error, duckdb.OperationalError | duckdb.FatalException | duckdb.InternalException)
    if isinstance(error, duckdb.DataError):
        return ErrorInfo(code="sql", message=message, hint=_ACCEPT_THE_ROW, plugin=plugin), False
    return ErrorInfo(code="sql", message=message, plugin=plugin), retriable


def sql_message(error: duckdb.Error) -> str:
    """The engine's message without its class prefix, its excerpt of our generated SQL and its advice."""
    text = str(error).split("\n\nLINE ")[0].split("\nLINE ")[0]
    for prefix in ("Conversion Error: ", "Invalid Input Error: ", "Binder Error: ", "Parser Error: ", "Catalog Error: "):
        text = text.removeprefix(prefix)
    return _first_lines(text)


def _first_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:4])[:2000]
