"""Why looking failed, in words: nobody answers, the daemon refuses, or it is of another version than this program."""

from __future__ import annotations

from typing import Final

import msgspec

from runner.client import ApiError
from spec.errors import FlowdeckError
from tui.data.daemon import words_of

_UNKNOWN_ROUTE: Final = frozenset({404, 405, 501})
_RESTART: Final = "start it anew as this version: flowdeck down, then flowdeck up (jobs go on from their last checkpoint)"


def told(error: BaseException) -> tuple[str, str, bool]:
    """The message, the hint, and whether a daemon answered."""
    if isinstance(error, ApiError) and error.status in _UNKNOWN_ROUTE:
        return f"the daemon does not know what this program asks for: it is of another version\n{error.message}", _RESTART, True
    if isinstance(error, msgspec.DecodeError):
        return f"the daemon answers what this program does not understand: it is of another version\n{error}", _RESTART, True
    hint = error.hint if isinstance(error, FlowdeckError) else ""
    return words_of(error), hint, isinstance(error, ApiError)
