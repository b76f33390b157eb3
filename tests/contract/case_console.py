"""Console: what it shows are lines of the log, at once and for good, so it is at-least-once."""

from __future__ import annotations

from cases import Seen, SinkCase


def printed_ids(seen: Seen) -> list[int]:
    """The first value of each line's row."""
    return [int(line.rsplit("kind=INSERT : ", 1)[1].split(", ", 1)[0]) for line in seen.lines]


CASES = [SinkCase("Console", "lines", {}, ids=printed_ids)]
