"""How far a worker stands back for what else runs on the machine. What it may take of memory is in budget."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Final

_AUTOGROUP: Final = Path("/proc/self/autogroup")
_TRIES: Final = 5
_PAUSE: Final = 0.1
"""The kernel lets everybody together change ten groups a second."""


def stand_back(niceness: int) -> None:
    """Be nicer by so much, from 0 to 19, for good.

    Linux weighs processes against each other by their sessions first, where it groups them (sched(7), autogroup). A worker is a
    session of its own: its niceness alone would count for nothing against a shell."""
    os.nice(niceness)
    if niceness and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # there are no such groups, or too many ask at the same time
            _stand_back_as_a_session(niceness)


def _stand_back_as_a_session(niceness: int) -> None:
    for tried in range(1, _TRIES + 1):
        try:
            _AUTOGROUP.write_text(str(niceness))
        except BlockingIOError:
            if tried == _TRIES:
                raise
            time.sleep(_PAUSE)
        else:
            return
