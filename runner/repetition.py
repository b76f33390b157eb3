"""When a call is made once more: its answer was lost, or the daemon asks for patience. Decides; waits for nobody."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from runner.endpoint import DaemonUnreachable
from runner.verbs.call import Call

_PAUSES = (0.0, 0.1, 0.4, 1.0)
"""Before each repetition; the first at once, since most answers are lost with a connection that has been idle for too long."""
_MOST_PATIENCE = 5.0
_ASK_FOR_PATIENCE = frozenset({429, 503})


class Repetition:
    """How one call goes on after each failure. A read may be made again at any time; a write carries a key by which the daemon
    knows it again, and so it is made again too when it was sent and the connection broke: either it is done now, or the answer
    is that of the first time. Nothing is made again that may have taken effect without such a key, nor what ran out of time.
    """

    def __init__(self, call: Call[Any]) -> None:
        self._repeats = call.is_read or not call.has_secret_answer
        self._is_read = call.is_read
        self._pauses = list(_PAUSES)
        self._was_lost = False
        is_known_again = not (call.is_read or call.has_secret_answer)
        self.headers = (("Idempotency-Key", os.urandom(16).hex()),) if is_known_again else ()

    def given_up(self, error: DaemonUnreachable) -> DaemonUnreachable:
        """The error that tells of it; of a write that was sent and never answered, that nobody knows what became of it."""
        if self._was_lost and not self._is_read:
            error.hint = (
                "it may have been done all the same: look before you ask again; flowdeck operations lists what was done"
            )
        return error

    def after(self, error: Exception) -> float | None:
        """Seconds to wait before the next try; None: give up."""
        if isinstance(error, TimeoutError):
            self._was_lost = True
            return None
        if isinstance(error, ConnectionRefusedError | FileNotFoundError | PermissionError) and not self._was_lost:
            return None
        self._was_lost = True
        return self._pauses.pop(0) if self._repeats and self._pauses else None

    def after_answer(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait when the daemon answered that it has no time for a read now; None: take the answer."""
        wanted = headers.get("retry-after", "")
        if status not in _ASK_FOR_PATIENCE or not self._is_read or not wanted.isdigit() or not self._pauses:
            return None
        self._pauses.pop(0)
        return min(float(wanted), _MOST_PATIENCE)
