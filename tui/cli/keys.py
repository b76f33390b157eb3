"""The command keys: who may use the daemon over TCP."""

from __future__ import annotations

import click

from runner.model import KeyScope
from runner.requests import KeyRequest
from tui.cli.job_details import moment
from tui.cli.json_output import print_json
from tui.cli.options import home_option, output_option
from tui.cli.session import current_session
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say, write_data

_COLUMNS = (Column("NAME"), Column("SCOPE"), Column("CREATED"))


@click.group("keys", short_help="Make, list and remove keys for the TCP address.")
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
@output_option
@home_option
def add_command(name: str, *, scope: str, output: str) -> int:
    """Make a key and print it. This is the only time that it is shown."""
    with current_session().client() as client:
        made = client.add_key(KeyRequest(name=name, scope=KeyScope(scope)))
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
        print_table(_COLUMNS, [(key.name, key.scope, moment(key.created_at)) for key in found])
    else:
        say("there are no keys")
    return 0


@keys_command.command("remove", short_help="Remove a key.")
@click.argument("name", metavar="NAME")
@home_option
def remove_command(name: str) -> int:
    """Remove the key NAME: from now on it opens nothing."""
    with current_session().client() as client:
        client.remove_key(name)
        left = client.keys()
    say(f"removed the key {name}" + ("" if left else "; none is left, so on a loopback address nobody needs one"))
    return 0
