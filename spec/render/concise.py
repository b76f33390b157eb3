"""Diagnostics as one line each, ``file:line:column: severity[code]: message``, as grep and editors take it."""

from __future__ import annotations

from collections.abc import Iterable

from spec.diagnostic import Diagnostic
from spec.render.escape import safe


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """A line per diagnostic. One of a whole file stands at its first line."""
    return "".join(f"{_line(diagnostic)}\n" for diagnostic in diagnostics)


def _line(diagnostic: Diagnostic) -> str:
    line, column = diagnostic.primary.span.start_position() if diagnostic.primary else (1, 1)
    message = " ".join(diagnostic.message.split("\n"))
    return f"{safe(diagnostic.file)}:{line}:{column}: {diagnostic.severity}[{diagnostic.code}]: {safe(message)}"
