"""YAML, written by pyhocon, and a reader of just the YAML that it writes: block mappings and lists of JSON scalars."""

from __future__ import annotations

import json
import re
from typing import Any

from pyhocon import HOCONConverter

from spec.conversion.tree import ExactTree
from spec.value import Plain

# What YAML 1.1 and 1.2 both read as text without quotes.
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_QUOTED_KEY = re.compile(r"'((?:[^']|'')*)':")
_NOT_TEXT = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def write(data: Plain) -> str:
    """The YAML text of ``data``. Raises ValueError for a key with characters that only escapes could say: the converter takes
    double quotes off a key, and single ones know no escapes."""
    return str(HOCONConverter.to_yaml(_tree(data))).lstrip("\n")


def read(text: str) -> Plain:
    """The data of a text that :func:`write` wrote. Raises ValueError for any other YAML."""
    lines = [line.rstrip() for line in text.splitlines()]
    if len(lines) == 1 and not _is_entry(lines[0]):
        return _scalar(lines[0])
    reader = _Reader(lines)
    data = reader.block(_indent(lines[0]))
    if reader.next < len(lines):
        raise ValueError(f"unexpected line: {lines[reader.next]}")
    return data


def _tree(data: Plain) -> Any:
    """The tree of pyhocon with scalars as JSON text, which is YAML too: the converter itself quotes nothing."""
    if isinstance(data, list):
        return [_tree(item) for item in data] if data else "[]"
    if not isinstance(data, dict):
        return _scalar_text(data)
    return ExactTree((_key_text(key), _tree(value)) for key, value in data.items()) if data else "{}"


def _key_text(key: str) -> str:
    if _PLAIN_KEY.fullmatch(key) and key.lower() not in _NOT_TEXT:
        return key
    if not key.isprintable():
        raise ValueError(f"the key {json.dumps(key)} would need escapes, which the writer does not put")
    return "'" + key.replace("'", "''") + "'"


def _scalar_text(data: Plain) -> str:
    text = json.dumps(data, ensure_ascii=True, allow_nan=False)
    # YAML 1.1 takes 1e+16 for a text, and 1.0e+16 for the number.
    return text.replace("e", ".0e") if isinstance(data, float) and "e" in text and "." not in text else text


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.next = 0

    def block(self, indent: int) -> Plain:
        """The mapping or list whose lines have this indentation."""
        if self._lines[self.next].startswith("-", indent):
            return self._list(indent)
        return self._mapping(indent)

    def _mapping(self, indent: int) -> Plain:
        data: dict[str, Plain] = {}
        while self._more(indent):
            key, rest = _split_entry(self._lines[self.next][indent:])
            if key in data:
                raise ValueError(f"two entries for {key}")
            self.next += 1
            data[key] = self._value(rest.strip(), indent)
        return data

    def _list(self, indent: int) -> Plain:
        data: list[Plain] = []
        while self._more(indent) and self._lines[self.next].startswith("-", indent):
            rest = self._lines[self.next][indent + 1 :].strip()
            self.next += 1
            data.append(self._value(rest, indent))
        return data

    def _value(self, rest: str, indent: int) -> Plain:
        if rest:
            return _scalar(rest)
        if self.next < len(self._lines) and _indent(self._lines[self.next]) > indent:
            return self.block(_indent(self._lines[self.next]))
        return None

    def _more(self, indent: int) -> bool:
        return self.next < len(self._lines) and _indent(self._lines[self.next]) == indent


def _is_entry(line: str) -> bool:
    return line.startswith("- ") or bool(_QUOTED_KEY.match(line) or re.match(rf"{_PLAIN_KEY.pattern}:", line))


def _split_entry(line: str) -> tuple[str, str]:
    """The key of a mapping entry, and what follows its colon."""
    quoted = _QUOTED_KEY.match(line)
    if quoted:
        return quoted[1].replace("''", "'"), line[quoted.end() :]
    key, separator, rest = line.partition(":")
    if not separator:
        raise ValueError(f"not a mapping entry: {line}")
    return key, rest


def _scalar(text: str) -> Plain:
    data: Plain = json.loads(text)
    return data


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
