"""What people see of every code, at 80 columns. FLOWDECK_UPDATE_GOLDEN=1 writes the files anew: then read what has changed.

The text is the bad example of the code's entry; the few problems that no short text has are made here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from spec.check import CheckResult, check_file, check_text
from spec.codes.entry import Code
from spec.codes.example import check_example
from spec.codes.registry import all_codes
from spec.diagnostic import Diagnostic
from spec.document import ReadOptions
from spec.render.text import render_text
from spec.syntax.files import FILE_LIMIT

GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("FLOWDECK_UPDATE_GOLDEN"))
WIDTH = 80
REST = "source { FakeSource { schema { fields { id = int } } } }\nsink { Console { } }\n"


def check_bad(entry: Code, directory: Path) -> CheckResult:
    """The check of a text that gets the code: its own bad example, or one made here."""
    if entry.bad:
        return check_example(entry, entry.bad, directory if entry.beside else None)
    return MADE[entry.code](directory)


def rendered(entry: Code, directory: Path) -> str:
    """What a person at a terminal of 80 columns sees of the findings with this code, wherever the files lie."""
    found = [diagnostic for diagnostic in check_bad(entry, directory).diagnostics if diagnostic.code == entry.code]
    text = render_text([_at_home(diagnostic, directory) for diagnostic in found[:1]], width=WIDTH, wrap=True)
    return text.replace(f"{directory}{os.sep}", "").rstrip("\n") + "\n"


def _at_home(diagnostic: Diagnostic, directory: Path) -> Diagnostic:
    """The diagnostic with a directory's name that does not change from run to run in its notes."""
    return replace(diagnostic, notes=tuple(note.replace(str(directory), "/jobs") for note in diagnostic.notes))


def _file(content: bytes) -> Callable[[Path], CheckResult]:
    def check(directory: Path) -> CheckResult:
        (directory / "job.conf").write_bytes(content)
        return check_file(directory / "job.conf", ReadOptions(include_root=directory))

    return check


def _text(text: str, **given: Mapping[str, str]) -> Callable[[Path], CheckResult]:
    return lambda _directory: check_text(text, "job.conf", ReadOptions(**given))


def _missing(directory: Path) -> CheckResult:
    return check_file(directory / "missing.conf", ReadOptions())


def _directory(directory: Path) -> CheckResult:
    (directory / "jobs.conf").mkdir()
    return check_file(directory / "jobs.conf", ReadOptions())


def _unreadable(directory: Path) -> CheckResult:
    (directory / "jobs").write_text("no directory")
    return check_file(directory / "jobs" / "job.conf", ReadOptions())


def _many_includes(directory: Path) -> CheckResult:
    for number in range(200):
        (directory / f"part{number}.conf").write_text(f'include "part{number + 1}.conf"\nx{number} = 1\n')
    (directory / "job.conf").write_text('include "part0.conf"\nenv { }\n' + REST)
    return check_file(directory / "job.conf", ReadOptions(include_root=directory))


def _unreadable_include(directory: Path) -> CheckResult:
    (directory / "common.conf").write_bytes(b"\0\1")
    (directory / "job.conf").write_text('include "common.conf"\nenv { }\n' + REST)
    return check_file(directory / "job.conf", ReadOptions(include_root=directory))


_DOUBLED = "x0 = aaaaaaaaaaaaaaaa\n" + "".join(f"x{n + 1} = ${{x{n}}}${{x{n}}}\n" for n in range(40))

# The problems that no text of a few lines shows.
MADE: Mapping[str, Callable[[Path], CheckResult]] = {
    "S001": _missing,
    "S002": _directory,
    "S003": _unreadable,
    "S004": _file(b"#" * (FILE_LIMIT + 1)),
    "S005": _file(b"env { }\n\0\n"),
    "S006": _file('env { job.name = "größe" }\n'.encode("latin-1")),
    "S007": _file(b"\n"),
    "S023": _text("a " + "{ a " * 300),
    "S026": _text("a = @\n" * 150),
    "I104": _text(f"{_DOUBLED}env {{ }}\n{REST}"),
    "I105": _text(f"{'->'.join('a' * 300)} = 1\nenv {{ }}\n{REST}"),
    "I106": _text(f"env {{ }}\n{REST}", variables={"table_name": "orders"}),
    "I107": _text(f"env {{ parallelism = ${{readers}} }}\n{REST}", variables={"readers": "2"}, environment={"readers": "4"}),
    "I114": _many_includes,
    "I115": _unreadable_include,
}

ENTRIES = tuple(all_codes().values())


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.code for entry in ENTRIES])
def test_a_code_looks_as_it_was_approved(entry: Code, tmp_path: Path) -> None:
    """The rendered finding is the one that is checked in, and no line is wider than the terminal."""
    text = rendered(entry, tmp_path)
    assert f"[{entry.code}]" in text
    assert [line for line in text.splitlines() if len(line) > WIDTH] == []
    path = GOLDEN / f"{entry.code}.txt"
    if UPDATE:
        path.write_text(text)
    assert path.read_text() == text


def test_no_golden_file_is_left_over() -> None:
    """One file per code."""
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(all_codes())
