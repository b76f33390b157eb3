"""The command check: paths, variables, forms of output, exit codes, and what it does not import."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.warm_processes import WarmProcesses

ROOT = Path(__file__).parents[2]
JOB = "env {{ }}\nsource {{ FakeSource {{ {} schema {{ fields {{ id = int }} }} }} }}\nsink {{ Console {{ }} }}\n"
CLEAN = JOB.format("row.num = 5,")
BROKEN = JOB.format("row.nums = 5,")
WARNED = JOB.format("row.num = 5,").replace("env { }", "env { paralelism = 1 }")


Flowdeck: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def flowdeck(warm: WarmProcesses) -> Flowdeck:
    """Runs the command line in a process of its own."""

    def run(*arguments: str, cwd: Path, stdin: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        return warm.run(["flowdeck", *arguments], cwd, {**os.environ, **environment}, data)

    return run


def write(folder: Path, **files: str) -> None:
    """Job files by name."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_clean_file(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """Exit 0, nothing on stdout, a line of counts on stderr."""
    write(tmp_path, job=CLEAN)
    done = flowdeck("check", "job.conf", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No problems in 1 file\n")


def test_errors_exit_1_and_are_shown(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """The findings are on stdout, as text with carets and without colour."""
    write(tmp_path, job=BROKEN)
    done = flowdeck("check", "job.conf", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == (
        'error[J201]: unknown option "row.nums"\n'
        " --> job.conf:2:23\n"
        "  |\n"
        "2 | source { FakeSource { row.nums = 5, schema { fields { id = int } } } }\n"
        "  |                       ^^^^^^^^ FakeSource has no such option\n"
        "  |\n"
        '  = help: did you mean "row.num"?\n'
        "\n"
    )
    assert done.stderr == "Found 1 error in 1 file; 1 fixable with --fix --unsafe-fixes\n"


def test_warnings_alone_exit_0(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """They are shown and stop nothing."""
    write(tmp_path, job=WARNED)
    done = flowdeck("check", "job.conf", cwd=tmp_path)
    assert done.returncode == 0
    assert "warning[J201]" in done.stdout
    assert done.stderr == "Found 1 warning in 1 file; 1 fixable with --fix --unsafe-fixes\n"


def test_warnings_fail_a_strict_check(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """Exit 1 for a warning that is wanted; a note, or a warning that --ignore leaves out, still counts as nothing."""
    write(tmp_path, job=WARNED, noted=CLEAN.replace("env { }", "env { checkpoint.interval = 1000 }"))
    assert flowdeck("check", "job.conf", "--strict", cwd=tmp_path).returncode == 1
    assert flowdeck("check", "job.conf", "--strict", "--ignore", "J201", cwd=tmp_path).returncode == 0
    noted = flowdeck("check", "noted.conf", "--strict", cwd=tmp_path)
    assert (noted.returncode, noted.stderr) == (0, "Found 1 note in 1 file\n")


def test_one_line_for_each_finding(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """The place, the severity, the code, the message; nothing in a name or a message breaks the line."""
    write(tmp_path, job=BROKEN.replace("row.nums", '"row.nums\\n\\u001b"'), empty="", warned=WARNED)
    done = flowdeck("check", "job.conf", "empty.conf", "warned.conf", "missing.conf", "--output", "concise", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["job.conf:2:23", "error[J201]"],
        ["empty.conf:1:1", "error[S007]"],
        ["warned.conf:1:7", "warning[J201]"],
        ["missing.conf:1:1", "error[S001]"],
    ]
    assert "\x1b" not in done.stdout


def test_statistics_count_codes(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """As a table and as data, the most frequent first; by severity, because a code may be either."""
    write(tmp_path, a=BROKEN.replace("row.nums = 5,", "row.nums = 5, row.number = 5,"), b=BROKEN, c=WARNED)
    table = flowdeck("check", ".", "--statistics", cwd=tmp_path)
    assert table.returncode == 1
    assert [line.split()[:4] for line in table.stdout.splitlines()] == [
        ["FOUND", "FILES", "CODE", "SEVERITY"],
        ["3", "2", "J201", "error"],
        ["1", "1", "J201", "warning"],
    ]
    told = json.loads(flowdeck("check", ".", "--statistics", "--output", "json", cwd=tmp_path).stdout)
    assert (told["files"], [(row["code"], row["found"], row["files"]) for row in told["statistics"]]) == (
        3,
        [("J201", 3, 2), ("J201", 1, 1)],
    )
    assert flowdeck("check", ".", "--statistics", "--diff", cwd=tmp_path).returncode == 2


def test_directories_are_searched(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """Job files below a directory, in order, each once; hidden names, tools' directories and other files are left out."""
    write(tmp_path, b=BROKEN, a__c=BROKEN, node_modules__m=BROKEN)
    (tmp_path / ".d.conf").write_text(BROKEN)
    (tmp_path / "package.json").write_text("{")
    (tmp_path / "x.json").write_text('{"source": [')
    (tmp_path / "notes.txt").write_text("not a job")
    write(tmp_path / ".hidden", z=BROKEN)
    report = json.loads(flowdeck("check", ".", "b.conf", "./b.conf", "--output", "json", cwd=tmp_path).stdout)
    files = [diagnostic["file"] for diagnostic in report["diagnostics"]]
    assert [files.count(name) for name in ("b.conf", "x.json", "a/c.conf")] == [1, files.count("x.json"), 1]
    assert files.count("x.json") >= 1
    assert set(files) == {"b.conf", "x.json", "a/c.conf"}


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read everything")
def test_a_directory_that_cannot_be_searched_is_told(tmp_path: Path) -> None:
    """What is checked of the rest does not hide that something was not looked at; a home like that is named, too."""
    write(tmp_path, job=CLEAN, closed__hidden=BROKEN)
    (tmp_path / "closed").chmod(0)
    less = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    command = [*less, str(Path(sys.executable).parent / "flowdeck")]
    try:
        done = subprocess.run([*command, "check", "."], cwd=tmp_path, check=False, capture_output=True, text=True)
        (tmp_path / "closed").chmod(0o500)
        home = subprocess.run([*command, "--home", "closed", "ls"], cwd=tmp_path, check=False, capture_output=True, text=True)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert (done.returncode, done.stdout.splitlines()[:2]) == (
        2,
        ["error[S003]: cannot read the file: Permission denied", " --> closed"],
    )
    assert (home.returncode, home.stderr.splitlines()[0]) == (2, f"error: cannot write to {tmp_path}/closed")


