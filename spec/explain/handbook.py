"""All codes as one Markdown document: docs/codes.md."""

from __future__ import annotations

from collections.abc import Iterator

from spec.codes.entry import Code
from spec.codes.example import find_in_example
from spec.codes.registry import FAMILIES, family
from spec.diagnostic import Applicability
from spec.explain.codes import circumstances

_HEAD = """\
# Codes

What `flowdeck check` can say of a job file. `flowdeck explain CODE` shows the same with the finding as it looks in a terminal.
This page is written by `python tools/write_codes.py`; a test compares the two.

An **error** is a reason why the job cannot run: it is never silenced, and makes the exit code 1. A **warning** is true of the
file and most likely not meant; a **note** is good to know. Both can be silenced with `# flowdeck: ignore[CODE]` on the line or
the line above, or with `# flowdeck: ignore-file[CODE]`.

`flowdeck check --fix` applies *safe* fixes; with `--unsafe-fixes` also those that only the author of the file can judge.
"""


def handbook() -> str:
    """The whole document, ending in a line break."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for letter, title in FAMILIES.items():
        yield f"## {letter}: {title}\n"
        yield "| code | severity | what |\n|---|---|---|"
        yield from (f"| [{entry.code}](#{_anchor(entry)}) | {entry.severity} | {entry.title} |" for entry in family(letter))
        yield ""
        for entry in family(letter):
            yield from _entry(entry)


def _anchor(entry: Code) -> str:
    kept = (character for character in f"{entry.code} {entry.title}".lower() if character.isalnum() or character in " -")
    return "".join(kept).replace(" ", "-")


def _entry(entry: Code) -> Iterator[str]:
    yield f"### {entry.code}: {entry.title}\n"
    yield f"{entry.why}\n"
    if entry.bad:
        language = "json" if entry.file.endswith(".json") else "hocon"
        yield f"Wrong{circumstances(entry)}:\n\n```{language}\n{_shown(entry.bad)}\n```\n"
        yield f"Right:\n\n```{language}\n{_shown(entry.good)}\n```\n"
    found = find_in_example(entry)
    if found is not None and found.fix is not None:
        kind = "Safe" if found.fix.applicability is Applicability.SAFE else "Unsafe"
        yield f"{kind} fix: {found.fix.title}.\n"


def _shown(text: str) -> str:
    """An example as it can stand on a page: what cannot be seen is escaped."""
    return "".join(
        character if character.isprintable() or character == "\n" else f"<U+{ord(character):04X}>"
        for character in text.rstrip("\n")
    )
