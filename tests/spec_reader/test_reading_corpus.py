"""The reader against what SeaTunnel's own reader makes of real job files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.diagnostic import Severity
from spec.document import Dialect, Document, ReadOptions, read_file, read_text
from spec.syntax.readings import parse
from spec.value import Value, to_plain

SHARED = Path(__file__).parents[2].parent / "shared"
CORPUS = SHARED / "corpus"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus of real job files is not at {CORPUS}")


def corpus_entries() -> list[dict[str, Any]]:
    """The manifest, or nothing where the corpus is absent."""
    manifest = CORPUS / "manifest.json"
    return json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else []


ENTRIES = corpus_entries()
RESOLVED = [entry["path"] for entry in ENTRIES if entry["resolved"]]
UNRESOLVED = [entry["path"] for entry in ENTRIES if not entry["resolved"]]


def read(path: str) -> Document:
    """One corpus file as `check` reads it, with an empty environment."""
    return read_file(CORPUS / path, ReadOptions(include_root=(CORPUS / path).parent))


def same(left: Any, right: Any) -> bool:
    """Equal JSON values: key order aside, but true is not 1 (40.0 and 40 are the same number)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def plain(value: Value | None) -> Any:
    """The plain data of a root that must be there."""
    assert value is not None
    return to_plain(value)


def test_the_corpus_is_the_one_that_was_promised() -> None:
    """All 321 files are there, 313 of which resolve without variables."""
    assert (len(RESOLVED), len(UNRESOLVED)) == (313, 8)


@pytest.mark.parametrize("path", RESOLVED)
def test_a_resolving_file_reads_as_seatunnel_reads_it(path: str) -> None:
    """Values equal SeaTunnel's, and the reader finds no error."""
    document = read(path)
    expected = json.loads((CORPUS / f"{path}.parsed.json").read_text(encoding="utf-8"))
    assert same(plain(document.root), expected)
    assert [d for d in document.diagnostics if d.severity is Severity.ERROR] == []


@pytest.mark.parametrize("path", UNRESOLVED)
def test_a_file_that_needs_variables_says_which(path: str) -> None:
    """Every error is an undefined variable, and its span is exactly the reference."""
    document = read(path)
    errors = [d for d in document.diagnostics if d.severity is Severity.ERROR]
    assert errors
    for error in errors:
        assert error.code == "I101"
        assert error.primary is not None
        assert error.primary.span.text.startswith("${")
        assert error.primary.span.text.endswith("}")


@pytest.mark.parametrize("path", UNRESOLVED)
def test_variables_make_such_a_file_resolve(path: str) -> None:
    """With every variable that the manifest lists given by -i (table_name by the environment), no error is left."""
    entry = next(entry for entry in ENTRIES if entry["path"] == path)
    variables = {name: f"value of {name}" for name in entry["variables"]}
    document = read_file(CORPUS / path, ReadOptions(variables=variables, environment={"table_name": "t"}))
    assert [d for d in document.diagnostics if d.severity is Severity.ERROR] == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_still_read(data: st.DataObject) -> None:
    """Pieces of real files cut out, moved or replaced by signs: a Document in every dialect, and the tree prints the text."""
    path = data.draw(st.sampled_from([entry["path"] for entry in ENTRIES]))
    text = (CORPUS / path).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 4))):
        start, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 40))
        piece = data.draw(st.sampled_from(["", "{", "}", '"', "[", "${", "=", "\n", '"""', text[start : start + length] * 2]))
        text = text[:start] + piece + text[start + length :]
    for dialect in Dialect:
        document = read_text(text, "job.conf", ReadOptions(dialect=dialect))
        assert parse(document.source).print() == text
        for diagnostic in document.diagnostics:
            assert diagnostic.primary is not None
            assert 0 <= diagnostic.primary.span.start <= diagnostic.primary.span.end <= len(text)
