"""How large a source's batches are: what the checkpoint interval, the rate limits and the memory budget leave."""

from __future__ import annotations

from runner.connectors.base import Pace
from runner.worker.budget import BATCH_BYTES
from spec.job import EnvSpec

BATCHES_PER_SECOND = 10
"""A limited rate comes in batches of no more than such a part of a second's worth (but at least a row)."""

LOW_LATENCY_INTERVAL = 0.1
"""Seconds between checkpoints below which batches are small. Reading a full one takes 15 ms; small ones cost a sixth."""
LOW_LATENCY_BYTES = 1 << 20


def read_pace(env: EnvSpec, batch_bytes: int = BATCH_BYTES) -> Pace:
    """Batch sizes: ``batch_bytes`` at most, small ones when checkpoints are frequent or rates are limited."""
    interval = env.checkpoint.interval
    size = batch_bytes if interval is None or interval >= LOW_LATENCY_INTERVAL else min(batch_bytes, LOW_LATENCY_BYTES)
    rows = Pace().rows
    if env.rows_per_second:
        rows = min(rows, max(1, env.rows_per_second // BATCHES_PER_SECOND))
    if env.bytes_per_second:
        size = min(size, max(1, env.bytes_per_second // BATCHES_PER_SECOND))
    return Pace(rows=rows, bytes=size)
