"""The command convert: the resolved document on stdout, in another format."""

from __future__ import annotations

from pathlib import Path

import click

from spec.conversion.conversion import TargetFormat, convert
from spec.diagnostic import Severity
from spec.document import Document, read_file, read_text
from spec.value import Value, to_plain
from tui.cli.check import EXIT_CLEAN, exit_code
from tui.cli.findings import tell_findings
from tui.cli.paths import STDIN
from tui.cli.reading import STDIN_NAME, read_options, read_stdin, reading_options
from tui.cli.terminal import say, write_data


@click.command("convert", short_help="Convert a job file to another format.")
@click.argument("file", metavar="FILE")
@click.option(
    "--to", "target", type=click.Choice([str(form) for form in TargetFormat]), required=True, help="The target format."
)
@reading_options
def convert_command(file: str, *, target: str, variables: dict[str, str], dialect: str | None) -> int:
    """Write what FILE (or - for standard input) says, with includes and variables resolved, to standard output.

    HOCON output is in the general HOCON dialect: read it back with --dialect hocon.

    Exit code 0: written. 1: the file has errors or cannot be said in the format. 2: wrong usage, or it cannot be read.
    """
    document = _read(file, variables, dialect)
    errors = [diagnostic for diagnostic in document.diagnostics if diagnostic.severity is Severity.ERROR]
    tell_findings(document.diagnostics)
    if errors:
        return exit_code(errors)
    return _write(document.root, TargetFormat(target)) if document.root is not None else EXIT_CLEAN


def _read(file: str, variables: dict[str, str], dialect: str | None) -> Document:
    if file == STDIN:
        return read_text(read_stdin(), STDIN_NAME, read_options(Path.cwd(), variables, dialect))
    path = Path(file)
    return read_file(path, read_options(path.absolute().parent, variables, dialect))


def _write(root: Value, target: TargetFormat) -> int:
    converted = convert(to_plain(root), target)
    write_data(converted.text)
    for pointer in converted.left_out:
        say(f"left out, because {target} cannot say null or empty: {pointer}")
    return EXIT_CLEAN
