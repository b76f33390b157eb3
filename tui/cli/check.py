"""The command check: job files as code. Findings go to stdout in the chosen form, a line of counts to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from schemas.loader import ENGINES
from spec.errors import FlowdeckError, UsageError
from spec.render.text import render_text
from tui.cli.check_report import EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE, counted, exit_code, rendered, summary
from tui.cli.checking import Checker, FileReport, report_all, report_of, selection_of
from tui.cli.paths import STDIN, job_files
from tui.cli.reading import STDIN_NAME, reading_options
from tui.cli.terminal import has_colour, say, say_problem, write_data

__all__ = ["EXIT_CLEAN", "EXIT_FINDINGS", "EXIT_UNREADABLE", "check_command", "exit_code"]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What shall happen with the findings."""

    output: str
    fix: bool
    diff: bool
    unsafe: bool
    watch: bool
    strict: bool
    statistics: bool


@click.command("check", short_help="Check job files.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@reading_options
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="The engine the jobs are for.")
@click.option(
    "--output",
    type=click.Choice(["text", "concise", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="Text for people, or one line a finding; JSON, SARIF 2.1.0 or GitHub annotations for programs.",
)
@click.option("--fix", is_flag=True, help="Mend in the files what can be mended safely, and show what is left.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also fixes that may change what a job does.")
@click.option("--strict", is_flag=True, help="Warnings fail the check, too: exit code 1.")
@click.option("--statistics", is_flag=True, help="Show how often each code was found, not each finding.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option(
    "--select", multiple=True, metavar="CODE,...", help="Only warnings and notes whose code begins so, and all errors."
)
@click.option("--ignore", multiple=True, metavar="CODE,...", help="No warnings and notes whose code begins so.")
@click.option("--stdin-filename", metavar="NAME", default=STDIN_NAME, help="The name of what comes from standard input.")
def check_command(
    paths: tuple[str, ...],
    *,
    variables: dict[str, str],
    dialect: str | None,
    engine: str,
    output: str,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
    strict: bool,
    statistics: bool,
    watch: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    stdin_filename: str,
) -> int:
    """Check job files: syntax, includes and variables, options, wiring, types, engine support.

    PATH is a file, a pattern, a directory (searched for *.conf, *.hocon, and *.json files that look like job files) or - for
    standard input.

    Exit code 0: no errors; warnings and notes alone do not count (--strict: warnings do). 1: errors, or a --diff that shows
    something. 2: wrong usage, or a file that cannot be read.
    """
    wish = _Wish(output, fix=fix, diff=diff, unsafe=unsafe_fixes, watch=watch, strict=strict, statistics=statistics)
    _require_sense(wish, paths)
    checker = Checker(variables, dialect, engine, selection_of(select, ignore), stdin_filename)
    if watch:
        from tui.cli.check_watch import watch as check_on_changes

        return check_on_changes(lambda: _run_watched(checker, paths, wish), paths)
    return _run(checker, paths, wish)[0]


def _require_sense(wish: _Wish, paths: Sequence[str]) -> None:
    """Raise UsageError for wishes that exclude each other."""
    if wish.fix and wish.diff:
        raise UsageError("--fix changes files and --diff changes nothing: choose one")
    if wish.unsafe and not (wish.fix or wish.diff):
        raise UsageError("--unsafe-fixes says which fixes --fix or --diff apply", hint="add one of them")
    if wish.statistics and (wish.diff or wish.watch or wish.output not in {"text", "json"} or (wish.fix and STDIN in paths)):
        raise UsageError("--statistics is a table or JSON of what was found", hint="leave out --diff, --watch and other forms")
    if wish.diff and wish.output != "text":
        raise UsageError("--diff prints a diff and no report", hint=f"leave out --output {wish.output}")
    if wish.watch and (wish.fix or wish.diff or wish.output not in {"text", "concise"} or STDIN in paths):
        raise UsageError("--watch shows findings of files as text", hint="leave out --fix, --diff, --output and -")
    if wish.fix and STDIN in paths and (len(paths) > 1 or wish.output != "text"):
        raise UsageError("--fix prints standard input's fixed text, and nothing else", hint="give - alone, without --output")


def _run_watched(checker: Checker, paths: Sequence[str], wish: _Wish) -> tuple[int, Sequence[str]]:
    try:
        code, reports = _run(checker, paths, wish)
    except FlowdeckError as error:  # a directory that has become empty may fill again
        say_problem(error.message, error.hint)
        return error.exit_code, ()
    return code, [source for report in reports for source in report.sources]


def _run(checker: Checker, paths: Sequence[str], wish: _Wish) -> tuple[int, Sequence[FileReport]]:
    files = list(job_files(paths))
    if wish.diff:
        return _show_fixes(checker, files, wish)
    reports = _fix(checker, files, wish) if wish.fix else list(report_all(checker, files))
    diagnostics = [diagnostic for report in reports for diagnostic in report.diagnostics]
    if wish.statistics:
        from tui.cli.check_statistics import tell_statistics

        tell_statistics(reports, wish.output)
    else:
        stream = sys.stderr if wish.fix and STDIN in paths else sys.stdout
        stream.write(rendered(diagnostics, len(reports), wish.output, colour=has_colour(stream)))
        stream.flush()
    say(summary(reports, fixing=wish.fix))
    return exit_code(diagnostics, strict=wish.strict), reports


def _fix(checker: Checker, files: Sequence[str], wish: _Wish) -> list[FileReport]:
    """Fix the files; standard input's fixed text goes to stdout."""
    from tui.cli.check_fix import fix_file

    reports: list[FileReport] = []
    fixed_files = fixes = 0
    for path in files:
        file = fix_file(checker, path, unsafe=wish.unsafe)
        if path == STDIN:
            write_data(file.fixed.text)
        elif file.is_changed:
            file.write()
        fixed_files += file.is_changed
        fixes += len(file.fixed.applied)
        reports.append(report_of(path, file.fixed.result))
    if fixes:
        say(f"Fixed {counted(fixes, 'problem')} in {counted(fixed_files, 'file')}")
    return reports


def _show_fixes(checker: Checker, files: Sequence[str], wish: _Wish) -> tuple[int, Sequence[FileReport]]:
    """Print the diff of what fixing would change; what could not be read goes to stderr."""
    from tui.cli.check_fix import fix_file

    code = EXIT_CLEAN
    fixed_files = fixes = 0
    for path in files:
        file = fix_file(checker, path, unsafe=wish.unsafe)
        write_data("".join(file.difference()))
        fixed_files += file.is_changed
        fixes += len(file.fixed.applied)
        status = exit_code(file.fixed.result.diagnostics, strict=wish.strict)
        if status == EXIT_UNREADABLE:
            sys.stderr.write(render_text(file.fixed.result.diagnostics, colour=has_colour(sys.stderr)))
        code = max(code, status, EXIT_FINDINGS if file.is_changed else EXIT_CLEAN)
    say(f"Would fix {counted(fixes, 'problem')} in {counted(fixed_files, 'file')}" if fixes else "Nothing to fix")
    return code, ()
