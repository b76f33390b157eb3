"""Checks the examples of a code: what ``explain`` shows and the tests prove."""

from __future__ import annotations

from pathlib import Path

from spec.check import CheckResult, check_file, check_text
from spec.codes.entry import Code
from spec.diagnostic import Diagnostic
from spec.document import ReadOptions


def check_example(entry: Code, text: str, directory: Path | None = None) -> CheckResult:
    """Check ``text``, an example of ``entry``. With ``directory`` it is written there first, with the files beside it, which
    examples with includes need."""
    options = ReadOptions(variables=dict(entry.variables), environment=dict(entry.environment), include_root=directory)
    if directory is None:
        return check_text(text, entry.file, options, entry.engine)
    for name, content in ((entry.file, text), *entry.beside):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content)
    return check_file(directory / entry.file, options, entry.engine)


def find_in_example(entry: Code) -> Diagnostic | None:
    """What a check says of the bad example; None for codes without an example, and for examples that need other files."""
    if not entry.bad or entry.beside:
        return None
    found = check_example(entry, entry.bad).diagnostics
    return next((diagnostic for diagnostic in found if diagnostic.code == entry.code), None)
