"""What a user gets for a mistake or a broken machine: one clear error, exit code 1 or 2, no traceback, nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.warm_processes import WarmProcesses

FLOWDECK = Path(sys.executable).parent / "flowdeck"

SOURCE = """
  LocalFile {
    plugin_output = "rows"
    path = "rows.csv"
    file_format_type = "csv"
    schema { fields { id = int, price = double } }
  }
"""
SINK = """
  LocalFile { plugin_input = "rows", path = "out", file_format_type = "json" }
"""


def job(source: str = SOURCE, sink: str = SINK, before: str = "") -> str:
    """A job file; it is right unless a part of it is replaced."""
    return f'{before}\nenv {{ job.mode = "BATCH" }}\nsource {{{source}}}\nsink {{{sink}}}\n'


Flowdeck: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def flowdeck(warm: WarmProcesses) -> Flowdeck:
    """Runs the command as a user would."""

    def run(home: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return warm.run([FLOWDECK, "--home", home, *arguments], cwd)

    return run


@pytest.fixture
def home(flowdeck: Flowdeck) -> Iterator[Path]:
    """A flowdeck home with a short path, and no daemon left behind."""
    with tempfile.TemporaryDirectory(prefix="fdb-") as name:
        yield Path(name)
        flowdeck(Path(name), "down", cwd=Path(name))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with good data in it."""
    (tmp_path / "rows.csv").write_text("1,1.5\n2,2.5\n3,3.5\n")
    return tmp_path


def assert_refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """The command failed with ``code`` and said all of ``words``, without a traceback."""
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    for word in words:
        assert word in said


TEXT_MISTAKES = {
    "an empty file": ("", ["empty"]),
    "an unclosed brace": (job().rstrip().removesuffix("}"), ["never closed", "bad.conf:"]),
    "an unknown plugin": (job(sink=SINK.replace("LocalFile", "LocalFiel")), ['"LocalFiel"', "did you mean", "LocalFile"]),
    "an unknown option": (job(sink=SINK.replace("path", "paht")), ['"paht"', "did you mean", "path"]),
    "a wrong type": (job(before='env { parallelism = "many" }'), ["parallelism", "many"]),
    "a missing required option": (job(source=SOURCE.replace('path = "rows.csv"', "")), ['"path"', "missing"]),
    "an unresolved variable": (job(sink=SINK.replace('"out"', "${target}")), ["target"]),
    "an include loop": ('include "bad.conf"\n' + job(), ["include"]),
    "an unknown plugin_input": (
        job(sink=SINK.replace('"rows"', '"rwos"') + SINK.replace('"out"', '"other"')),
        ['"rwos"', "did you mean", "rows"],
    ),
}


@pytest.mark.parametrize(("text", "words"), TEXT_MISTAKES.values(), ids=TEXT_MISTAKES.keys())
def test_a_mistake_in_the_text_is_shown_where_it_stands(
    flowdeck: Flowdeck, home: Path, place: Path, text: str, words: list[str]
) -> None:
    """``check`` exits with 1, ``run`` with 2; both say what is wrong, and nothing is written."""
    (place / "bad.conf").write_text(text)
    checked = flowdeck(home, "check", "bad.conf", cwd=place)
    assert checked.returncode in {1, 2}
    assert_refused(checked, checked.returncode, *words)
    assert_refused(flowdeck(home, "run", "bad.conf", cwd=place), 2, *words)
    assert not (place / "out").exists()


def test_what_is_not_a_readable_text_is_refused(flowdeck: Flowdeck, home: Path, place: Path) -> None:
    """A missing file, a directory and a binary file each get one sentence."""
    (place / "directory.conf").mkdir()
    (place / "binary.conf").write_bytes(b"\x7fELF\x00\x01\x02\xff\xfe" * 50)
    assert_refused(flowdeck(home, "run", "missing.conf", cwd=place), 2, "missing.conf", "no such file")
    assert_refused(flowdeck(home, "run", "directory.conf", cwd=place), 2, "directory.conf", "directory")
    assert_refused(flowdeck(home, "run", "binary.conf", cwd=place), 2, "binary.conf", "binary file")
    assert_refused(flowdeck(home, "check", "missing.conf", cwd=place), 2, "missing.conf")


