"""Java properties, written by pyhocon: flat ``key = text`` lines. All becomes text; null and empty things cannot be said."""

from __future__ import annotations

import re
from typing import Any

from pyhocon import HOCONConverter

from spec.conversion.tree import ExactTree
from spec.value import Plain

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}
_UNESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def write(data: Plain) -> str:
    """The properties of ``data``, without a line break at the end."""
    return str(HOCONConverter.to_properties(_tree(data)))


def flatten(data: Plain) -> tuple[list[tuple[str, str]], list[str]]:
    """The pairs of key and text that ``data`` becomes, and the JSON pointers of what cannot be said."""
    pairs: list[tuple[str, str]] = []
    left_out: list[str] = []
    _flatten(data, "", "", pairs, left_out)
    if len(dict(pairs)) < len(pairs):
        raise ValueError("two keys become the same, such as a.b and b inside a")
    return pairs, left_out


def read(text: str) -> list[tuple[str, str]]:
    """The pairs of a properties text that :func:`write` wrote."""
    pairs = []
    for line in text.split("\n") if text else ():
        match = re.match(r"((?:\\.|[^\\=:\s])*) = (.*)", line)
        if match is None:
            raise ValueError(f"not a property: {line}")
        pairs.append((_unescaped(match[1]), _unescaped(match[2])))
    return pairs


def _flatten(data: Plain, key: str, pointer: str, pairs: list[tuple[str, str]], left_out: list[str]) -> None:
    if isinstance(data, dict | list) and data:
        children = data.items() if isinstance(data, dict) else ((str(index), item) for index, item in enumerate(data))
        for name, child in children:
            _flatten(child, f"{key}.{name}" if pointer else name, f"{pointer}/{name}", pairs, left_out)
    elif data is None or isinstance(data, dict | list):
        left_out.append(pointer)
    else:
        pairs.append((key, _text(data)))


def _tree(data: Plain) -> Any:
    """The tree of pyhocon with texts escaped as far as the converter does not do it itself."""
    if isinstance(data, list):
        return [_tree(item) for item in data]
    if isinstance(data, dict):
        return ExactTree((re.sub(r"[=:!# ]", r"\\\g<0>", _escaped(key)), _tree(value)) for key, value in data.items())
    if data is None:
        return None
    text = _escaped(_text(data))
    return f"\\{text}" if text.startswith(" ") else text


def _text(data: str | float | bool) -> str:  # noqa: FBT001 - a value, not a switch
    if isinstance(data, bool):
        return "true" if data else "false"
    return str(data)


def _escaped(text: str) -> str:
    return re.sub(r"[\\\n\r\t\f]", lambda match: _ESCAPES[match[0]], text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _UNESCAPES.get(match[1], match[1]), text)
