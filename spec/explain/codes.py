"""The page of a diagnostic code, and the list of all codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from spec.codes.entry import Code
from spec.codes.example import find_in_example
from spec.codes.registry import FAMILIES
from spec.diagnostic import Applicability, Diagnostic, Fix, Severity
from spec.explain.page import Page
from spec.render.palette import Palette
from spec.render.text import render_diagnostic


def code_page(entry: Code, page: Page, width: int) -> None:
    """Why it matters, an example of the mistake with what a check says of it, the repair, and what the fix does."""
    found = find_in_example(entry)
    page.heading(f"{entry.code}: {entry.title}")
    page.paragraph(f"{FAMILIES[entry.code[0]]}. Severity: {entry.severity}.")
    page.blank()
    page.paragraph(entry.why)
    if entry.bad:
        _examples(entry, found, page, width)
    _mending(entry, found, page)


def code_list(entries: Iterable[Code], page: Page) -> None:
    """One line per code, by family."""
    letter = ""
    for entry in entries:
        if entry.code[0] != letter:
            letter = entry.code[0]
            page.heading(FAMILIES[letter])
        page.term(entry.code, f"{entry.severity:<7}  {entry.title}", 2)


def code_data(entry: Code) -> dict[str, Any]:
    """The same for programs."""
    found = find_in_example(entry)
    fix = found.fix if found else None
    return {
        "code": entry.code,
        "family": FAMILIES[entry.code[0]],
        "title": entry.title,
        "severity": str(entry.severity),
        "why": entry.why,
        "bad": entry.bad,
        "good": entry.good,
        "file": entry.file,
        "engine": entry.engine,
        "fix": {"title": fix.title, "applicability": str(fix.applicability)} if fix else None,
    }


def circumstances(entry: Code) -> str:
    """What else belongs to the example, in parentheses: the file's name where it matters, other files, given values."""
    parts = [
        *([f"in a file named {entry.file}"] if entry.file != "job.conf" else []),
        *([f"for the {entry.engine} engine"] if entry.engine != "local" else []),
        *[f"beside a file {name}" for name, _ in entry.beside],
        *[f"with -i {name}={value}" for name, value in entry.variables],
        *[f"with {name} in the environment" for name, _ in entry.environment],
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _examples(entry: Code, found: Diagnostic | None, page: Page, width: int) -> None:
    page.heading(f"Wrong{circumstances(entry)}")
    page.blank()
    page.code(entry.bad)
    if found is not None:
        page.heading("What check says of it")
        page.blank()
        page.code(render_diagnostic(found, Palette(), width - 4, wrap=True))
    page.heading("Right")
    page.blank()
    page.code(entry.good)


def _mending(entry: Code, found: Diagnostic | None, page: Page) -> None:
    sentences = list(_ways(entry, found.fix if found else None))
    if sentences:
        page.blank()
        for sentence in sentences:
            page.paragraph(sentence)


def _ways(entry: Code, fix: Fix | None) -> Iterator[str]:
    if fix is not None and fix.applicability is Applicability.SAFE:
        yield f"Fix: flowdeck check --fix mends this example: {fix.title}."
    elif fix is not None:
        yield (
            f"Fix: flowdeck check --fix --unsafe-fixes mends this example: {fix.title}. That may change what the job does, so "
            "look at the result."
        )
    if entry.severity is not Severity.ERROR and entry.code[0] != "F":
        yield f"To silence it: # flowdeck: ignore[{entry.code}] on its line or the one above, and a word on why."
