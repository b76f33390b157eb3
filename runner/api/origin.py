"""By which name a request over TCP comes, and from which web page.

A web page in a browser on this machine can send requests to a loopback address, under its own name (cross-site) or, by
answering for its name with that address (rebinding), under a name of its choosing. Neither gets past here.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

from runner.api.access import Forbidden
from runner.endpoint import ListenAddress, is_loopback

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_SAME_SITE = frozenset({"same-origin", "none"})
Headers = list[tuple[str, str]]


class OriginCheck:
    """Of the daemon that listens at ``address``, and is called ``names`` besides."""

    def __init__(self, address: ListenAddress, names: Iterable[str] = (), *, scheme: str = "http") -> None:
        self._scheme = scheme
        self._hosts = _hosts(address) | {name.lower() for name in names}
        self._any_address = address.address in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound

    def check(self, headers: Headers) -> None:
        """Raise :class:`Forbidden` for a request by another name, or that a page elsewhere sends."""
        hosts = values(headers, "host")
        self._check_host(hosts)
        here = f"{self._scheme}://{hosts[0]}".lower()
        origins = {origin.lower() for origin in values(headers, "origin")}
        sites = {site.lower() for site in values(headers, "sec-fetch-site")}
        if not origins <= {here} or not sites <= _SAME_SITE:
            raise Forbidden("requests from web pages elsewhere are refused")

    def _check_host(self, given: list[str]) -> None:
        match = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        name = match[1].lower() if match else ""
        if name not in self._hosts and not (self._any_address and _is_address(name)):
            raise Forbidden(
                "the Host header names none of the daemon's addresses",
                hint="connect by the address it listens on; flowdeck up --host-name gives it more names",
            )


def values(headers: Headers, wanted: str) -> list[str]:
    """Every value of a header."""
    return [value.strip() for name, value in headers if name == wanted]


def _hosts(address: ListenAddress) -> set[str]:
    """The names that requests may come by."""
    own = f"[{address.address}]" if ":" in address.address else address.address
    hosts = {own.lower()}
    if is_loopback(address.address):
        hosts |= {"localhost", "127.0.0.1", "[::1]"}
    else:
        hosts.add(socket.gethostname().lower())
    return hosts


def _is_address(name: str) -> bool:
    """Whether a Host header names an IP address: rebinding takes a name."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
