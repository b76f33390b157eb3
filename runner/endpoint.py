"""Where a daemon answers: on a home's unix socket, or over TCP. Addresses as people write them, and connecting to them.

Standard library only: every command of the command line pays for this import.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from spec.errors import FlowdeckError, UsageError

if TYPE_CHECKING:
    import http.client
    import ssl

LOOPBACK = "127.0.0.1"
_LISTEN = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:.%\w]+\]|[^\[\]:/\s]*):)?(?P<port>[0-9]{1,5})")
_PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(r"[\x21-\x7e]*")


class DaemonUnreachable(FlowdeckError):
    """Nobody answers where the daemon should, or not in time."""

    code = "daemon-unreachable"
    exit_code = 2

    def __init__(self, message: str, *, hint: str = "flowdeck up starts the daemon", code: str | None = None) -> None:
        super().__init__(message, hint=hint, code=code)


@dataclass(frozen=True, slots=True)
class UnixEndpoint:
    """The unix socket of a home. Whoever can connect is the owner: no key is needed."""

    path: Path
    host: str = "flowdeck"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        """As people write it."""
        return f"unix:{self.path}"

    def connect(self, timeout: float) -> socket.socket:
        """A connected stream socket with ``timeout`` seconds for each operation."""
        return open_socket(self.path, timeout)

    def describe(self, error: OSError | http.client.HTTPException) -> DaemonUnreachable | None:
        """What a failure to connect means here; None when it says nothing special."""
        if isinstance(error, PermissionError):
            message = f"the daemon's socket {self.path} belongs to someone else"
            return DaemonUnreachable(message, hint="choose another home with --home")
        if isinstance(error, FileNotFoundError | ConnectionRefusedError):
            return DaemonUnreachable(f"no daemon is running for the home {self.path.parent}")
        return None


@dataclass(frozen=True, slots=True)
class TcpEndpoint:
    """A daemon that listens on TCP. ``key`` is sent with every request; empty: none."""

    address: str
    port: int
    key: str = field(default="", repr=False)
    tls: bool = False
    """Whether it speaks TLS. Its certificate is verified then."""
    authority: str = ""
    """A file with the certificates to trust besides the system's."""

    @property
    def host(self) -> str:
        """The Host header."""
        return f"{_bracketed(self.address)}:{self.port}"

    @property
    def url(self) -> str:
        """As people write it."""
        return f"{'https' if self.tls else 'http'}://{self.host}"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What goes with every request."""
        return (("Authorization", f"Bearer {self.key}"),) if self.key else ()

    def connect(self, timeout: float) -> socket.socket:
        """A connected stream socket with ``timeout`` seconds for each operation."""
        connection = socket.create_connection((self.address, self.port), timeout)
        if not self.tls:
            return connection
        try:
            return client_context(self.authority).wrap_socket(connection, server_hostname=self.address)
        except BaseException:
            connection.close()
            raise

    def describe(self, error: OSError | http.client.HTTPException) -> DaemonUnreachable | None:
        """What a failure to connect means here; None when it says nothing special."""
        if isinstance(error, ConnectionRefusedError | socket.gaierror):
            hint = "there, flowdeck up --listen HOST:PORT starts it"
            return DaemonUnreachable(f"no daemon answers on {self.url}", hint=hint)
        if reason := getattr(error, "verify_message", ""):
            hint = "--ca FILE (or FLOWDECK_CA) names the certificates to trust besides the system's"
            return DaemonUnreachable(f"the certificate of {self.url} is not trusted: {reason}", hint=hint)
        if self.tls and getattr(error, "library", "") == "SSL":
            return DaemonUnreachable(f"there is no TLS on {self.url}: {error}", hint=f"perhaps it is http://{self.host}")
        return None


Endpoint: TypeAlias = UnixEndpoint | TcpEndpoint


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where a daemon is to listen on TCP. Port 0: any that is free."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{_bracketed(self.address)}:{self.port}"


@dataclass(frozen=True, slots=True)
class TcpListening:
    """How a daemon is to listen on TCP: with ``certificate`` and ``private_key`` over TLS. ``insecure``: on an address that
    other machines reach without TLS; ``needs_key`` False: on a loopback address without keys; ``names`` are those it is called
    besides its address; ``roots`` the directories whose files clients may name."""

    address: ListenAddress
    certificate: Path | None = None
    private_key: Path | None = None
    insecure: bool = False
    needs_key: bool = True
    names: tuple[str, ...] = ()
    roots: tuple[Path, ...] = ()

    @property
    def scheme(self) -> str:
        """How its URLs begin."""
        return "http" if self.certificate is None else "https"

    def arguments(self) -> list[str]:
        """For the command line of the daemon's process."""
        files = (("--tls-certificate", self.certificate), ("--tls-key", self.private_key))
        result = ["--listen", str(self.address)]
        result += [word for option, path in files if path is not None for word in (option, str(path))]
        result += [option for option, wanted in (("--insecure", self.insecure), ("--no-key", not self.needs_key)) if wanted]
        result += [word for name in self.names for word in ("--host-name", name)]
        return result + [word for root in self.roots for word in ("--root", str(root))]


def parse_listen(text: str) -> ListenAddress:
    """``HOST:PORT``, ``[IPv6]:PORT``, or only ``PORT`` on the loopback address. Raises UsageError."""
    match = _LISTEN.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise UsageError(f"{text!r} is not an address to listen on", hint="write HOST:PORT, as in 127.0.0.1:8080")
    return ListenAddress((match["host"] or LOOPBACK).strip("[]"), int(match["port"]))


def parse_server(url: str, key: str | None = "", authority: str = "") -> TcpEndpoint:
    """The daemon at ``http://HOST:PORT`` or ``https://HOST:PORT``, opened by ``key`` (empty or None: none is sent);
    ``authority`` as there. Raises UsageError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"))
    if parts.scheme not in _PORTS or not host or not plain:
        raise UsageError(
            f"{url!r} is not the address of a daemon",
            hint="write http://HOST:PORT or https://HOST:PORT",
        )
    if not _TOKEN.fullmatch(key := key or ""):
        raise UsageError("FLOWDECK_API_KEY holds characters that no key has", hint="flowdeck keys add NAME makes keys")
    return TcpEndpoint(host, port or _PORTS[parts.scheme], key, parts.scheme == "https", authority)


def is_loopback(address: str) -> bool:
    """Whether an IP address reaches this machine only; False for what is none."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def open_socket(path: Path | str, timeout: float) -> socket.socket:
    """A connected unix stream socket with ``timeout`` seconds for each operation."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def unreachable(endpoint: Endpoint, error: OSError | http.client.HTTPException, timeout: float) -> DaemonUnreachable:
    """A failed exchange in words."""
    if isinstance(error, TimeoutError):
        return DaemonUnreachable(
            f"the daemon did not answer within {timeout:g} seconds",
            hint="it may be busy: try again, or read its daemon.log in the home directory",
        )
    found = endpoint.describe(error)
    return found or DaemonUnreachable(f"the connection to the daemon broke: {error or type(error).__name__}")


def client_context(authority: str) -> ssl.SSLContext:
    """Verifies certificates and names. Raises UsageError for a file that holds no certificates."""
    import ssl  # takes as long as the rest of this module, for those who need it

    context = ssl.create_default_context()
    if authority:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"{authority} holds no certificates: {error}", hint="--ca takes a PEM file") from error
    return context


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
