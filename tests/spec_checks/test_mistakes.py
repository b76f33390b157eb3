"""The sample mistakes: each gets exactly the code it says, on the line it says, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spec.check import check_file
from spec.codes.registry import all_codes
from spec.document import ReadOptions

SAMPLES = Path(__file__).parents[2] / "samples"
MISTAKES = sorted((SAMPLES / "mistakes").glob("*.conf"))
EXPECT = re.compile(r"^# Expect: ([A-Z][0-9]{3}) (?:at line ([0-9]+)|for the whole file)$", re.MULTILINE)


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_a_mistake_is_found_where_it_is(path: Path) -> None:
    """One finding: the code and line that the file's first lines tell."""
    expected = EXPECT.search(path.read_text())
    assert expected is not None
    result = check_file(path, ReadOptions(include_root=path.parent))
    found = [
        (diagnostic.code, diagnostic.primary.span.start_position()[0] if diagnostic.primary else None)
        for diagnostic in result.diagnostics
    ]
    assert found == [(expected[1], int(expected[2]) if expected[2] else None)]
    assert (result.job is None) == result.has_errors


def test_there_is_a_sample_of_every_family() -> None:
    """Each kind of mistake that the local engine's files can have; tests/diagnostics has an example of every single code."""
    shown = {match[1] for path in MISTAKES if (match := EXPECT.search(path.read_text()))}
    assert {code[0] for code in all_codes()} <= {code[0] for code in shown}
    assert shown <= set(all_codes())


@pytest.mark.parametrize("path", [*SAMPLES.glob("*.conf"), *SAMPLES.glob("*.json")], ids=lambda path: path.name)
def test_the_other_samples_are_clean(path: Path) -> None:
    """What is meant to run has no errors and no warnings."""
    result = check_file(path, ReadOptions(include_root=path.parent))
    assert result.job is not None
    assert [diagnostic.message for diagnostic in result.diagnostics if diagnostic.severity != "note"] == []
