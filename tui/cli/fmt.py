"""The command fmt: job files in their canonical layout."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from spec.document import Dialect
from spec.errors import FlowdeckError
from spec.format.format import Formatted, format_file, format_text
from spec.format.replacement import replace_text
from tui.cli.check import EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE, exit_code
from tui.cli.findings import tell_findings
from tui.cli.paths import STDIN, job_files
from tui.cli.reading import STDIN_NAME, read_stdin
from tui.cli.terminal import clean_line, say, say_problem, write_data


@dataclass(slots=True)
class _Tally:
    """What became of the files; ``status`` is the exit code so far."""

    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    status: int = EXIT_CLEAN

    def count(self, formatted: Formatted) -> None:
        """A file that could be formatted."""
        self.changed += formatted.is_changed
        self.unchanged += not formatted.is_changed

    def refuse(self, status: int) -> None:
        """A file that stays as it is."""
        self.refused += 1
        self.status = max(self.status, status)


@click.command("fmt", short_help="Lay out job files.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Write nothing; list the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--dialect",
    type=click.Choice([str(dialect) for dialect in Dialect]),
    help="How to read the files. Default: json for names that end in .json, else seatunnel.",
)
def fmt_command(paths: tuple[str, ...], *, check: bool, diff: bool, dialect: str | None) -> int:
    """Write job files in their canonical layout, in place. Comments, values and meaning stay.

    PATH is a file, a directory (searched for *.conf, *.json and *.hocon), a pattern, or - to go from standard input to standard
    output. A file that cannot be read as what it is stays untouched.

    Exit code 0: all files are in the layout now. 1: with --check or --diff, some are not; or some could not be formatted. 2:
    wrong usage, or a file that cannot be read or written.
    """
    tally = _Tally()
    for path in job_files(paths):
        try:
            _treat(path, Dialect(dialect) if dialect else None, tally, check=check, diff=diff)
        except FlowdeckError as error:
            tally.refuse(error.exit_code)
            say_problem(error.message, error.hint)
        except OSError as error:
            tally.refuse(EXIT_UNREADABLE)
            say_problem(f"{path}: cannot write it: {error.strerror or error}")
    if paths != (STDIN,):  # an editor that pipes a text through wants to hear of problems only
        say(_summary(tally, dry=check or diff))
    return tally.status


def _treat(path: str, dialect: Dialect | None, tally: _Tally, *, check: bool, diff: bool) -> None:
    """Format one file, or say what would change, or why it cannot be formatted."""
    formatted = format_text(read_stdin(), STDIN_NAME, dialect) if path == STDIN else format_file(Path(path), dialect)
    if formatted.text is None:
        first = formatted.diagnostics[:1]  # more problems are the business of check
        tell_findings(first)
        tally.refuse(exit_code(first))
    elif check or diff:
        _tell(path, formatted, formatted.text, tally, diff=diff)
    else:
        _write(path, formatted, formatted.text, tally)


def _tell(path: str, formatted: Formatted, text: str, tally: _Tally, *, diff: bool) -> None:
    if formatted.is_changed:
        tally.status = max(tally.status, EXIT_FINDINGS)
        write_data("".join(_difference(path, formatted.source.text, text)) if diff else f"{clean_line(path)}\n")
    tally.count(formatted)


def _write(path: str, formatted: Formatted, text: str, tally: _Tally) -> None:
    if path == STDIN:
        write_data(text)
    elif formatted.is_changed:
        replace_text(Path(path), formatted.source.text, text)
        say(f"formatted {path}")
    tally.count(formatted)


def _difference(path: str, before: str, after: str) -> Iterator[str]:
    """A unified diff, also right where a text ends without a line break."""
    name = clean_line(path)
    lines = before.split("\n"), after.split("\n")
    for line in difflib.unified_diff(*lines, fromfile=name, tofile=f"{name} (formatted)", lineterm=""):
        yield f"{line}\n"


def _summary(tally: _Tally, *, dry: bool) -> str:
    parts = [
        (tally.changed, "would change" if dry else "formatted"),
        (tally.unchanged, "unchanged"),
        (tally.refused, "left as they are"),
    ]
    told = ", ".join(f"{count} {what}" for count, what in parts if count)
    return f"files: {told}" if told else "no files"
