"""Regular expressions that the local engine cannot read. It has RE2's, which have no look-around and no back references."""

from __future__ import annotations

import re
from typing import Final

from spec.checks.findings import Findings
from spec.checks.options import CheckedPlugin

# What every engine reads, so that the engine need not be loaded for it.
_PLAIN: Final = re.compile(r"(?:[\w \t,;:/@#%&=<>'\"!~-]|\\[.dswDSW]|\[\^?[\w. -]+\]|(?<![.])\.[*+?]?)*")
_DIFFERENT: Final = re.compile(r"\(\?(?:<?[=!]|>)|\\[1-9]|[*+?}]\+")
_PATTERNS: Final = {
    ("source", "localfile"): "file_filter_pattern",
    ("transform", "replace"): "pattern",
}


def check_regular_expressions(plugin: CheckedPlugin, findings: Findings, engine: str) -> None:
    """Report one that a worker would fail with."""
    option = _PATTERNS.get((plugin.element.kind, plugin.name.lower()))
    data = plugin.canonical.data
    pattern = data.get(option) if option else None
    if engine != "local" or option is None or not isinstance(pattern, str) or _PLAIN.fullmatch(pattern):
        return
    if option == "pattern" and data.get("is_regex") is not True:
        return
    reason = _fault(pattern)
    if not reason:
        return
    origin = plugin.canonical.origin((option,))
    findings.add(
        "J217",
        f'"{option}" is no regular expression that the local engine reads: {reason}',
        origin.value,
        label="cannot be read",
        notes=("it has no look-around, no back references and no possessive repetition",) if _DIFFERENT.search(pattern) else (),
        pointer=origin.pointer,
    )


def _fault(pattern: str) -> str:
    """What the engine says of it; the empty string when it reads it."""
    import duckdb

    from spec.sql.session import session

    with session() as dialect:
        try:
            dialect.connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.InvalidInputException as error:
            return str(error).removeprefix("Invalid Input Error: ").splitlines()[0]
    return ""
