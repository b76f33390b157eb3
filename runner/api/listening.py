"""The sockets that the daemon listens on. What answers there is not in it."""

from __future__ import annotations

import socket
from pathlib import Path

from runner.endpoint import ListenAddress, is_loopback
from runner.supervisor.keys import Keys
from spec.errors import UsageError

BACKLOG = 128


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


def open_tcp(wanted: ListenAddress, keys: Keys) -> tuple[socket.socket, ListenAddress]:
    """A bound socket, and the address it has got. Raises UsageError for an address that cannot be had, or that other machines
    can reach although there is no key."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(wanted.address, wanted.port, type=socket.SOCK_STREAM)[0]
        if not is_loopback(str(place[0])) and not keys.all():
            raise UsageError(
                f"{wanted} can be reached from other machines, and nobody would need a key",
                hint="make one first: flowdeck keys add NAME --scope operate; or listen on 127.0.0.1",
                code="listen-refused",
            )
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        message = f"cannot listen on {wanted}: {error.strerror or error}"
        raise UsageError(message, hint="choose another port, or 0 for any", code="listen-failed") from error
    bound = listener.getsockname()
    return listener, ListenAddress(str(bound[0]), int(bound[1]))
