"""Records are read by several threads from the first moment on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

READERS = """
import sys, threading
import msgspec
from runner.model import Job
from runner.struct_types import learn_struct_types

learn_struct_types()
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)

def read():
    together.wait()
    try:
        msgspec.json.decode(b'{"id": "a", "generation": 1, "created_at": 1, "execution": null, "labels": {}}', type=Job)
    except msgspec.ValidationError:
        pass

threads = [threading.Thread(target=read) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_threads_that_read_the_first_record_at_once_end_nothing():
    """Without the types being learnt before, the process dies of it every other time."""
    root = Path(__file__).parents[2]
    for _ in range(4):
        assert subprocess.run([sys.executable, "-c", READERS], check=False, timeout=60, cwd=root).returncode == 0
