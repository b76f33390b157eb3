"""Who may come in: whoever shows the token, once, and has the cookie from then on; by this machine's names, from no other page.

A cookie of a loopback address goes to every server there, whatever its port: this one is for a path that only who came in
knows, so that no other server is sent it.
"""

from __future__ import annotations

import hmac
import re
import secrets

from aiohttp import web

from spec.errors import FlowdeckError

COOKIE = "flowdeck-web"
_HOST = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?")
_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAME_SITE = frozenset({"same-origin", "none"})


class Refused(FlowdeckError):
    """A request that is not answered, and with which status."""

    def __init__(self, status: int, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint, code="web-refused")
        self.status = status


class Door:
    """Of one server. ``address`` is the loopback address that it listens on."""

    def __init__(self, address: str) -> None:
        self._names = _NAMES | {f"[{address}]" if ":" in address else address}
        self.token = secrets.token_urlsafe(32)
        self.path = f"/{secrets.token_hex(8)}/"
        """Below it is everything that needs the cookie."""
        self._cookie = secrets.token_urlsafe(32)

    def check(self, request: web.Request) -> None:
        """Raise :class:`Refused` for a request by another name, from a page elsewhere, or without the cookie that it needs."""
        self._check_host(request)
        self._check_origin(request)
        if request.path == "/":
            return self._check_token(request)
        given = request.cookies.get(COOKIE, "")
        if not (request.path.startswith(self.path) and _same(given, self._cookie)):
            raise _nobody()
        return None

    def admit(self, response: web.Response) -> None:
        """Give the cookie to whoever showed the token."""
        response.set_cookie(COOKIE, self._cookie, path=self.path, httponly=True, samesite="Strict")

    def _check_host(self, request: web.Request) -> None:
        given = request.headers.getall("Host", [])
        match = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if match is None or match[1].lower() not in self._names:
            # A page elsewhere may have its own name answered with this address. The port is not compared: a tunnel has its own.
            raise Refused(
                403,
                "this was asked for by a name that is not this machine's own",
                hint="open the address that flowdeck web printed; through a tunnel, http://127.0.0.1:PORT",
            )

    def _check_origin(self, request: web.Request) -> None:
        here = f"http://{request.headers['Host']}".lower()
        origins = {origin.lower() for origin in request.headers.getall("Origin", [])}
        sites = set(request.headers.getall("Sec-Fetch-Site", []))
        if origins <= {here} and (sites <= _SAME_SITE or self._is_link(request)):
            return
        raise Refused(403, "requests from other web pages are refused", hint="open the address that flowdeck web printed")

    def _is_link(self, request: web.Request) -> bool:
        """A link to the entrance may be anywhere: it needs the token."""
        return request.path == "/" and request.headers.get("Sec-Fetch-Dest") == "document"

    def _check_token(self, request: web.Request) -> None:
        given = request.query.getall("token", [])
        if not given:
            raise _nobody()
        if len(given) != 1 or not _same(given[0], self.token):
            raise Refused(
                401, "the token opens nothing here", hint="it may be of an earlier start: take the address printed last"
            )


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def _nobody() -> Refused:
    return Refused(
        401,
        "this page is for whoever has its token",
        hint="open the whole address that flowdeck web printed, with what follows the question mark",
    )
