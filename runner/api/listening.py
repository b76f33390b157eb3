"""The sockets that the daemon listens on. What answers there is not in it."""

from __future__ import annotations

import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner.endpoint import ListenAddress, TcpListening, is_loopback
from runner.supervisor.keys import Keys
from spec.errors import UsageError

if TYPE_CHECKING:  # takes a while, and few daemons listen on TCP
    import ssl

BACKLOG = 1024
"""Who connects to the unix socket while so many wait is told to try again at once, and clients take that for nobody there."""


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """A bound socket, how it was wanted, the address it has got, and the certificate it shows."""

    listener: socket.socket
    wanted: TcpListening
    address: ListenAddress
    tls: ssl.SSLContext | None

    @property
    def url(self) -> str:
        """As people write it."""
        return f"{self.wanted.scheme}://{self.address}"


def listen_at(path: Path) -> socket.socket:
    """A listening unix socket at ``path``, for this user only. The caller holds the home's lock: what is there is a leftover.

    The directory is private (mode 0700), so nobody can connect before the socket's own mode is set.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(BACKLOG)
        listener.settimeout(0)
    except BaseException:
        listener.close()
        raise
    return listener


def open_tcp(wanted: TcpListening, keys: Keys) -> TcpSocket:
    """A bound socket. Raises UsageError for an address that cannot be had, or that other machines
    can reach although there is no key or no TLS."""
    address = wanted.address
    tls = _open_tls(wanted)
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address.address, address.port, type=socket.SOCK_STREAM)[0]
        if not is_loopback(str(place[0])):
            _check_public(wanted, keys)
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        message = f"cannot listen on {address}: {error.strerror or error}"
        raise UsageError(message, hint="choose another port, or 0 for any", code="listen-failed") from error
    bound = listener.getsockname()
    return TcpSocket(listener, wanted, ListenAddress(str(bound[0]), int(bound[1])), tls)


def _open_tls(wanted: TcpListening) -> ssl.SSLContext | None:
    """The certificate that the daemon shows; None without TLS. Raises UsageError for files that are not a certificate and its
    key, and for a key that others may read."""
    if wanted.certificate is None or wanted.private_key is None:
        if wanted.certificate is not None or wanted.private_key is not None:
            raise UsageError(
                "TLS takes a certificate and its key", hint="give --tls-certificate and --tls-key", code="tls-files"
            )
        return None
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # TLS 1.2 and later
    try:
        if stat.S_IMODE(wanted.private_key.stat().st_mode) & 0o007:
            hint = f"chmod 600 {wanted.private_key}"
            raise UsageError(f"everybody on this machine may read {wanted.private_key}", hint=hint, code="tls-files")
        # The password is asked for on a terminal otherwise, and the daemon has none.
        context.load_cert_chain(wanted.certificate, wanted.private_key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise UsageError(
            f"{wanted.certificate} and {wanted.private_key} are not a certificate and its key: {error}",
            hint="both are PEM files; the key has no password",
            code="tls-files",
        ) from error
    return context


def _check_public(wanted: TcpListening, keys: Keys) -> None:
    """Other machines can reach the address."""
    if not wanted.needs_key:
        raise UsageError(
            f"{wanted.address} can be reached from other machines: without a key everybody there could use it",
            hint="--no-key is for loopback addresses",
            code="listen-refused",
        )
    if not keys.all():
        raise UsageError(
            f"{wanted.address} can be reached from other machines, and there is no key yet",
            hint="make one first: flowdeck keys add NAME --scope operate; or listen on 127.0.0.1",
            code="listen-refused",
        )
    if wanted.certificate is None and not wanted.insecure:
        raise UsageError(
            f"{wanted.address} can be reached from other machines: without TLS keys and data can be read on the way",
            hint="give --tls-certificate and --tls-key; where something else encrypts, --insecure",
            code="listen-refused",
        )
