"""Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from spec.diagnostic import Diagnostic, Severity
from spec.render.escape import safe

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One command per diagnostic and line."""
    return "".join(f"{_command(diagnostic)}\n" for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties = {"file": diagnostic.file}
    if diagnostic.primary is not None:
        line, column = diagnostic.primary.span.start_position()
        end_line, end_column = diagnostic.primary.span.end_position()
        properties |= {"line": str(line), "endLine": str(end_line), "col": str(column), "endColumn": str(end_column)}
    properties["title"] = diagnostic.code
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = "\n".join((diagnostic.message, *diagnostic.notes))
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_message(text)}"


def _message(text: str) -> str:
    """Percent-encoded as the runner decodes it; line breaks inside a message stay line breaks."""
    return "%0A".join(safe(line.replace("%", "%25")) for line in text.split("\n"))


def _property(value: str) -> str:
    return safe(value.replace("%", "%25")).replace(":", "%3A").replace(",", "%2C")
