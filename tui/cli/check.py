"""The command check: job files as code. Findings go to stdout in the chosen form, a line of counts to stderr."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from schemas.loader import ENGINES
from spec.check import CheckResult, check_file, check_text
from spec.diagnostic import Diagnostic, Severity
from spec.render.text import render_text, summary
from spec.syntax.codes import SyntaxCode
from tui.cli.paths import STDIN, job_files
from tui.cli.reading import STDIN_NAME, read_options, read_stdin, reading_options
from tui.cli.terminal import has_colour, say

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_UNREADABLE = 2

_UNREADABLE = frozenset({SyntaxCode.FILE_MISSING, SyntaxCode.NOT_A_FILE, SyntaxCode.UNREADABLE})


@click.command("check", short_help="Check job files.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@reading_options
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="The engine the jobs are for.")
@click.option(
    "--output",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="Text for people; JSON, SARIF 2.1.0 or GitHub annotations for programs.",
)
def check_command(paths: tuple[str, ...], *, variables: dict[str, str], dialect: str | None, engine: str, output: str) -> int:
    """Check job files: syntax, includes and variables, options, wiring, types, engine support.

    PATH is a file, a directory (searched for *.conf, *.json and *.hocon) or - for standard input.

    Exit code 0: no errors; warnings and notes alone do not count. 1: errors. 2: wrong usage, or a file that cannot be read.
    """
    results = [_check(path, variables, dialect, engine) for path in job_files(paths)]
    diagnostics = [diagnostic for result in results for diagnostic in result.diagnostics]
    sys.stdout.write(_rendered(diagnostics, len(results), output))
    sys.stdout.flush()
    say(summary(diagnostics, len(results)))
    return exit_code(diagnostics)


def _check(path: str, variables: dict[str, str], dialect: str | None, engine: str) -> CheckResult:
    if path == STDIN:
        return check_text(read_stdin(), STDIN_NAME, read_options(Path.cwd(), variables, dialect), engine)
    file = Path(path)
    return check_file(file, read_options(file.absolute().parent, variables, dialect), engine)


def _rendered(diagnostics: list[Diagnostic], files: int, output: str) -> str:
    if output == "text":
        return render_text(diagnostics, colour=has_colour(sys.stdout), width=shutil.get_terminal_size((120, 24)).columns)
    # The other forms are imported only when asked for.
    if output == "json":
        from spec.render.json_report import render_json

        return render_json(diagnostics, files)
    if output == "sarif":
        from importlib.metadata import version

        from spec.render.sarif import render_sarif

        return render_sarif(diagnostics, version("flowdeck"))
    from spec.render.github import render_github

    return render_github(diagnostics)


def exit_code(diagnostics: Sequence[Diagnostic]) -> int:
    """2 when a file could not be read, else 1 for any error, else 0."""
    if any(diagnostic.code in _UNREADABLE for diagnostic in diagnostics):
        return EXIT_UNREADABLE
    return EXIT_FINDINGS if any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics) else EXIT_CLEAN
