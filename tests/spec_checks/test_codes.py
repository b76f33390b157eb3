"""The registry of diagnostic codes: complete, and every example does what it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from spec.codes.entry import Code
from spec.codes.example import check_example
from spec.codes.registry import FAMILIES, all_codes, find_code
from spec.diagnostic import Severity
from spec.resolver.codes import ResolveCode
from spec.syntax.codes import SyntaxCode

SPEC = Path(__file__).parents[2] / "spec"
CODE = re.compile(rf"[{''.join(FAMILIES)}][0-9]{{3}}")
WITH_EXAMPLES = [entry for entry in all_codes().values() if entry.bad]


def codes_in_checks() -> set[str]:
    """Every code that stands as a string in the code of the checks."""
    found: set[str] = set()
    for path in [
        *(SPEC / "checks").glob("*.py"),
        *(SPEC / "dataflow").glob("*.py"),
        SPEC / "check.py",
        SPEC / "suppression.py",
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def found_codes(text: str, entry: Code, directory: Path) -> dict[str, Severity]:
    """The codes that a check of ``text`` finds, with their severity."""
    result = check_example(entry, text, directory if entry.beside else None)
    return {diagnostic.code: diagnostic.severity for diagnostic in result.diagnostics}


def test_every_code_that_is_emitted_is_registered_and_the_other_way_round() -> None:
    """No code without an entry, and no entry for a code that nothing emits."""
    emitted = codes_in_checks() | {str(code) for code in (*SyntaxCode, *ResolveCode)}
    assert emitted == set(all_codes())


def test_a_code_is_found_in_any_case() -> None:
    """People type j201."""
    assert find_code("j201") is find_code("J201") is all_codes()["J201"]
    assert find_code("J999") is None


@pytest.mark.parametrize("entry", all_codes().values(), ids=list(all_codes()))
def test_an_entry_is_documented(entry: Code) -> None:
    """A title to show in one line, a reason in whole sentences, and examples unless the problem is not in the text."""
    assert CODE.fullmatch(entry.code)
    assert entry.title
    assert len(entry.title) <= 60
    assert not entry.title.endswith(".")
    assert entry.why.endswith(".")
    assert bool(entry.bad) == bool(entry.good)
    assert entry.bad or entry.code[0] in "SI", "only problems of files and includes may go without an example"


@pytest.mark.parametrize("entry", WITH_EXAMPLES, ids=[entry.code for entry in WITH_EXAMPLES])
def test_the_bad_example_gets_the_code_and_the_good_one_does_not(entry: Code, tmp_path: Path) -> None:
    """The examples are true, and so is what the entry says of how bad it is."""
    assert found_codes(entry.bad, entry, tmp_path)[entry.code] == entry.severity
    assert entry.code not in found_codes(entry.good, entry, tmp_path)


@pytest.mark.parametrize("entry", WITH_EXAMPLES, ids=[entry.code for entry in WITH_EXAMPLES])
def test_the_good_example_has_no_errors(entry: Code, tmp_path: Path) -> None:
    """What is shown as right is a job that can be submitted."""
    result = check_example(entry, entry.good, tmp_path if entry.beside else None)
    assert not result.has_errors, [diagnostic.message for diagnostic in result.diagnostics]
    assert result.job is not None