def test_what_cannot_be_read_exits_2(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """A missing file is told like other findings, and the other files are still checked."""
    write(tmp_path, job=BROKEN)
    done = flowdeck("check", "missing.conf", "job.conf", cwd=tmp_path)
    assert done.returncode == 2
    assert "error[S001]" in done.stdout
    assert "error[J201]" in done.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["a.conf", "--engine", "sparkle"], ["a.conf", "-i", "novalue"], ["empty"], ["a.conf", "--output", "xml"]]
)
def test_wrong_usage_exits_2(flowdeck: Flowdeck, tmp_path: Path, arguments: list[str]) -> None:
    """No path, unknown choices, a variable without a value, a directory without job files."""
    (tmp_path / "empty").mkdir()
    done = flowdeck("check", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "error" in done.stderr


def test_standard_input(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """A dash reads it, under a name of its own; the dialect can be chosen."""
    done = flowdeck("check", "-", cwd=tmp_path, stdin=BROKEN)
    assert done.returncode == 1
    assert "--> <stdin>:2:23" in done.stdout
    text = '{"env": {}, "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"id": "int"}}}], "sink": []}'
    assert "J212" in flowdeck("check", "-", "--dialect", "json", cwd=tmp_path, stdin=text).stdout
    assert flowdeck("check", "-", cwd=tmp_path, stdin=b"\xff\xfe").returncode == 2


def test_variables(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """Given with -i, several times, also with an equals sign in the value."""
    text = CLEAN.replace("row.num = 5", "row.num = ${rows}, plugin_output = ${name}")
    write(tmp_path, job=text)
    assert flowdeck("check", "job.conf", "-i", "rows=7", "-i", "name=a=b", cwd=tmp_path).returncode == 0
    missing = flowdeck("check", "job.conf", "-i", "rows=7", cwd=tmp_path)
    assert missing.returncode == 1
    assert "I101" in missing.stdout
    assert flowdeck("check", "job.conf", "-i", "rows=7", cwd=tmp_path, name="x").returncode == 0


def test_includes_are_read_from_the_files_own_directory(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """Wherever the command runs."""
    write(
        tmp_path, jobs__job='include "common.conf"\n' + CLEAN.replace("env { }\n", ""), jobs__common="env { parallelism = 0 }\n"
    )
    done = flowdeck("check", "jobs/job.conf", cwd=tmp_path)
    assert done.returncode == 1
    assert "common.conf:1:21" in done.stdout


def test_forms_for_programs(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """JSON, SARIF and GitHub annotations on stdout, also for no findings at all."""
    write(tmp_path, job=BROKEN, clean=CLEAN)
    report = json.loads(flowdeck("check", "job.conf", "clean.conf", "--output", "json", cwd=tmp_path).stdout)
    assert (report["format_version"], report["files"]) == (1, 2)
    (found,) = report["diagnostics"]
    assert (found["code"], found["start"], found["end"]) == ("J201", {"line": 2, "column": 23}, {"line": 2, "column": 31})
    assert found["pointer"] == "/source/0/row.nums"
    sarif = json.loads(flowdeck("check", "clean.conf", "--output", "sarif", cwd=tmp_path).stdout)
    assert sarif["runs"][0]["results"] == []
    github = flowdeck("check", "job.conf", "--output", "github", cwd=tmp_path).stdout
    assert github.startswith("::error file=job.conf,line=2,")
    assert json.loads(flowdeck("check", "clean.conf", "--output", "json", cwd=tmp_path).stdout)["diagnostics"] == []


def test_the_help_says_what_exit_codes_mean(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """Scripts rely on them."""
    text = " ".join(flowdeck("check", "--help", cwd=tmp_path).stdout.split())
    assert "warnings and notes alone do not count" in text


def test_check_imports_nothing_heavy(tmp_path: Path) -> None:
    """Neither the terminal UI, nor DuckDB (the job has no SQL), nor Arrow, nor what speaks HTTP, nor what only options need."""
    write(tmp_path, job=BROKEN)
    code = (
        "import sys\n"
        "from tui.cli.main import run_command_line\n"
        "status = run_command_line(['check', 'job.conf'])\n"
        "heavy = {'textual', 'duckdb', 'pyarrow', 'numpy', 'litestar', 'rich', 'pyhocon', 'watchfiles'} & set(sys.modules)\n"
        "heavy |= {'http.client', 'importlib.metadata', 'multiprocessing', 'runner.client'} & set(sys.modules)\n"
        "print(status, sorted(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines()[-1] == "1 []"


def test_names_and_contents_cannot_drive_the_terminal(flowdeck: Flowdeck, tmp_path: Path) -> None:
    """Escape sequences in a file's name and text come out as escapes."""
    (tmp_path / "a\x1b[31m.conf").write_text("env {\n  x = \x1b]0;title\x07\n}\n" + CLEAN)
    done = flowdeck("check", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert "\\x1b[31m.conf" in done.stdout
