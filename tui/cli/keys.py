"""The command keys: who may use the daemon over TCP."""

from __future__ import annotations

import click

from runner.model import ApiKey, KeyScope
from runner.replies import NewKey
from runner.requests import KeyRequest, RotateRequest
from tui.cli.job_details import moment
from tui.cli.json_output import print_json
from tui.cli.options import home_option, output_option
from tui.cli.session import current_session
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say, write_data

_COLUMNS = (Column("NAME"), Column("SCOPE"), Column("CREATED"), Column("EXPIRES"), Column("LAST USED"))
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}


class _Lifetime(click.ParamType[float]):
    """``30d`` as seconds."""

    name = "time"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> float:
        text = str(value)
        number, unit = text[:-1], text[-1:]
        if unit not in _UNITS or not (number.isascii() and number.isdigit()) or not 0 < int(number) <= 10_000:
            self.fail(f"{text!r} is not a time: write 12h, 30d or 8w", parameter, context)
        return int(number) * _UNITS[unit]


_expires_option = click.option(
    "--expires", metavar="TIME", type=_Lifetime(), help="Let it open nothing any more after TIME, as in 12h, 30d or 8w."
)


@click.group("keys", short_help="Make, list, renew and remove keys for the TCP address.")
@home_option
def keys_command() -> None:
    """Keys open the daemon to those who come over TCP (flowdeck up --listen). The unix socket needs none."""


@keys_command.command("add", short_help="Make a key.")
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    type=click.Choice([str(scope) for scope in KeyScope]),
    default=str(KeyScope.READ),
    show_default=True,
    help="read: look; operate: submit and control jobs too, with all the rights of the daemon's user; admin: everything.",
)
@_expires_option
@output_option
@home_option
def add_command(name: str, *, scope: str, expires: float | None, output: str) -> int:
    """Make a key and print it. This is the only time that it is shown."""
    with current_session().client() as client:
        made = client.add_key(KeyRequest(name=name, scope=KeyScope(scope), expires_in=expires))
    return _show(made, output)


@keys_command.command("rotate", short_help="Give a key a new secret.")
@click.argument("name", metavar="NAME")
@_expires_option
@output_option
@home_option
def rotate_command(name: str, *, expires: float | None, output: str) -> int:
    """Give the key NAME a new secret and print it, this once; with the old one it opens nothing any more. Without --expires it
    lives as long as it did, from now on."""
    with current_session().client() as client:
        made = client.rotate_key(name, RotateRequest(expires_in=expires))
    return _show(made, output)


def _show(made: NewKey, output: str) -> int:
    if output == "json":
        print_json(made)
    else:
        write_data(f"{made.key}\n")
        say("it is not shown again: clients send it as Authorization: Bearer KEY, flowdeck takes it from FLOWDECK_API_KEY")
    return 0


@keys_command.command("list", short_help="List keys.")
@output_option
@home_option
def list_command(output: str) -> int:
    """List the keys by name, without the keys themselves."""
    with current_session().client() as client:
        found = client.keys()
    if output == "json":
        print_json({"keys": found})
    elif found:
        print_table(_COLUMNS, [_row(key) for key in found])
    else:
        say("there are no keys")
    return 0


def _row(key: ApiKey) -> tuple[str, ...]:
    expires = "never" if key.expires_at is None else moment(key.expires_at)
    used = "never" if key.last_used_at is None else moment(key.last_used_at)
    return key.name, key.scope, moment(key.created_at), expires, used


@keys_command.command("remove", short_help="Remove a key.")
@click.argument("name", metavar="NAME")
@home_option
def remove_command(name: str) -> int:
    """Remove the key NAME: from now on it opens nothing."""
    with current_session().client() as client:
        client.remove_key(name)
        left = client.keys()
    say(f"removed the key {name}" + ("" if left else "; none is left: over TCP nobody comes in"))
    return 0
