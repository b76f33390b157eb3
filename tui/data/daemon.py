"""How the screens reach the daemon: the door that opens connections, and what may go wrong with them."""

from __future__ import annotations

import shlex
from typing import TypeVar

import msgspec

from runner.client import Client
from runner.endpoint import Endpoint, TcpEndpoint
from runner.home import Home
from runner.verbs.call import Call
from spec.errors import FlowdeckError
from tui.data.clean import clean

READ_TIMEOUT = 5.0
WRITE_TIMEOUT = 60.0
"""Seconds. A savepoint's own bound is longer: it answers when it is complete."""

FAILURES = (FlowdeckError, OSError, msgspec.DecodeError)
"""What a call of the client may raise for reasons outside this program."""

T = TypeVar("T")


def words_of(error: BaseException) -> str:
    """What went wrong, in words; of what no call should raise, that it is a defect."""
    if isinstance(error, FAILURES):
        return str(error) or type(error).__name__
    return f"flowdeck has a defect: {type(error).__name__}: {error}"


class ReadOnly(FlowdeckError):
    """Nothing may be changed from here."""

    code = "read-only"


class LookingClient(Client):
    """A client that refuses to change anything, whoever asks."""

    refusal = ""

    def perform(self, call: Call[T]) -> T:
        """Make the call if it only reads. Raises :class:`ReadOnly`."""
        if not call.is_read:
            raise ReadOnly(self.refusal, hint="nothing was sent to the daemon")
        return super().perform(call)


class Door:
    """Where connections come from. A client belongs to the thread that asked for it. ``server`` None: the home's own daemon.
    ``read_only`` says why nothing may be changed; empty: it may."""

    def __init__(self, home: Home, server: Endpoint | None = None, read_only: str = "") -> None:
        self._home = home
        self._server = server
        self.read_only = read_only

    @property
    def home(self) -> str:
        """The home's directory, to show."""
        return clean(str(self._home.path))

    @property
    def server(self) -> str:
        """The server's address, to show; empty for a home's own daemon."""
        return clean(self._server.url) if isinstance(self._server, TcpEndpoint) else ""

    @property
    def words(self) -> str:
        """Where the daemon is: ``home ~/x`` or ``server https://…``."""
        return f"server {self.server}" if self.server else f"home {self.home}"

    @property
    def export(self) -> str:
        """What a shell must be told before commands find this daemon; empty when they do anyway."""
        if self.server:
            return f"export FLOWDECK_SERVER={shlex.quote(self.server)}"
        return f"export FLOWDECK_HOME={shlex.quote(self.home)}" if self._home.path != Home().path else ""

    def start(self) -> Client:
        """A connection, after starting the home's daemon when none is running (bounded wait). A server is not started."""
        if not self.read_only:
            return Client.connect(self._home, start=True, timeout=READ_TIMEOUT, server=self._server)
        client = self.open(READ_TIMEOUT)
        client.status()
        return client

    def open(self, timeout: float) -> Client:
        """A connection to the daemon that is running."""
        if not self.read_only:
            return Client(self._home, timeout=timeout, server=self._server)
        client = LookingClient(self._home, timeout=timeout, server=self._server)
        client.refusal = self.read_only
        return client
