"""How the screens reach the daemon: the door that opens connections, and what may go wrong with them."""

from __future__ import annotations

import msgspec

from runner.client import Client
from runner.home import Home
from spec.errors import FlowdeckError
from tui.data.clean import clean

READ_TIMEOUT = 5.0
WRITE_TIMEOUT = 60.0
"""Seconds. A savepoint's own bound is longer: it answers when it is complete."""

FAILURES = (FlowdeckError, OSError, msgspec.DecodeError)
"""What a call of the client may raise for reasons outside this program."""


class Door:
    """Where connections come from. A client belongs to the thread that asked for it."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def home(self) -> str:
        """The home's directory, to show."""
        return clean(str(self._home.path))

    @property
    def is_other_home(self) -> bool:
        """Whether commands find another home unless they are told."""
        return self._home.path != Home().path

    def start(self) -> Client:
        """A connection, after starting the daemon when none is running (bounded wait)."""
        return Client.connect(self._home, start=True, timeout=READ_TIMEOUT)

    def open(self, timeout: float) -> Client:
        """A connection to the daemon that is running."""
        return Client(self._home, timeout=timeout)
