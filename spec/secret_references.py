"""References to secrets: ``"${{env:NAME}}"`` and ``"${{file:/path}}"`` in a text stay what they are wherever a job is read,
checked, stored, compared and shown; only the worker that runs it puts the values in.

The two braces keep them apart from ``"${name:default}"``, which SeaTunnel fills in when it reads the file: ``"${env:X}"`` is a
placeholder ``env`` with the default ``X`` there, and SeaTunnel leaves ``"${{env:X}}"`` as it is. Where the values come from is
the runner's affair.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from spec.sql.lexer import tokens

_BEGINNING: Final = "${{"
_REFERENCE: Final = re.compile(r"\$\{\{[ \t]*(?P<kind>env|file):(?P<name>[^{}\x00-\x1f\x7f]+?)[ \t]*\}\}")
_ATTEMPT: Final = re.compile(r"\$\{\{[ \t]*(?:env|file)\b[^{}\n'\"]*\}{0,2}")
_ANYTHING: Final = re.compile(r"\$\{\{[^{}\n'\"]*\}{0,2}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_NAME: Final = 1024


class ReferenceKind(enum.StrEnum):
    """Where a value comes from: a variable of the worker's environment, or a file that the worker reads."""

    ENV = "env"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class SecretReference:
    """One reference at ``[start, end)`` of a text. ``name`` is the variable's, or the absolute path of the file."""

    kind: ReferenceKind
    name: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"${{{{{self.kind}:{self.name}}}}}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is meant as a reference at ``[start, end)`` of a text, and why it is none."""

    start: int
    end: int
    reason: str


def references(text: str) -> Iterator[SecretReference]:
    """The references in ``text``, in order."""
    if _BEGINNING not in text:
        return
    for found in _REFERENCE.finditer(text):
        kind, name = ReferenceKind(found["kind"]), found["name"]
        if not _fault(kind, name):
            yield SecretReference(kind, name, *found.span())


def is_meant(text: str) -> bool:
    """Whether ``text`` has a reference, or something that is meant as one and told of by :func:`mistakes`."""
    return _BEGINNING in text


def refers(text: str) -> bool:
    """Whether there is a reference in ``text``."""
    return next(references(text), None) is not None


def mistakes(text: str, *, secret: bool) -> Iterator[Mistake]:
    """What in ``text`` looks like a reference and is none. In a ``secret`` option that is everything in two braces; elsewhere
    other programs' templates may be meant, and only what begins as a reference counts."""
    if _BEGINNING not in text:
        return
    whole = {found.start: found.end for found in references(text)}
    for found in (_ANYTHING if secret else _ATTEMPT).finditer(text):
        if found.start() not in whole:
            yield Mistake(*found.span(), _reason(found[0]))


def put_in(text: str, value: Callable[[SecretReference], str]) -> str:
    """``text`` with the values of its references in their places. What a value says is not looked at again."""
    pieces: list[str] = []
    last = 0
    for found in references(text):
        pieces += (text[last : found.start], value(found))
        last = found.end
    return "".join((*pieces, text[last:]))


def put_in_query(query: str, value: Callable[[SecretReference], str]) -> str:
    """The same for SQL: the values go into texts in single quotes, and cannot end them."""

    def quoted(reference: SecretReference) -> str:
        return value(reference).replace("'", "''")

    if not refers(query):
        return query
    return "".join(
        put_in(token.text, quoted) if _takes_values(token.kind, token.text) else token.text for token in tokens(query)
    )


def outside_of_quotes(query: str) -> Iterator[SecretReference]:
    """The references of a query that stand where :func:`put_in_query` puts nothing in."""
    if not refers(query):
        return
    inside = [(token.start, token.start + len(token.text)) for token in tokens(query) if _takes_values(token.kind, token.text)]
    for found in references(query):
        if not any(start < found.start and found.end < end for start, end in inside):
            yield found


def is_query(kind: str, plugin: str, option: object) -> bool:
    """Whether an option of a plugin is SQL that the worker runs."""
    return kind == "transform" and plugin == "Sql" and option == "query"


def texts_of(value: Any) -> Iterator[str]:
    """All texts in plain data, at any depth."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, dict):
            stack.extend(current.values())
        elif isinstance(current, list | tuple):
            stack.extend(current)


def _takes_values(kind: str, text: str) -> bool:
    return kind == "string" and text.startswith("'")


def _fault(kind: ReferenceKind, name: str) -> str:
    if len(name) > _LONGEST_NAME:
        return f"its name is longer than {_LONGEST_NAME} characters"
    if kind is ReferenceKind.ENV:
        return "" if _VARIABLE.fullmatch(name) else "the name of a variable has letters, digits and underscores only"
    parts = name.split("/")
    if parts[0] or not parts[-1]:
        return "the path of a file begins with / and ends with the file's name"
    return "the path of a file has no .. in it" if ".." in parts else ""


def _reason(text: str) -> str:
    whole = _REFERENCE.fullmatch(text)
    if whole is not None:
        return _fault(ReferenceKind(whole["kind"]), whole["name"])
    if not text.endswith("}}"):
        return "it does not end with }}"
    return "it names neither a variable nor a file"