@pytest.mark.parametrize(
    ("line", "words"),
    [("2", ["line 2", "column"]), ("2,2.5,7", ["line 2", "column"]), ("2,dear", ["line 2", "price", "dear"])],
    ids=["too few columns", "too many columns", "a failed cast"],
)
def test_a_row_that_does_not_fit_fails_the_job_at_its_line(
    flowdeck: Flowdeck, home: Path, place: Path, line: str, words: list[str]
) -> None:
    """The job ends with exit code 1, names file, line and value, tries no second time, and leaves no output."""
    (place / "rows.csv").write_text(f"1,1.5\n{line}\n3,3.5\n")
    (place / "job.conf").write_text(job())
    done = flowdeck(home, "run", "job.conf", cwd=place)
    assert_refused(done, 1, "rows.csv", *words)
    assert "RESTARTING" not in done.stderr
    assert [path for path in (place / "out").rglob("*") if path.is_file()] == []


def test_missing_data_fails_the_job(flowdeck: Flowdeck, home: Path, place: Path) -> None:
    """A source file that does not exist is named."""
    (place / "rows.csv").unlink()
    (place / "job.conf").write_text(job())
    assert_refused(flowdeck(home, "run", "job.conf", cwd=place), 1, "rows.csv")


def test_an_unwritable_target_fails_the_job(flowdeck: Flowdeck, home: Path, place: Path) -> None:
    """A file where the output directory should be is named."""
    (place / "out").write_text("in the way")
    (place / "job.conf").write_text(job())
    assert_refused(flowdeck(home, "run", "job.conf", cwd=place), 1, str(place / "out"))
    assert (place / "out").read_text() == "in the way"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a tmpfs (root on Linux)")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_fails_the_job_and_loses_nothing(flowdeck: Flowdeck, home: Path, place: Path, small_disk: Path) -> None:
    """The job fails saying so, nothing half-written is visible, and with space it runs to the end."""
    sink = SINK.replace('"out"', f'"{small_disk}/out"')
    source = "FakeSource { plugin_output = rows, row.num = 200000, schema { fields { id = bigint, name = string } } }"
    text = job(source, sink).replace("env {", "env { restart.strategy = none,")
    (place / "job.conf").write_text(text)
    assert_refused(flowdeck(home, "run", "job.conf", cwd=place), 1, "space")
    assert [path for path in small_disk.rglob("*.json") if path.is_file()] == []
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert flowdeck(home, "run", "job.conf", cwd=place).returncode == 0
    assert sum(path.read_text().count("\n") for path in small_disk.rglob("*.json")) == 200_000


def test_a_second_daemon_says_who_holds_the_home(flowdeck: Flowdeck, home: Path, place: Path) -> None:
    """Exit code 2 and the first daemon's process id."""
    assert flowdeck(home, "up", cwd=place).returncode == 0
    pid = (home / "daemon.lock").read_text().split()[0]
    assert_refused(flowdeck(home, "up", "--foreground", cwd=place), 2, pid)


def test_a_corrupt_database_is_named_and_kept(flowdeck: Flowdeck, home: Path, place: Path) -> None:
    """Exit code 2, the file's path, and not a byte of it changed."""
    (place / "job.conf").write_text(job())
    assert flowdeck(home, "run", "job.conf", cwd=place).returncode == 0
    database = home / "control.duckdb"
    database.write_bytes(b"not a database at all" * 500)
    for wal in home.glob("control.duckdb.wal"):
        wal.unlink()
    before = database.read_bytes()
    assert_refused(flowdeck(home, "run", "job.conf", cwd=place), 2, str(database))
    assert_refused(flowdeck(home, "up", cwd=place), 2, str(database))
    assert database.read_bytes() == before
