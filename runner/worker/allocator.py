"""What the C library's allocator keeps of the memory that is freed.

A reader's ranges of a file and its batches are freed by other threads than it. With the allocator's own limits their pages go
back to the system and come again with each batch: with two readers that was a quarter of what the system does for a job.
"""

from __future__ import annotations

import ctypes
import sys

from runner.worker.budget import MEBIBYTE, Budget

_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_LARGEST = 32 * MEBIBYTE  # more the allocator refuses
_BATCHES_KEPT = 8


def keep_batches(budget: Budget) -> bool:
    """Have each thread's heap keep some batches' worth of free memory, instead of asking the system for each anew; whether the
    allocator takes that. Call it before the threads begin. What is kept is given back when memory is short
    (:func:`runner.worker.memory.give_back`)."""
    if sys.platform != "linux":
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
    if set_option is None:
        return False
    kept = min(_LARGEST, _BATCHES_KEPT * budget.batch_bytes)
    return bool(set_option(_MMAP_THRESHOLD, kept)) and bool(set_option(_TRIM_THRESHOLD, kept))
