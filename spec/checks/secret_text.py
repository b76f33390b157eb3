"""Secrets that show by the words around them: ``password = ...``, ``user:password@host``. For text that no schema explains."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from spec.position import SourceText, Span
from spec.secret_references import is_meant
from spec.types import type_names

_WORDS: Final = (
    r"password|passwd|passphrase|secret|token|credentials?|(?:secret|access|api|private|account)[._-]?key(?:[._-]?secret)?"
)
_ANY: Final = re.compile(rf"(?i){_WORDS}|://")
_NAME: Final = re.compile(rf"(?i)(?:.*[._-])?(?:{_WORDS})|[a-z]+(?:Password|Secret|Token)")
_ASSIGNED: Final = re.compile(
    rf"""(?ix)(?<![\w.\-])"?(?:[\w.\-]*?(?:{_WORDS}))\\?"?[ \t]*(?:\+?=|:)[ \t]*(?:
    \"\"\"(?P<raw>(?:(?!\"\"\")[\s\S])*)
    |\\?"(?P<quoted>(?:[^"\\\n]|\\[^"\n])*)
    |(?P<word>[^\s"\\{{\[,\#$&;}}\]][^\n",\#&;}}\]\\]*)
    )"""
)
_IN_URL: Final = re.compile(r"://[^/\s:@\"]*:(?P<password>[^@\s\"/]+)@")
_PLACEHOLDER: Final = re.compile(r"\$\{[^:{}]*(?::(?P<default>[^}]*))?\}")


def names_a_secret(key: str) -> bool:
    """Whether an option of this name holds a secret, going by its last word."""
    return _NAME.fullmatch(key) is not None


def hide_named_secrets(source: SourceText, explained: Iterable[Span] = ()) -> None:
    """Hide every value that a word before it gives away as a secret, except those that stand at one of ``explained``: of these
    a schema has told what they are."""
    if not _ANY.search(source.text):
        return
    known = {span.start for span in explained if span.source is source}
    for start, end in _assigned(source.text):
        if known.isdisjoint((start, start - len('"'), start - len('"""'))):
            source.hide(start, end)
    for match in _IN_URL.finditer(source.text):
        if not is_meant(match["password"]):
            source.hide(*match.span("password"))


def literal_in(text: str) -> tuple[int, int] | None:
    """The part of a secret option's ``text`` that is written out: all of it, or the default of a variable; None for none."""
    if is_meant(text):
        return None
    match = _PLACEHOLDER.search(text)
    if match is None:
        return (0, len(text)) if text else None
    return match.span("default") if match["default"] else None


def passwords_in_url(text: str) -> Iterator[tuple[int, int]]:
    """Where ``text`` has passwords: between a user and a host, and as parameters."""
    if "://" not in text:
        return
    for found in (*(match.span("password") for match in _IN_URL.finditer(text)), *_assigned(text)):
        if literal_in(text[slice(*found)]) == (0, found[1] - found[0]):
            yield found


def mask_passwords(text: str, mask: str) -> str:
    """``text`` with ``mask`` in the place of every password that :func:`passwords_in_url` finds in it."""
    masked_from = len(text)
    for start, end in sorted(set(passwords_in_url(text)), reverse=True):
        text = text[:start] + mask + text[min(end, masked_from) :]
        masked_from = start
    return text


def _assigned(text: str) -> Iterator[tuple[int, int]]:
    for match in _ASSIGNED.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        value = text[start:end].rstrip()
        written = literal_in(value)
        if written is not None and value.lower() not in type_names():
            yield start + written[0], start + written[1]
