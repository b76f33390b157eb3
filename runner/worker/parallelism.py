"""How many threads of a worker read a source. Arithmetic only: whoever describes a job may ask, too."""

from __future__ import annotations

MAXIMUM_READERS = 64
"""Reader threads of one source in one worker at most, whatever its parallelism."""


def reader_count(parallelism: int, workers: int) -> int:
    """How many of a source's parallel readers are threads of one of ``workers`` workers."""
    return min(MAXIMUM_READERS, max(1, -(-parallelism // workers)))
