"""The key that a request carries: as a bearer token, as the password of a name, or in a header of its own."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from runner.api.access import Unauthorized
from runner.api.origin import Headers, values

CHALLENGES: Final = (b'Bearer realm="flowdeck"', b'Basic realm="flowdeck", charset="UTF-8"')
_HINT = "send Authorization: Bearer KEY; flowdeck keys add NAME makes one"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A secret, and with Basic the name of the key that it is to be."""

    secret: str
    name: str | None = None


def credentials_of(headers: Headers) -> Credentials | None:
    """What the request carries; None for nothing. Raises :class:`Unauthorized` for what is no key, or more than one."""
    given = [("", key) for key in values(headers, "x-api-key")]
    given += [
        (scheme.lower(), rest) for scheme, _, rest in (value.partition(" ") for value in values(headers, "authorization"))
    ]
    if not given:
        return None
    if len(given) > 1:
        raise Unauthorized("the request carries more than one key", hint=_HINT)
    scheme, text = given[0][0], given[0][1].strip()
    if scheme == "basic":
        return _basic(text)
    if scheme not in {"", "bearer"} or not text:
        raise Unauthorized("this address needs a key", hint=_HINT)
    return Credentials(text)


def _basic(text: str) -> Credentials:
    try:
        name, separator, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        separator = ""
    if not separator:
        raise Unauthorized("the Authorization header cannot be read", hint="Basic takes the key's name and the key as password")
    return Credentials(secret, name)
