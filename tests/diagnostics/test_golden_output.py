"""What people see of every code, at 80 columns. FLOWDECK_UPDATE_GOLDEN=1 writes the files anew: then read what has changed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spec.codes.entry import Code
from spec.codes.registry import all_codes

sys.path.insert(0, str(Path(__file__).parent))
from golden_case import GOLDEN, UPDATE, WIDTH, rendered

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
