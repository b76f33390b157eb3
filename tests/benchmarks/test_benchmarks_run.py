"""The benchmarks still run, in their smallest size, and check what they measure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The smallest size, one turn, everything written below ``tmp_path``; no peers are looked for."""
    return {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "FLOWDECK_BENCH_SCALE": "0.0001",
        "FLOWDECK_BENCH_RUNS": "1",
        "FLOWDECK_BENCH_PEERS": "/nonexistent/python",
        "COLUMNS": "160",
    }


def test_the_table_is_made(environment: dict[str, str], tmp_path: Path) -> None:
    """Small jobs, cold and through a warm daemon, and two at once; peers that are not installed are said to be missing."""
    run = subprocess.run(
        [sys.executable, "-P", str(HERE / "flow.py"), "small", "crowd"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for expected in ("flowdeck run, cold", "submit to finished", "pyspark: not installed", "2 finished", "0 missed"):
        assert expected in run.stdout
    assert not list(tmp_path.glob("flowdeck-bench-run-*"))


def test_a_group_that_does_not_exist_is_refused(environment: dict[str, str]) -> None:
    """The groups there are are named."""
    run = subprocess.run(
        [sys.executable, "-P", str(HERE / "flow.py"), "csvv"], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "csvv" in run.stderr
    assert "parquet" in run.stderr
