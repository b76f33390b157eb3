"""Placeholders in quotes (``"${name}"``) that nobody gave a value, where the local engine takes them for text."""

from __future__ import annotations

import re
from typing import Final

from spec.checks.canonical import Origin
from spec.checks.findings import Findings
from spec.checks.options import CheckedPlugin
from spec.diagnostic import Severity
from spec.document import Dialect
from spec.position import Span
from spec.resolver.externals import RESERVED_NAMES
from spec.secret_references import is_query
from spec.value import Scalar

_PLACEHOLDER: Final = re.compile(r"(?<!\$)\$\{(?P<name>[A-Za-z_][\w.-]*)\}")


def check_placeholders(plugin: CheckedPlugin, findings: Findings, dialect: Dialect, engine: str) -> None:
    """Warn of them in paths and queries: a job would look for a file of that name. Elsewhere they may be the plugin's."""
    if engine != "local":
        return
    for option, value in plugin.canonical.data.items():
        if not isinstance(value, str) or "${" not in value:
            continue
        if option != "path" and not is_query(plugin.element.kind, plugin.name, option):
            continue
        for found in _PLACEHOLDER.finditer(value):
            if found["name"] not in RESERVED_NAMES:
                _tell(found["name"], plugin.canonical.origin((option,)), findings, dialect)


def _tell(name: str, origin: Origin, findings: Findings, dialect: Dialect) -> None:
    written = f"${{{name}}}"
    value = origin.value
    at = value.span.text.find(written)
    place = Span(value.span.source, value.span.start + at, value.span.start + at + len(written)) if at >= 0 else value.span
    filled = dialect is not Dialect.HOCON  # which knows no placeholders
    how = f"only -i {name}=VALUE replaces it" if filled else "nothing replaces it"
    findings.add(
        "I116",
        f'"{written}" is taken for text: inside of quotes {how}',
        Scalar(written, place, value.via),
        label="stays as it is",
        severity=Severity.WARNING,
        notes=(f"help: {'give that, or ' if filled else ''}write {written} outside of the quotes",),
        pointer=origin.pointer,
    )
