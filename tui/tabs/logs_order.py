"""The order in which log lines are read: by time. In the log itself a line of one process may stand before an older one of
another, since each is written when it arrives."""

from __future__ import annotations

from runner.model import LogLine

DISORDER = 5.0
"""Seconds by which lines of several processes may be out of order; what is older than that was logged by a clock that was set
back, and stays where it is."""
FARTHEST = 256
"""Lines over which one may be moved."""


def place(entries: list[LogLine], entry: LogLine) -> None:
    """Put an entry that was written last where it belongs by its time, behind those of the same time."""
    at = len(entries)
    end = max(at - FARTHEST, 0)
    while at > end and 0 < entries[at - 1].at - entry.at <= DISORDER:
        at -= 1
    entries.insert(at, entry)
