"""Recognises a failure that comes back at the same place, so that it is not tried for ever. Pure.

A failure of the surroundings (a lost worker, a full disk, want of memory) may pass however often it has come: how often it is
tried is the restart strategy's business alone.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from runner.model import ErrorInfo

FILE_MISSING: Final = "file-missing"
_HINTS: Final = {
    FILE_MISSING: "put the file there or correct the path, then start the job again with `flowdeck restart`",
    "data": "correct the row, or let the job go on without it with on_error, then `flowdeck restart`",
    "sql": "correct the query, or the rows that it fails at, then `flowdeck restart`",
    "target": "put the target in the state that the job asks for, then `flowdeck restart`",
    "option": "correct the job file; `flowdeck restart` goes on from the last checkpoint",
    "plugin": "correct what the message says, then `flowdeck restart`",
    "internal": "this is a defect of flowdeck: please report it",
}


class Fingerprint(NamedTuple):
    """What makes two failures the same: the kind, the plugin, and where its work was (without a position: what it says)."""

    code: str
    plugin: str
    place: str


def fingerprint(error: ErrorInfo) -> Fingerprint | None:
    """The failure's fingerprint; None when it says nothing about the next attempt: its cause is not the work itself, or
    nobody knows where it was."""
    if error.code not in _HINTS or not (error.plugin or error.position):
        return None
    return Fingerprint(error.code, error.plugin or "", error.position or error.message)


class Recurrence:
    """The failures of one execution since it last got further."""

    def __init__(self) -> None:
        self._seen: set[Fingerprint] = set()

    def progressed(self) -> None:
        """The work got further than ever before: a failure from here on is another one."""
        self._seen.clear()

    def recurs(self, error: ErrorInfo) -> bool:
        """Take note of the failure; True when it was there before and there was no progress in between."""
        found = fingerprint(error)
        if found is None:
            return False
        known = found in self._seen
        self._seen.add(found)
        return known


def recurring(error: ErrorInfo) -> ErrorInfo:
    """The failure as the end of an execution: that it came twice, and what has to change."""
    hint = error.hint or _HINTS.get(error.code, "")
    return msgspec.structs.replace(error, message=f"failed twice at the same place: {error.message}", hint=hint)
