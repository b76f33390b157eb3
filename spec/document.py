"""Read a job file: text in, resolved values with positions and all diagnostics out. This is the reader's face."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spec.diagnostic import Diagnostic, Label, Severity
from spec.position import SourceText, Span
from spec.resolver.dialect import Dialect
from spec.resolver.resolve import resolve
from spec.syntax.codes import SyntaxCode
from spec.syntax.files import FILE_LIMIT, FileProblem, binary_problem, read_text_file
from spec.value import Value

__all__ = ["Dialect", "Document", "ReadOptions", "read_file", "read_text"]


@dataclass(frozen=True)
class ReadOptions:
    """How to read.

    ``dialect`` None: by the file's name (``.json`` is JSON, everything else SEATUNNEL). ``variables`` are the ``-i`` values.
    ``environment`` is what references may fall back to; the process's own environment is never consulted. ``include_root``
    is the directory that includes are confined to; None: no includes.
    """

    dialect: Dialect | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    include_root: Path | None = None


@dataclass(frozen=True)
class Document:
    """What was read. ``root`` is None when the text could not be read at all; with errors it is what could be understood
    (a reference without a value stands as its own text). In SEATUNNEL the root is always an object. ``inclusions`` has, for
    every text that was included, the include statements that led to it, outermost first. ``doubtful`` is where the blocks may
    be other than they were read, as one was left open to the end: what is found there may follow from that.
    """

    root: Value | None
    diagnostics: tuple[Diagnostic, ...]
    source: SourceText
    dialect: Dialect
    sources: tuple[SourceText, ...]
    environment_used: Mapping[str, str]
    inclusions: Mapping[SourceText, tuple[Span, ...]] = field(default_factory=dict)
    doubtful: tuple[Span, ...] = ()


def read_file(path: Path, options: ReadOptions) -> Document:
    """Read a file. Never raises for what the file holds or for the file being unreadable: that is a diagnostic."""
    text = read_text_file(path)
    if isinstance(text, FileProblem):
        return _unreadable(SourceText(str(path), ""), text, options)
    return _read(SourceText(str(path), text), path, options)


def read_text(text: str, name: str, options: ReadOptions) -> Document:
    """Read ``text`` under ``name`` (which also tells the dialect). Includes are relative to ``include_root``."""
    source = SourceText(name, text)
    if len(text) > FILE_LIMIT:
        limit = FILE_LIMIT // (1024 * 1024)
        return _unreadable(source, FileProblem(SyntaxCode.TOO_LARGE, f"the text is larger than {limit} MiB"), options)
    if "\0" in text:
        return _unreadable(source, binary_problem(text.index("\0")), options)
    file_name = Path(name.replace("\0", "")).name or "text"
    return _read(source, (options.include_root or Path()) / file_name, options)


def dialect_of(name: str, options: ReadOptions) -> Dialect:
    """The dialect that ``options`` asks for, else the one that the file's name tells."""
    if options.dialect is not None:
        return options.dialect
    return Dialect.JSON if name.lower().endswith(".json") else Dialect.SEATUNNEL


def _read(source: SourceText, path: Path, options: ReadOptions) -> Document:
    dialect = dialect_of(source.name, options)
    if dialect is not Dialect.HOCON and not source.text.strip("\ufeff \t\r\n"):
        return _unreadable(source, FileProblem(SyntaxCode.EMPTY, "the file is empty"), options)
    with _no_collection():
        resolved = resolve(source, path, dialect, options.variables, options.environment, options.include_root)
    return Document(
        resolved.root,
        resolved.diagnostics,
        source,
        dialect,
        (source, *resolved.inclusions),
        resolved.environment_used,
        resolved.inclusions,
        resolved.doubtful,
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Read without the cyclic garbage collector: a large text (or a small one that doubles itself) makes a million objects
    and no cycles, and looking for some again and again takes longer than the reading."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _unreadable(source: SourceText, problem: FileProblem, options: ReadOptions) -> Document:
    notes = (problem.note,) if problem.note else ()
    primary = Label(Span(source, 0, 0)) if source.text else None
    diagnostic = Diagnostic(str(problem.code), Severity.ERROR, problem.message, source.name, primary, notes=notes)
    return Document(None, (diagnostic,), source, dialect_of(source.name, options), (source,), {})
