"""What `check` does with each file: read it, check it, and keep the findings that were asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spec.check import CheckResult, check_file, check_text
from spec.diagnostic import Diagnostic, Severity
from spec.document import ReadOptions
from spec.errors import UsageError
from spec.fix.apply import is_applicable
from tui.cli.paths import STDIN
from tui.cli.reading import STDIN_NAME, read_options, read_stdin

# Below this many files a second process takes longer to start than it saves.
_WORTH_PROCESSES = 100


@dataclass(frozen=True, slots=True)
class Selection:
    """Which warnings and notes are wanted, by the beginnings of their codes. Errors are always: they stop the job."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def keep(self, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The findings that are wanted."""
        if not self.select and not self.ignore:
            return tuple(diagnostics)
        return tuple(found for found in diagnostics if found.severity is Severity.ERROR or self._wants(found.code))

    def _wants(self, code: str) -> bool:
        return (not self.select or code.startswith(self.select)) and not (self.ignore and code.startswith(self.ignore))


@dataclass(frozen=True, slots=True)
class FileReport:
    """The findings in one file; ``fixable`` of them have a safe fix, ``unsafely`` one that a person should look at. ``sources``
    are the names of all texts that were read, includes too."""

    path: str
    diagnostics: tuple[Diagnostic, ...]
    fixable: int
    unsafely: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks files in one way. ``stdin_name`` stands for standard input in messages, and tells its dialect and directory."""

    variables: Mapping[str, str] = field(default_factory=dict)
    dialect: str | None = None
    engine: str = "local"
    selection: Selection = Selection()
    stdin_name: str = STDIN_NAME

    def check(self, path: str) -> CheckResult:
        """Check the file at ``path``, or standard input."""
        if path == STDIN:
            return self.check_text(read_stdin(), path)
        return self._wanted(check_file(Path(path), self._options(path), self.engine))

    def check_text(self, text: str, path: str) -> CheckResult:
        """Check ``text`` as if it were what ``path`` holds."""
        name = self.stdin_name if path == STDIN else path
        return self._wanted(check_text(text, name, self._options(path), self.engine))

    def _wanted(self, result: CheckResult) -> CheckResult:
        return CheckResult(self.selection.keep(result.diagnostics), result.job, result.document)

    def _options(self, path: str) -> ReadOptions:
        place = self.stdin_name if path == STDIN else path
        directory = Path.cwd() if place == STDIN_NAME else Path(place).absolute().parent
        return read_options(directory, dict(self.variables), self.dialect)

    def report(self, path: str) -> FileReport:
        """The findings in one file."""
        return report_of(path, self.check(path))


def report_of(path: str, result: CheckResult) -> FileReport:
    """What a check of ``path`` found, without the text it was found in."""
    source = result.document.source
    fixes = [diagnostic.fix for diagnostic in result.diagnostics if diagnostic.fix]
    safe = sum(is_applicable(fix, source, unsafe=False) for fix in fixes)
    every = sum(is_applicable(fix, source, unsafe=True) for fix in fixes)
    names = tuple(source.name for source in result.document.sources)
    return FileReport(path, result.diagnostics, safe, every - safe, names)


def report_all(checker: Checker, paths: Sequence[str]) -> Iterator[FileReport]:
    """The findings in all files, in their order; by several processes when there are many files and processors."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(paths) < _WORTH_PROCESSES or processors < 2 or STDIN in paths:
        yield from map(checker.report, paths)
        return
    from multiprocessing import get_context

    with get_context("fork").Pool(processors) as pool:
        yield from pool.imap(checker.report, paths, chunksize=16)


def selection_of(select: Sequence[str], ignore: Sequence[str]) -> Selection:
    """The selection that the command line asks for: codes and beginnings of codes, separated by commas. Raises UsageError for
    one that is no code's."""
    return Selection(tuple(_prefixes(select)), tuple(_prefixes(ignore)))


def _prefixes(values: Sequence[str]) -> Iterator[str]:
    for prefix in (piece.strip().upper() for value in values for piece in value.split(",")):
        from spec.codes.registry import all_codes

        if not prefix or not any(code.startswith(prefix) for code in all_codes()):
            raise UsageError(f'no code begins with "{prefix}"', hint="flowdeck explain lists all codes")
        yield prefix
