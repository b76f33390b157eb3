"""The options of `flowdeck up` that say how the daemon listens on TCP, and who may come in there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from runner.client import Client
from runner.endpoint import TcpListening, parse_listen
from runner.model import KeyScope
from runner.requests import KeyRequest
from spec.errors import UsageError
from tui.cli.terminal import say, write_data

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True)
_DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)
_FIRST_KEY = "first"


def listen_options(command: F) -> F:
    """``--listen HOST:PORT`` and what belongs to it."""
    for option in reversed(
        (
            click.option("--listen", metavar="HOST:PORT", help="Listen on TCP too; without HOST on the loopback address."),
            click.option("--tls-certificate", metavar="FILE", type=_FILE, help="Speak TLS with this certificate (PEM)."),
            click.option("--tls-key", metavar="FILE", type=_FILE, help="The private key of the certificate (PEM)."),
            click.option("--insecure", is_flag=True, help="Listen on an address that other machines reach without TLS."),
            click.option(
                "--no-key", is_flag=True, help="On a loopback address let everybody on this machine in without a key."
            ),
            click.option(
                "--host-name",
                multiple=True,
                metavar="NAME",
                help="A name that the daemon is reached by besides its address. May be repeated.",
            ),
            click.option(
                "--root",
                multiple=True,
                metavar="DIR",
                type=_DIRECTORY,
                help="Let those who come over TCP name files below DIR. May be repeated.",
            ),
        )
    ):
        command = option(command)
    return command


def chosen_listening(
    listen: str | None,
    tls_certificate: Path | None,
    tls_key: Path | None,
    *,
    insecure: bool,
    no_key: bool,
    host_name: tuple[str, ...],
    root: tuple[Path, ...],
) -> TcpListening | None:
    """What the options say together. Raises UsageError."""
    if listen is None:
        if tls_certificate or tls_key or insecure or no_key or host_name or root:
            raise UsageError("that is about the TCP address, and there is none", hint="add --listen HOST:PORT")
        return None
    address = parse_listen(listen)
    return TcpListening(address, tls_certificate, tls_key, insecure=insecure, needs_key=not no_key, names=host_name, roots=root)


def tell_who_may(client: Client, listening: TcpListening) -> None:
    """After a start: make the first key when there is none, and print it, this once."""
    if not listening.needs_key:
        say("nobody needs a key to use it: every user and program of this machine can (--no-key)")
    elif not client.keys():
        made = client.add_key(KeyRequest(name=_FIRST_KEY, scope=KeyScope.OPERATE))
        write_data(f"key     {made.key}\n")
        say("who comes over TCP needs this key; it is not shown again. flowdeck keys makes others")
