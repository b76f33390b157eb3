"""What all commands that do something to a job share: trying it dry, the reason for it, waiting for what comes of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any, TypeVar

import click

from runner.operation import Effects
from tui.cli import figures
from tui.cli.failures import EXIT_FAILED
from tui.cli.json_output import print_json
from tui.cli.tables import Cell, print_pairs
from tui.cli.terminal import say_problem

_NAMES = {"delete": "rm", "purge": "rm --purge", "edit": "label"}
_OF_FILES = frozenset({"plan", "update"})

F = TypeVar("F", bound=Callable[..., Any])


def action_options(command: F) -> F:
    """``--dry-run`` and ``--reason``."""
    command = click.option("--reason", metavar="TEXT", default=None, help="Why; kept in the audit trail.")(command)
    return click.option("--dry-run", is_flag=True, help="Say what it would do, keep and lose, and do nothing.")(command)


def wait_option(command: F) -> F:
    """``--wait`` and ``--no-wait``."""
    text = "Wait until it has come about (the default), or return once the daemon knows of it."
    return click.option("--wait/--no-wait", default=True, help=text)(command)


def tell_effects(effects: Effects, output: str) -> int:
    """Print what a command would do; exit code 1 when it would be refused."""
    if output == "json":
        print_json(effects)
    else:
        print_pairs(_pairs(effects))
        if not effects.allowed:
            say_problem(effects.reason or "it would be refused", effects.hint)
    return 0 if effects.allowed else EXIT_FAILED


def _pairs(effects: Effects) -> list[tuple[str, str | Cell]]:
    pairs: list[tuple[str, str | Cell]] = [("command", effects.action), ("job", f"{effects.job_name}, {effects.state}")]
    if effects.does:
        pairs.append(("would", effects.does))
    pairs += [("kept", Cell(kept, "green")) for kept in effects.kept]
    pairs += [("lost", Cell(lost, "red")) for lost in effects.lost]
    pairs += [("safer", f"{_command(safer.action, effects)}: {safer.why}") for safer in effects.safer]
    if effects.usual_seconds is not None:
        pairs.append(("takes", f"usually {figures.duration(effects.usual_seconds)}"))
    return pairs


def _command(action: str, effects: Effects) -> str:
    about = "FILE" if action in _OF_FILES else shlex.quote(effects.job_name)
    return f"flowdeck {_NAMES.get(action, action)} {about}"
