"""Options and arguments that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

import click
from click.shell_completion import CompletionItem

from runner.bounds import ERROR_SORT_PATTERN, SORT_PATTERN
from runner.user_home import expanded
from tui.cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])


def _choose_home(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Session).home_path = value


def _choose_server(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Session).server_url = value


def _choose_authority(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Session).authority = value


def home_option(command: F) -> F:
    """``--home DIR``, ``--server URL`` and ``--ca FILE``, before or after the command's name."""
    command = click.option(
        "--ca",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        expose_value=False,
        callback=_choose_authority,
        help="Certificates to trust for an https server besides the system's. Default: $FLOWDECK_CA.",
    )(command)
    command = click.option(
        "--server",
        metavar="URL",
        expose_value=False,
        callback=_choose_server,
        help="The daemon at http(s)://HOST:PORT, not the home's own. Default: $FLOWDECK_SERVER. Its key: $FLOWDECK_API_KEY.",
    )(command)
    kind = click.Path(path_type=Path, file_okay=False)
    text = "The home directory. Default: $FLOWDECK_HOME, else the user's state directory."
    return click.option("--home", metavar="DIR", type=kind, expose_value=False, callback=_choose_home, help=text)(command)


def output_option(command: F) -> F:
    """``--output table|json``."""
    text = "A table for people or JSON for programs."
    return click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help=text)(
        command
    )


@overload
def job_argument(command: F) -> F: ...
@overload
def job_argument(*, required: bool) -> Callable[[F], F]: ...
def job_argument(command: F | None = None, *, required: bool = True) -> F | Callable[[F], F]:
    """``JOB``: an id, a unique prefix of one, or a name."""
    metavar = "JOB" if required else "[JOB]"
    made = click.argument("job", metavar=metavar, required=required, shell_complete=completing("jobs"), callback=_remember_job)
    return made if command is None else made(command)


def _remember_job(context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    context.ensure_object(Session).job = value or ""
    return value


def queue_option(command: F) -> F:
    """``--queue Q``."""
    text = "Only what is of this queue."
    return click.option("--queue", metavar="Q", help=text, shell_complete=completing("queues"))(command)


def completing(what: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Completes with what the daemon has: `jobs`, `queues`, `workers`, `labels`, `savepoints`, `restore_points`."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from tui.cli import completion  # only while a shell completes

        found: list[CompletionItem] = getattr(completion, f"complete_{what}")(context, parameter, incomplete)
        return found

    return complete


def check_restore_point(value: str) -> str:
    """``latest``, ``none``, the number of a checkpoint, or the absolute path of what is given as a savepoint's directory."""
    if value in {"latest", "none"} or (value.isascii() and value.isdigit()):
        return value
    path = expanded(value)
    if os.sep not in value and not path.is_dir():
        raise click.BadParameter(f"{value!r} is neither `latest` nor the number of a checkpoint nor a savepoint's directory")
    return absolute_path(path)


class _Sorting(click.ParamType[str]):
    """``ended:asc``."""

    name = "order"

    def __init__(self, pattern: str, example: str) -> None:
        self._pattern = re.compile(pattern)
        self._example = example

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> str:
        text = str(value).lower()
        if self._pattern.fullmatch(text) is None:
            field = self._example.partition(":")[0]
            told = f"{text!r} is no order: write a field, as in {field}, or with a direction, as in {self._example}"
            self.fail(told, parameter, context)
        return text


sort_option = click.option(
    "--sort",
    type=_Sorting(SORT_PATTERN, "ended:asc"),
    metavar="FIELD[:asc|desc]",
    help="By name, state, created, updated, started or ended, instead of the newest first.",
)
error_sort_option = click.option(
    "--sort",
    type=_Sorting(ERROR_SORT_PATTERN, "count:asc"),
    metavar="FIELD[:asc|desc]",
    help="By last, first (when that was), count or code, instead of the last first.",
)


def absolute_path(path: Path) -> str:
    """What the daemon, which has a working directory of its own, understands."""
    return os.path.abspath(expanded(path))  # noqa: PTH100 - without looking at links
