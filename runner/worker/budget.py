"""What a worker may take of the machine's memory, and what its parts get of that. Arithmetic only.

Half of what the process itself leaves goes to the SQL engine, a quarter to the queues between plugins, a quarter to the batches
that readers are making.
"""

from __future__ import annotations

from dataclasses import dataclass

from spec.job import ResourceSettings

MEBIBYTE = 1 << 20
DEFAULT_MEMORY = 1024 * MEBIBYTE
"""What a worker may take when the job does not say (a quarter of the machine's memory where that is less)."""

MINIMUM_MEMORY = 192 * MEBIBYTE
"""A worker gets that much, however many share the job's memory."""

PROCESS_MEMORY = 128 * MEBIBYTE
"""What a worker holds before it has read a row: the interpreter and the libraries."""

GATE_BYTES = 32 * MEBIBYTE
BATCH_BYTES = 4 * MEBIBYTE
SMALLEST_BATCH = 64 * 1024
_PER_BATCH = 4  # a batch as text, as columns, being converted, and the one before it on its way

_UNSAID_SHARE = 2
"""A worker that was given no budget fails when it holds more than this part of the machine's memory (a half)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``limit``: more than that for long is a failure. ``gate_bytes``: what one gate holds. ``batch_bytes``: the most that a
    reader makes at once. ``engine_bytes``: the SQL engine's own memory. ``said``: the job says how much it may take."""

    memory: int
    limit: int
    engine_bytes: int
    gate_bytes: int
    batch_bytes: int
    said: bool


def share_out(resources: ResourceSettings, machine: int, *, workers: int, gates: int, readers: int) -> Budget:
    """The budget of one of ``workers`` workers with so many gates and reader threads; ``machine``: bytes of memory it has."""
    said = resources.memory is not None
    share = (resources.memory or 0) // workers if said else min(DEFAULT_MEMORY, machine // 4)
    memory = max(MINIMUM_MEMORY, share)
    rest = memory - PROCESS_MEMORY
    return Budget(
        memory=memory,
        limit=memory + memory // 4 if said else max(memory, machine // _UNSAID_SHARE),
        engine_bytes=rest // 2,
        gate_bytes=min(GATE_BYTES, rest // 4 // max(1, gates)),
        batch_bytes=max(SMALLEST_BATCH, min(BATCH_BYTES, rest // 4 // _PER_BATCH // max(1, readers))),
        said=said,
    )
