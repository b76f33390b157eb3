"""The kernel holds workers of jobs from elsewhere to their roots, whatever links there are by the time they are opened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from runner.worker.file_bounds import can_be_bounded
from spec.job import OnError

pytestmark = pytest.mark.skipif(not can_be_bounded(), reason="this kernel does not hold processes to directories")

CSV = {"file_format_type": "csv", "schema": {"fields": {"id": "bigint", "name": "string"}}}

LOOKS = """
import os, sys
from pathlib import Path
from runner.worker.file_bounds import bound_files
root, outside, other = map(Path, sys.argv[1:4])
assert bound_files([str(root)])
def refused(act):
    try:
        act()
    except PermissionError:
        return True
    return False
(root / "new").write_text("x")
(root / "new").rename(root / "sub" / "moved")
assert (root / "sub" / "moved").read_text() == "x"
(root / "sub" / "moved").unlink()
import sqlite3, wave  # what Python consists of can be read
assert refused((outside / "secret").read_text)
assert refused((root / "link" / "secret").read_text)
assert refused(lambda: (outside / "made").write_text("x"))
assert refused(lambda: (root / "f").rename(outside / "f"))
assert refused(lambda: os.symlink("/", root / "l"))
assert refused(lambda: Path(f"/proc/{other}/environ").read_bytes())
assert os.system(f"cat {outside}/secret 2>/dev/null") != 0
print("held")
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A root, and beside it what must not be reached; a link leads there."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_text("1,canary\n")
    (root / "link").symlink_to(outside)
    (root / "f").write_text("x")
    return root


def attempt(coordinator: Coordinator) -> None:
    """One attempt, to its end."""
    coordinator.start()
    coordinator.run()


def test_what_a_bounded_process_may_do(place: Path) -> None:
    """Everything with files below the root; nothing elsewhere, by no link, in no program it starts, nor by way of /proc."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        arguments = [str(place), str(place.parent / "outside"), str(other.pid)]
        done = subprocess.run([sys.executable, "-c", LOOKS, *arguments], capture_output=True, timeout=60, check=False)
        other.kill()
    assert (done.stdout, done.returncode) == (b"held\n", 0), done.stderr


def test_a_job_runs_within_its_roots(place: Path, coordinate: Callable[..., Coordinator]) -> None:
    """Reads, queries, writes, commits and tidies up, with dead letters and several workers."""
    (place / "in.csv").write_text("".join(f"{number},x\n" for number in range(500)) + "bad,y\n")
    rows = source("LocalFile", "rows", {"path": str(place / "in.csv"), "on_error": str(OnError.DEAD_LETTER), **CSV})
    made = transform("Sql", "rows", "made", {"query": "select id, upper(name) as name from rows"})
    out = sink("LocalFile", "made", {"path": str(place / "out"), "file_format_type": "parquet"})
    spec = job(rows, made, out, dead_letter_path=str(place / "letters"))
    coordinator = coordinate(msgspec.structs.replace(spec, confined_to=(str(place),)), workers=2)
    attempt(coordinator)
    assert list((place / "out").glob("*.parquet"))
    assert len(list((place / "letters").glob("*.json"))) == 1
    assert sorted(path.name for path in place.parent.iterdir()) == ["execution.jsonl", "outside", "root"]


def test_a_link_that_was_changed_after_the_check_leads_nowhere(place: Path, coordinate: Callable[..., Coordinator]) -> None:
    """A source fails and a sink writes nothing, for the kernel looks where the link leads when it is opened."""
    rows = source("LocalFile", "rows", {"path": str(place / "link" / "secret"), **CSV})
    for spec in (
        job(rows, sink("Console", "rows", {})),
        job(
            source("FakeSource", "rows", {"row.num": 2, "schema": {"fields": {"id": "bigint"}}}),
            sink("LocalFile", "rows", {"path": str(place / "link" / "out"), "file_format_type": "csv"}),
        ),
    ):
        coordinator = coordinate(msgspec.structs.replace(spec, confined_to=(str(place),)))
        with pytest.raises(JobFailed) as caught:
            attempt(coordinator)
        assert "Permission denied" in caught.value.error.message
    assert [path.name for path in (place.parent / "outside").iterdir()] == ["secret"]
