"""What is wrong with a query."""

from __future__ import annotations

import enum

from spec.errors import FlowdeckError


class QueryFault(enum.Enum):
    """What kind of mistake it is."""

    SYNTAX = "syntax"
    SHAPE = "shape"
    """More than a SELECT of expressions over one dataset, row by row."""
    MEANING = "meaning"
    """An expression that cannot be given SeaTunnel's meaning."""


class QueryError(FlowdeckError):
    """A query that is not one SELECT over one dataset, row by row.

    ``at`` is where, if that is known: offsets in the query (while it is being parsed, in the bytes that the parser got).
    ``clause``: the word in the query that it is about, for one whose place nobody knows.
    """

    code = "sql"

    def __init__(
        self,
        message: str,
        fault: QueryFault = QueryFault.MEANING,
        *,
        hint: str = "",
        at: tuple[int, int] | None = None,
        clause: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault = fault
        self.at = at
        self.clause = clause
