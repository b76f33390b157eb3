"""Names and values as SQL text. Every identifier and every literal that goes into a query passes through here."""

from __future__ import annotations

from collections.abc import Iterable

from spec.errors import UsageError


def identifier(name: str) -> str:
    """``name`` as a quoted identifier. Raises UsageError ``invalid-name``."""
    if "\0" in name:
        raise UsageError(
            f"a column cannot be called {name!r}: there is a NUL character in it",
            hint="give the column another name where it is made",
            code="invalid-name",
        )
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a string literal."""
    if "\0" in text:
        return " || chr(0) || ".join(literal(piece) for piece in text.split("\0")).join("()")
    return "'" + text.replace("'", "''") + "'"


def columns(names: Iterable[str]) -> str:
    """A comma-separated list of quoted identifiers."""
    return ", ".join(identifier(name) for name in names)
