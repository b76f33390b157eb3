"""Which ids the store takes. They become parts of file names, so they are confined here, once."""

from __future__ import annotations

import re

from runner.store.errors import StoreError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def check_id(noun: str, identity: str) -> str:
    """The id itself; StoreError ``invalid-id`` unless it is 1 to 100 characters of ``A-Z a-z 0-9 _ . -``, the first of them a
    letter or digit."""
    if _ID.fullmatch(identity) is None:
        raise StoreError(f"{identity!r} cannot be the id of a {noun}", code="invalid-id")
    return identity
