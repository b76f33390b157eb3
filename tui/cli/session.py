"""What one invocation of the command line knows: which home, and how to reach its daemon."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.home import Home
from spec.errors import UsageError

if TYPE_CHECKING:  # what speaks HTTP takes a third of the start of a command that needs no daemon
    from runner.client import Client
    from runner.endpoint import TcpEndpoint


@dataclass(slots=True)
class Session:
    """The choices that hold for every command. ``home_path`` None: FLOWDECK_HOME or the user's state directory. ``server_url``
    None: FLOWDECK_SERVER, or without it the home's own daemon. ``authority`` None: FLOWDECK_CA, or no certificates besides the
    system's."""

    home_path: Path | None = None
    server_url: str | None = None
    authority: Path | None = None
    debug: bool = False
    command: str = ""
    """The command that runs, as it was typed."""
    job: str = ""
    """The job that the command is about, as it was typed."""
    alone: bool = False
    """Whether this process does nothing but the command."""

    @property
    def home(self) -> Home:
        """The chosen home; nothing is created."""
        return Home(self.home_path)

    @property
    def server(self) -> TcpEndpoint | None:
        """The daemon that was chosen by its address, with the key from FLOWDECK_API_KEY; None for the home's own."""
        from runner.endpoint import parse_server

        url = os.environ.get("FLOWDECK_SERVER", "") if self.server_url is None else self.server_url
        authority = os.environ.get("FLOWDECK_CA", "") if self.authority is None else str(self.authority)
        return parse_server(url, os.environ.get("FLOWDECK_API_KEY", ""), authority) if url else None

    def own_home(self) -> Home:
        """The chosen home, for what can only be done on this machine. Raises UsageError when another daemon was chosen."""
        if (server := self.server) is not None:
            raise UsageError(
                f"this works with the daemon of this machine only, not with the one at {server.url}",
                hint="leave --server and FLOWDECK_SERVER out",
            )
        return self.home

    def client(self, *, start: bool = True, timeout: float = 10.0) -> Client:
        """A client whose daemon answers; with ``start`` the home's own daemon is started when it is not up."""
        from runner.client import Client

        return Client.connect(self.home, start=start, timeout=timeout, server=self.server)


def current_session() -> Session:
    """The session of the running command."""
    return click.get_current_context().ensure_object(Session)
