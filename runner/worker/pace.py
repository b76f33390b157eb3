"""How large a source's batches are: what the checkpoint interval, the rate limits and the memory budget leave."""

from __future__ import annotations

from runner.connectors.base import Pace
from spec.job import EnvSpec

BATCHES_PER_SECOND = 10
"""A limited rate comes in batches of no more than such a part of a second's worth (but at least a row)."""

LOW_LATENCY_INTERVAL = 1.0
LOW_LATENCY_BYTES = 1 << 20


def read_pace(env: EnvSpec) -> Pace:
    """Batch sizes: small ones when checkpoints are frequent or rates are limited."""
    pace = Pace()
    interval = env.checkpoint.interval
    size = pace.bytes if interval is None or interval >= LOW_LATENCY_INTERVAL else LOW_LATENCY_BYTES
    rows = pace.rows
    if env.rows_per_second:
        rows = min(rows, max(1, env.rows_per_second // BATCHES_PER_SECOND))
    if env.bytes_per_second:
        size = min(size, max(1, env.bytes_per_second // BATCHES_PER_SECOND))
    return Pace(rows=rows, bytes=size)
