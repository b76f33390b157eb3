"""Statements that were parsed before: a short query takes the engine as long to be read as to be run. Bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict

import duckdb

STATEMENTS = 500
"""So many are remembered: there are some two hundred, but a few texts depend on how much there is to be written."""
LONGEST = 10_000
"""A longer text is not worth its place."""


class ParsedStatements:
    """For all threads, and all databases: what is remembered is the text's meaning, not what its names stand for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, duckdb.Statement] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def read(self, cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement | str:
        """What is to be executed for the text, which may be itself. Raises what the engine says of its grammar."""
        with self._lock:
            if (found := self._known.get(text)) is not None:
                self._known.move_to_end(text)
                return found
        if len(text) > LONGEST:
            return text
        statements = cursor.extract_statements(text)
        if len(statements) != 1:
            return text
        with self._lock:
            self._known[text] = statements[0]
            if len(self._known) > STATEMENTS:
                self._known.popitem(last=False)
        return statements[0]


PARSED = ParsedStatements()
"""Those of this process."""
