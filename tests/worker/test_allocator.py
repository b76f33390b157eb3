"""What the C library's allocator keeps for a worker."""

import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import gc, resource, threading
from runner.worker.allocator import keep_batches
from runner.worker.budget import MEBIBYTE, Budget

SIZE, TIMES = 4 * MEBIBYTE, 40
budget = Budget(memory=0, limit=0, engine_bytes=0, gate_bytes=0, batch_bytes=SIZE, said=False)

def fill():
    for _ in range(TIMES):
        batches = [bytearray(SIZE) for _ in range(6)]
        del batches

print(keep_batches(budget))
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
thread = threading.Thread(target=fill)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, 6 * TIMES * SIZE // resource.getpagesize())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have no such options")
def test_a_thread_gets_the_memory_that_it_has_freed_without_asking_the_system() -> None:
    """Filling six batches again and again takes the pages of few of them, where it took those of all."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    taken, faults, pages = done.stdout.split()
    assert taken == "True"
    assert int(faults) < int(pages) / 4
