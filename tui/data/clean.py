"""The one edge where text from outside becomes safe to show.

Job names, log lines, error samples and specs are untrusted: an escape sequence in them would reach the terminal (write the
clipboard, move the cursor), a bidirectional control would reorder the line around it. Everything that comes from the
daemon passes :func:`clean_record`; nothing behind it cleans again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import msgspec

_PICTURES = 0x2400  # U+2400.. are the pictures of the C0 controls: ESC shows as ␛
_DELETE, _DELETE_PICTURE = 0x7F, "␡"
_REPLACEMENT = "�"
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")  # they change widths in ways that terminals disagree about
_TAB = "    "
_MANY_LINES = frozenset({"text", "sample", "message", "hint", "failure", "description", "notes"})
_MARKS_PER_CHARACTER = 3

RecordT = TypeVar("RecordT")


def clean(text: str) -> str:
    """``text`` as one line that holds nothing but printable characters: controls become pictures, the rest ``�``."""
    if text.isascii() and text.isprintable():
        return text
    return _limit_marks("".join(_shown(character) for character in text))


def clean_lines(text: str) -> str:
    """As :func:`clean`, but line breaks stay line breaks and tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\t", _TAB).split("\n")
    return "\n".join(clean(part) for part in lines)


def _shown(character: str) -> str:
    if character.isprintable():
        return "" if character in _JOINERS else character
    code = ord(character)
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == _DELETE:
        return _DELETE_PICTURE
    if character in _JOINERS:
        return ""
    return " " if character.isspace() and code not in (0x85, 0x2028, 0x2029) else _REPLACEMENT


def _limit_marks(text: str) -> str:
    """No more than a few combining marks in a row: stacks of them would paint over neighbouring lines."""
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= _MARKS_PER_CHARACTER:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    import unicodedata

    return unicodedata.category(character) in ("Mn", "Me")


def clean_record(record: RecordT) -> RecordT:
    """The same struct or dataclass with every string in it cleaned; the same object when there was nothing to clean."""
    cleaned: RecordT = _cleaned(record, many_lines=False)
    return cleaned


def clean_field(name: str, value: Any) -> Any:
    """The value of the field ``name`` of a record, cleaned as in the record."""
    return _cleaned(value, many_lines=name in _MANY_LINES)


def _cleaned(value: Any, *, many_lines: bool) -> Any:
    if isinstance(value, str):
        return (clean_lines(value) if many_lines else clean(value)) if type(value) is str else value
    if isinstance(value, msgspec.Struct):
        return _cleaned_fields(value, value.__struct_fields__, msgspec.structs.replace)
    if is_dataclass(value) and not isinstance(value, type):
        return _cleaned_fields(value, tuple(field.name for field in fields(value)), replace)
    if isinstance(value, (tuple, list)):
        items = [_cleaned(item, many_lines=many_lines) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else type(value)(items)
    if isinstance(value, dict):
        return _cleaned_mapping(value)
    return value


def _cleaned_mapping(value: dict[Any, Any]) -> dict[Any, Any]:
    pairs = [(_cleaned(key, many_lines=False), _cleaned(item, many_lines=key in _MANY_LINES)) for key, item in value.items()]
    unchanged = all(new == old and item is value[old] for (new, item), old in zip(pairs, value, strict=True))
    return value if unchanged else dict(pairs)


def _cleaned_fields(record: Any, names: tuple[str, ...], with_changes: Callable[..., Any]) -> Any:
    changed: dict[str, Any] = {}
    for name in names:
        old = getattr(record, name)
        if old is None or type(old) in (int, float, bool):
            continue
        new = _cleaned(old, many_lines=name in _MANY_LINES)
        if new is not old:
            changed[name] = new
    return with_changes(record, **changed) if changed else record
