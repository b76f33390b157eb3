"""The grammar of an override: ``path=value``, where the path is one of

    env.OPTION                     env.parallelism
    SECTION.PLUGIN.OPTION          source.FakeSource.row.num    sink.0.path    transform.shaped.query
    /env/OPTION, /SECTION/N/...    /source/0/row.num            the pointer that diagnostics show (RFC 6901)

SECTION is ``source``, ``transform`` or ``sink``; PLUGIN the plugin's name, its ``plugin_output`` or its number from 0. A part
that has dots, or an equals sign, itself is written in double quotes: ``transform.0.field_mapper."a.b"``.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from spec.errors import UsageError

MAXIMUM_PATH = 1000
_PART = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^."=]+)')
_ESCAPE = re.compile(r"\\(.)")
_FORM = (
    'write section.plugin.option, as in source.FakeSource.row.num or sink.0.path, env.option, or a pointer as in "/sink/0/path"'
)

Parts: TypeAlias = tuple[str, ...]


class OverrideError(UsageError):
    """An override that cannot be carried out: its form, its path, or its value."""

    code = "invalid-override"


def split_assignment(text: str) -> tuple[str, str]:
    """The path and the value of ``path=value``. Raises :class:`OverrideError`."""
    end = text.find("=") if text.startswith("/") else _end_of_dotted(text)
    if end <= 0 or text[end : end + 1] != "=":
        raise OverrideError(f"{text!r} is not of the form path=value", hint=_FORM)
    return text[:end].strip(), text[end + 1 :]


def parse_path(path: str) -> Parts:
    """The parts of a path, at least two. Raises :class:`OverrideError`."""
    if len(path) > MAXIMUM_PATH:
        raise OverrideError(f"the path of an override has more than {MAXIMUM_PATH} characters")
    parts = _pointer_parts(path) if path.startswith("/") else _dotted_parts(path)
    if len(parts) < 2 or not all(parts):
        raise OverrideError(f"{path!r} is not the path of an option", hint=_FORM)
    return parts


def _pointer_parts(path: str) -> Parts:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))


def _dotted_parts(path: str) -> Parts:
    parts: list[str] = []
    at = 0
    while match := _PART.match(path, at):
        quoted = match["quoted"]
        parts.append(match["plain"] if quoted is None else _ESCAPE.sub(r"\1", quoted))
        at = match.end()
        if at == len(path):
            return tuple(parts)
        if path[at] != ".":
            break
        at += 1
    return ()


def _end_of_dotted(text: str) -> int:
    """Where the equals sign behind a dotted path stands, if it is one."""
    at = 0
    while match := _PART.match(text, at):
        at = match.end()
        if text[at : at + 1] != ".":
            return at
        at += 1
    return at
