"""HOCON, written by pyhocon and read back by flowdeck's own reader in its general HOCON dialect."""

from __future__ import annotations

import json
import re
from typing import Any

from pyhocon import HOCONConverter

from spec.conversion.tree import ExactTree
from spec.diagnostic import Severity
from spec.document import Dialect, ReadOptions, read_text
from spec.value import Plain, to_plain

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def write(data: Plain) -> str:
    """The HOCON text of ``data``."""
    return str(HOCONConverter.to_hocon(_tree(data)))


def read(text: str) -> Plain:
    """The data that a HOCON text stands for. Raises ValueError when it is not HOCON."""
    options = ReadOptions(dialect=Dialect.HOCON, variables={}, environment={}, include_root=None)
    document = read_text(text, "<converted>", options)
    errors = [found for found in document.diagnostics if found.severity is Severity.ERROR]
    if errors:
        raise ValueError(errors[0].message)
    return to_plain(document.root) if document.root is not None else {}


def _tree(data: Plain) -> Any:
    """The tree of pyhocon, with every key quoted that needs it: the converter writes keys as they are."""
    if isinstance(data, list):
        return [_tree(item) for item in data]
    if not isinstance(data, dict):
        return data
    return ExactTree((key if _PLAIN_KEY.fullmatch(key) else json.dumps(key), _tree(value)) for key, value in data.items())
