"""The samples that belong together are executed together."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.warm_processes import WarmProcesses

ROOT = Path(__file__).parents[2]


def flowdeck(warm: WarmProcesses, directory: Path, *arguments: str) -> str:
    """Run a command beside the copied samples; what it printed."""
    with tempfile.TemporaryDirectory(prefix="fds-") as home:
        done = warm.run(["flowdeck", *arguments], directory, os.environ | {"FLOWDECK_HOME": home})
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def rows(directory: Path) -> list[dict[str, Any]]:
    """All rows of the JSON files in a directory."""
    return [json.loads(line) for file in sorted(directory.glob("*.json")) for line in file.read_text().splitlines()]


def test_dead_letters_are_read_by_another_job(tmp_path: Path, warm: WarmProcesses) -> None:
    """What the first sample rejects, the second one reads and mends: every line of the input is in one of the outputs."""
    shutil.copytree(ROOT / "samples", tmp_path / "samples", ignore=shutil.ignore_patterns("out", "flights.*", "mistakes"))
    out = tmp_path / "samples" / "out"
    told = flowdeck(warm, tmp_path, "run", "samples/rejections.conf")
    assert "rejected 3 rows" in told
    flowdeck(warm, tmp_path, "run", "samples/dead-letters.conf")
    assert len(rows(out / "readings")) == 5
    mended = rows(out / "mended")
    assert [(row["station"], row["kind"], row["line"]) for row in mended] == [
        ("A2", "cast", 4),
        ("A3", "cast", 6),
        ("A4", "columns", 8),
    ]
    assert [row["celsius"] for row in mended] == [3.9, None, None]
