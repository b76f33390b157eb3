"""The daemon's log: bounded, one record a line, nothing that could drive a terminal."""

import re
import stat
import subprocess
import sys

from runner.daemon_log import BACKUPS, MAXIMUM_BYTES

WRITE = """
import logging, sys
from pathlib import Path
from runner.daemon_log import configure_logging
configure_logging(Path(sys.argv[1]), foreground=False)
configure_logging(Path(sys.argv[1]), foreground=False)
log = logging.getLogger("runner.test")
log.info("evil \\x1b]0;title\\x07 name\\nand a forged line")
for _ in range(int(sys.argv[2])):
    log.info("x" * 1000)
print("said on standard output", flush=True)
"""


def write_log(path, lines):
    """What a process logs to ``path``, which is its standard output too, as in the background."""
    with path.open("ab") as output:
        subprocess.run(
            [sys.executable, "-P", "-c", WRITE, str(path), str(lines)], stdout=output, stderr=output, check=True, timeout=60
        )


def test_a_record_is_one_harmless_line(tmp_path):
    """Line breaks and control characters of a message are escaped; a record is written once."""
    path = tmp_path / "daemon.log"
    write_log(path, 0)
    text = path.read_text()
    assert text.count("forged line") == 1
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    assert "\\x1b]0;title\\x07 name\\nand a forged line" in text
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO runner\.test evil", text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_log_is_bounded(tmp_path):
    """Old parts are dropped; standard output follows to the new file."""
    path = tmp_path / "daemon.log"
    write_log(path, (BACKUPS + 3) * MAXIMUM_BYTES // 1000)
    files = sorted(tmp_path.iterdir())
    assert len(files) == BACKUPS + 1
    assert all(file.stat().st_size <= MAXIMUM_BYTES + 2000 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert path.read_text().endswith("said on standard output\n")
