"""The command fmt: files in place, exit codes, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spec.errors import UsageError
from spec.format.replacement import replace_text
from tui.cli.main import flowdeck

UNTIDY = "env{parallelism=2}\n"
TIDY = "env { parallelism = 2 }\n"
BROKEN = "env {\n"


def fmt(*arguments: str, stdin: str = "") -> Result:
    """Run the command inside this process."""
    return CliRunner().invoke(flowdeck, ["fmt", *arguments], input=stdin, standalone_mode=False)


def write(folder: Path, **texts: str) -> list[str]:
    """Job files by name; their paths."""
    for name, text in texts.items():
        (folder / f"{name}.conf").write_text(text)
    return [str(folder / f"{name}.conf") for name in texts]


def test_files_are_written_in_place(tmp_path: Path) -> None:
    """Whatever is not in the layout is, afterwards; mode and symbolic link stay, and nothing else is left behind."""
    untidy, tidy = write(tmp_path, untidy=UNTIDY, tidy=TIDY)
    Path(untidy).chmod(0o640)
    link = tmp_path / "link.conf"
    link.symlink_to("untidy.conf")
    before = Path(tidy).stat().st_mtime_ns
    done = fmt(str(link), tidy)
    assert done.return_value == 0
    assert done.stderr == f"formatted {link}\nfiles: 1 formatted, 1 unchanged\n"
    assert Path(untidy).read_text() == TIDY
    assert Path(untidy).stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert Path(tidy).stat().st_mtime_ns == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.conf", "tidy.conf", "untidy.conf"]


def test_check_and_diff_write_nothing(tmp_path: Path) -> None:
    """They exit with 1 for a file that would change, name it or show how, and leave it as it is."""
    untidy, tidy = write(tmp_path, untidy=UNTIDY, tidy=TIDY)
    checked = fmt("--check", str(tmp_path))
    assert (checked.return_value, checked.stdout) == (1, f"{untidy}\n")
    shown = fmt("--diff", str(tmp_path))
    assert shown.return_value == 1
    assert "-env{parallelism=2}\n+env { parallelism = 2 }\n" in shown.stdout
    assert Path(untidy).read_text() == UNTIDY
    assert fmt("--check", "--diff", tidy).return_value == 0


def test_windows_line_ends_become_line_feeds(tmp_path: Path) -> None:
    """Also when nothing else changes; those inside triple quotes belong to the value and stay."""
    file = tmp_path / "job.conf"
    file.write_bytes(b'a = """x\r\ny"""\r\nb = 1\r\n')
    assert fmt(str(file)).return_value == 0
    assert file.read_bytes() == b'a = """x\r\ny"""\nb = 1\n'


def test_a_broken_file_stays_and_the_others_are_written(tmp_path: Path) -> None:
    """One diagnostic says what is wrong; the exit code is 1."""
    broken, untidy = write(tmp_path, broken=BROKEN, untidy=UNTIDY)
    done = fmt(broken, untidy)
    assert done.return_value == 1
    assert done.stderr.count("error[") == 1
    assert "files: 1 formatted, 1 left as they are" in done.stderr
    assert Path(broken).read_text() == BROKEN
    assert Path(untidy).read_text() == TIDY


def test_standard_input(tmp_path: Path) -> None:
    """Text in, text out; text with a problem gives none, so that an editor does not replace it by nothing."""
    done = fmt("-", stdin=UNTIDY)
    assert (done.return_value, done.stdout, done.stderr) == (0, TIDY, "")
    broken = fmt("-", stdin=BROKEN)
    assert (broken.return_value, broken.stdout) == (1, "")
    assert fmt("-", "--dialect", "json", stdin=UNTIDY).return_value == 1


def test_what_cannot_be_read_or_written_exits_with_2(tmp_path: Path) -> None:
    """A missing file, a binary one, a protected one, a directory or pattern without job files."""
    assert fmt(str(tmp_path / "missing.conf")).return_value == 2
    for path in (tmp_path, tmp_path / "*.conf"):
        assert isinstance(fmt(str(path)).exception, UsageError)
    if os.geteuid() != 0:
        (protected,) = write(tmp_path, protected=UNTIDY)
        Path(protected).chmod(0o444)
        assert fmt(protected).return_value == 2
        assert Path(protected).read_text() == UNTIDY


def test_patterns_cross_directories(tmp_path: Path) -> None:
    """A pattern finds job files at any depth, each once."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    write(tmp_path, one=UNTIDY)
    write(below, two=UNTIDY)
    (below / "notes.txt").write_text("no job")
    done = fmt("--check", str(tmp_path / "**"), str(tmp_path / "**" / "*.conf"))
    assert sorted(done.stdout.splitlines()) == [str(below / "two.conf"), str(tmp_path / "one.conf")]


def test_a_file_that_changed_in_the_meantime_is_left_alone(tmp_path: Path) -> None:
    """What somebody else has just saved is not overwritten."""
    (path,) = write(tmp_path, job="new")
    with pytest.raises(UsageError, match="changed in the meantime"):
        replace_text(Path(path), "old", "formatted")
    assert Path(path).read_text() == "new"
    assert list(tmp_path.iterdir()) == [Path(path)]


def test_fmt_needs_no_engine() -> None:
    """Formatting starts quickly: neither DuckDB, pyarrow, jsonschema nor Textual are imported."""
    code = (
        "import sys; from tui.cli.main import run_command_line; run_command_line(['fmt', '-']); "
        "print([name for name in ('duckdb', 'pyarrow', 'textual', 'litestar') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], input=TIDY, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{TIDY}[]\n"
