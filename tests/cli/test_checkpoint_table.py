"""The table of checkpoints fits 80 columns, and what it has no room for follows it."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

TABLE = """
import time
from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from tui.cli.checkpoints import print_checkpoints

common = {"job_id": "j", "execution_id": "e", "generation": 1, "triggered_at": time.time() - 90061}
print_checkpoints([
    Checkpoint(
        id=123456, kind=CheckpointKind.SAVEPOINT, status=CheckpointStatus.COMMITTED,
        prepared_seconds=0.123, saved_seconds=0.034, committed_seconds=0.012, size=1234567, rows_in=123456789,
        requested_by="a restart", description="before", **common
    ),
    Checkpoint(
        id=123457, kind=CheckpointKind.PERIODIC, status=CheckpointStatus.FAILED, late_workers=(0,),
        failure="worker 0 did not prepare it within 60 s", **common
    ),
])
"""


def test_the_table_fits_eighty_columns():
    """Every column is there, no line is longer, and the reason of a failure is told whole below."""
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    done = subprocess.run(
        [sys.executable, "-c", TABLE], stdout=secondary, stderr=secondary, env={**environment, "NO_COLOR": "1"}, timeout=60
    )
    os.close(secondary)
    lines = os.read(primary, 1 << 16).decode().splitlines()
    os.close(primary)
    assert done.returncode == 0, lines
    heading, first, _, reason = lines
    assert heading.split() == ["ID", "KIND", "STATUS", "AGE", "PREP/SAVE/COMMIT", "SIZE", "ROWS", "NOTE"]
    assert first.split()[:8] == ["123456", "savepoint", "committed", "1d1h", "123ms/34ms/12ms", "1.18", "MiB", "123M"]
    assert max(map(len, lines)) <= 80
    assert "periodic checkpoint 123457 failed: worker 0 did not prepare it within 60 s" in reason
