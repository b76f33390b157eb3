"""Records as JSON on stdout."""

from __future__ import annotations

import re
import sys
from typing import Any

import msgspec

from tui.cli.terminal import is_terminal

_CONTROL = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def print_json(value: Any, *, lines: bool = False) -> None:
    """Print ``value`` (structs, lists, dicts) as one JSON document, indented, or with ``lines`` on a single line."""
    data = msgspec.json.encode(value)
    text = (data if lines else msgspec.json.format(data, indent=2)).decode()
    if is_terminal(sys.stdout):  # the encoder escapes the lower control characters only
        text = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def to_plain(record: msgspec.Struct) -> dict[str, Any]:
    """The record as the API shows it, to add keys to."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain
