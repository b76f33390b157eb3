"""check --fix, --diff, --watch, --select: what happens to files, streams and exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Queue

import pytest

from tui.cli.main import run_command_line

ROOT = Path(__file__).parents[2]
REST = "source { FakeSource { plugin_output = a, schema { fields { id = int } } } }\nsink { Console { plugin_input = a } }\n"
CLEAN = f"env {{ }}\n{REST}"
OLD = CLEAN.replace("plugin_output", "result_table_name")
MISSPELT = CLEAN.replace("plugin_output", "row.nums = 1, plugin_output")


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command: exit code, stdout, stderr."""
    code = run_command_line(["check", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def piped(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with standard input."""
    command = [sys.executable, "-c", "from tui.cli.main import main; main()", "check", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_fix_replaces_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Its mode, its line breaks and its byte order mark stay; a link stays a link; nothing is left beside it."""
    real = Path("real.conf")
    real.write_bytes(b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    Path("job.conf").symlink_to("real.conf")
    assert check(capsys, "job.conf", "--fix") == (0, "", "Fixed 1 problem in 1 file\nNo problems in 1 file\n")
    assert real.read_bytes() == b"\xef\xbb\xbf" + CLEAN.replace("\n", "\r\n").encode()
    assert real.stat().st_mode & 0o777 == 0o640
    assert Path("job.conf").is_symlink()
    assert sorted(path.name for path in Path().iterdir()) == ["job.conf", "real.conf"]


def test_a_file_with_nothing_to_fix_is_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even written again."""
    job = Path("job.conf")
    job.write_text(MISSPELT)
    before = job.stat()
    code, out, err = check(capsys, "job.conf", "--fix")
    assert code == 1
    assert "J201" in out
    assert err == "Found 1 error in 1 file; 1 fixable with --fix --unsafe-fixes\n"
    assert (job.stat().st_ino, job.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert check(capsys, "job.conf", "--fix", "--unsafe-fixes")[0] == 0
    assert job.read_text() == CLEAN.replace("plugin_output", "row.num = 1, plugin_output")


def test_a_file_that_must_not_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file is a finding as ever."""
    code, out, _ = check(capsys, "missing.conf", "--fix")
    assert code == 2
    assert "S001" in out


def test_diff_shows_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A unified diff on stdout; exit code 1 when there is one; secrets are masked."""
    secret = OLD.replace("sink {", 'sink {\n  Jdbc { password = "hunter2hunter2", source_table_name = a }\n ')
    Path("job.conf").write_text(secret)
    code, out, err = check(capsys, "job.conf", "--diff", "--engine", "seatunnel")
    assert code == 1
    assert out.startswith("--- job.conf\n+++ job.conf (fixed)\n@@ ")
    assert '\n+  Jdbc { password = "********", plugin_input = a }\n' in out
    assert "hunter2" not in out
    assert err == "Would fix 2 problems in 1 file\n"
    assert Path("job.conf").read_text() == secret
    Path("job.conf").write_text(CLEAN)
    assert check(capsys, "job.conf", "--diff") == (0, "", "Nothing to fix\n")


def test_standard_input_is_fixed_to_standard_output() -> None:
    """Findings go to stderr; the name given tells the dialect and stands in the findings."""
    done = piped(OLD + "x = 1 y = 2\n", "-", "--fix")
    assert (done.returncode, done.stdout) == (0, CLEAN + "x = 1, y = 2\n")
    assert done.stderr == "Fixed 2 problems in 1 file\nNo problems in 1 file\n"
    named = piped("{", "-", "--stdin-filename", "jobs/new.json")
    assert named.returncode == 1
    assert "--> jobs/new.json:1:2" in named.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--fix", "--diff"],
        ["--unsafe-fixes"],
        ["--diff", "--output", "json"],
        ["--watch", "--fix"],
        ["--watch", "--output", "json"],
        ["--watch", "-"],
        ["--fix", "-"],
        ["--select", "Q"],
        ["--ignore", "J999"],
    ],
)
def test_wishes_that_make_no_sense(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Exit code 2, and the file is as it was."""
    Path("job.conf").write_text(OLD)
    code, out, err = check(capsys, "job.conf", *arguments)
    assert (code, out) == (2, "")
    assert "error" in err
    assert Path("job.conf").read_text() == OLD


def test_select_and_ignore_are_about_warnings_and_notes(capsys: pytest.CaptureFixture[str]) -> None:
    """By code or the beginning of one; an error is always shown and counts."""
    Path("old.conf").write_text(OLD.replace("env { }", "env { restart.strategy = none, restart.attempts = 2 }"))
    Path("bad.conf").write_text(MISSPELT)
    for arguments, expected in (
        ([], {"M701", "C901", "J201"}),
        (["--select", "M"], {"M701", "J201"}),
        (["--ignore", "m701,C9"], {"J201"}),
        (["--select", "C,M", "--ignore", "C901"], {"M701", "J201"}),
        (["--ignore", "J"], {"M701", "C901", "J201"}),
    ):
        code, out, _ = check(capsys, "old.conf", "bad.conf", "--output", "github", *arguments)
        assert code == 1
        assert {code for code in ("M701", "C901", "J201") if f"title={code}" in out} == expected


def test_the_summary_counts_what_is_concerned_and_fixable(capsys: pytest.CaptureFixture[str]) -> None:
    """Errors, warnings and notes, in how many of the files, and what --fix can do."""
    for name, text in (("a", OLD), ("b", MISSPELT), ("c", CLEAN)):
        Path(f"{name}.conf").write_text(text)
    err = check(capsys, ".")[2]
    assert err == "Found 1 error, 1 note in 2 of 3 files; 1 fixable with --fix, 1 more with --unsafe-fixes\n"


def test_many_files_are_checked_by_several_processes(capsys: pytest.CaptureFixture[str]) -> None:
    """The report is that of one process: in order, and complete."""
    for number in range(120):
        Path(f"job{number:03}.conf").write_text(MISSPELT if number % 40 == 7 else CLEAN)
    code, out, err = check(capsys, ".", "--output", "github")
    assert code == 1
    assert [line.split(",")[0] for line in out.splitlines()] == [f"::error file=job{number:03}.conf" for number in (7, 47, 87)]
    assert err == "Found 3 errors in 3 of 120 files; 3 fixable with --fix --unsafe-fixes\n"


def test_watch_checks_again_after_each_change() -> None:
    """Also of an included file, and of a file that is new; Ctrl-C ends it with the code of the last run."""
    Path("parts").mkdir()
    Path("parts/common.txt").write_text("parallelism = 1\n")
    Path("job.conf").write_text(CLEAN.replace("env { }", 'env { include "parts/common.txt" }'))
    command = [sys.executable, "-c", "from tui.cli.main import main; main()", "check", "--watch", "."]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    lines: Queue[str] = Queue()
    assert process.stderr is not None
    reader = threading.Thread(target=lambda: [lines.put(line) for line in process.stderr or ()])
    reader.start()

    def summary() -> str:
        line = lines.get(timeout=60)
        assert "watching for changes" in lines.get(timeout=60)
        return line

    try:
        assert summary() == "No problems in 1 file\n"
        Path("parts/common.txt").write_text("parallelism = 0\n")
        assert summary().startswith("Found 1 error")
        Path("parts/common.txt").write_text("parallelism = 2\n")
        assert summary() == "No problems in 1 file\n"
        Path("new.conf").write_text(MISSPELT)
        assert summary().startswith("Found 1 error in 1 of 2 files")
        process.send_signal(signal.SIGINT)
        output = process.stdout.read() if process.stdout else ""
        assert process.wait(timeout=60) == 1
        assert "J205" in output
        assert "\x1b" not in output
    finally:
        process.kill()
        process.wait()
        reader.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
