"""What one invocation of the command line knows: which home, and how to reach its daemon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from runner.client import Client
from runner.home import Home


@dataclass(slots=True)
class Session:
    """The choices that hold for every command. ``home_path`` None: FLOWDECK_HOME or the user's state directory."""

    home_path: Path | None = None
    debug: bool = False

    @property
    def home(self) -> Home:
        """The chosen home; nothing is created."""
        return Home(self.home_path)

    def client(self, *, start: bool = True) -> Client:
        """A client whose daemon answers; with ``start`` the daemon is started when it is not up."""
        return Client.connect(self.home, start=start)


def current_session() -> Session:
    """The session of the running command."""
    return click.get_current_context().ensure_object(Session)
