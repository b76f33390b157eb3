"""A command that was started without standard streams does its work all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FLOWDECK = str(Path(sys.executable).parent / "flowdeck")


def test_without_standard_streams(tmp_path: Path) -> None:
    """Nothing fails because there is nowhere to write to: cron and some containers start programs so."""
    job = tmp_path / "job.conf"
    job.write_text("source { FakeSource { schema { fields { id = bigint } } } }\nsink { Console {} }\n")
    for closed in (">&-", "<&- >&- 2>&-"):
        ended = subprocess.run(["sh", "-c", f'exec "$0" check "$1" {closed}', FLOWDECK, str(job)], check=False)
        assert ended.returncode == 0, closed
