"""A command that was started without standard streams does its work all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FLOWDECK = str(Path(sys.executable).parent / "flowdeck")


def test_without_standard_streams(tmp_path: Path) -> None:
    """Nothing fails because there is nowhere to write to: cron and some containers start programs so."""
    job = tmp_path / "job.conf"
    job.write_text("source { FakeSource { schema { fields { id = bigint } } } }\nsink { Console {} }\n")
    for closed in (">&-", "<&- >&- 2>&-"):
        ended = subprocess.run(["sh", "-c", f'exec "$0" check "$1" {closed}', FLOWDECK, str(job)], check=False)
        assert ended.returncode == 0, closed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_output_that_is_full(tmp_path: Path) -> None:
    """It is said that the output is, once, and the exit code tells it."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([FLOWDECK, "explain", "T512"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: the output cannot be written: No space left on device\n  hint: ")
    assert "Exception ignored" not in ended.stderr
