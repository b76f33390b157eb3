"""A line of a job's log as people read it."""

from __future__ import annotations

import time

from runner.model import LogLine


def text_of(line: LogLine) -> str:
    """Time, level, where from, and the message."""
    seconds, fraction = divmod(line.at, 1)
    clock = time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{int(fraction * 1000):03d}"
    places = (f"worker {line.worker}" if line.worker is not None else "", line.plugin)
    place = " ".join(part for part in places if part)
    return f"{clock} {line.level.upper():<7} {place + ': ' if place else ''}{line.message}"
