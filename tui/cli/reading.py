"""How the commands that need no daemon read job files: their common options, and standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from spec.document import Dialect
from spec.errors import UsageError
from tui.data.jobfile_options import read_options

__all__ = ["MAXIMUM_STDIN", "STDIN_NAME", "read_options", "read_stdin", "reading_options"]

F = TypeVar("F", bound=Callable[..., Any])

STDIN_NAME = "<stdin>"
MAXIMUM_STDIN = 64 << 20


def reading_options(command: F) -> F:
    """``-i key=value`` and ``--dialect``."""
    command = click.option(
        "--dialect",
        type=click.Choice([str(dialect) for dialect in Dialect]),
        help="How to read the files. Default: json for names that end in .json, else seatunnel.",
    )(command)
    return click.option(
        "-i",
        "--variable",
        "variables",
        metavar="KEY=VALUE",
        multiple=True,
        callback=_variables,
        help="Set a variable that the files refer to as ${KEY}. May be given several times.",
    )(command)


def read_stdin() -> str:
    """The text on standard input. Raises UsageError when it is too large or not UTF-8."""
    data = sys.stdin.buffer.read(MAXIMUM_STDIN + 1)
    if len(data) > MAXIMUM_STDIN:
        raise UsageError(f"standard input has more than {MAXIMUM_STDIN >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("standard input is not UTF-8 text", hint=f"byte {error.start} is the first that is not") from error


def _variables(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{value!r} is not of the form KEY=VALUE")
        variables[name] = text
    return variables
