"""Rows that a sink cannot take, each by itself: which they are, as conditions that the engine looks at, and why.

A sink only names the conditions. Where rows are tolerated, the worker takes such rows out before the sink sees them; where they
are not, the sink writes through :func:`guarded`, and the attempt fails with the row in its message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from runner.dataset.rejected import RejectionKind
from spec.sql.text import identifier, literal

MAXIMUM_SHOWN = 500
"""So many characters of a row are told in a failure."""

_MARK = "flowdeck refuses: "


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sink cannot take a row for which ``condition`` is true, an SQL condition over the sink's columns. Refusals are looked
    at in order: a condition may fail for rows to which an earlier one applies. ``reason`` is for people."""

    kind: RejectionKind
    reason: str
    condition: str


def refused_by(refusals: Sequence[Refusal]) -> str:
    """SQL for the number of the first of ``refusals`` that applies to a row; null when it can be taken."""
    cases = (f"WHEN {refusal.condition} THEN {number}" for number, refusal in enumerate(refusals))
    return f"CASE {' '.join(cases)} END"


def guarded(item: str, refusals: Sequence[Refusal], columns: Sequence[str]) -> str:
    """SQL for ``item``, which fails for a row that is refused; ``columns`` of the row are told. See :func:`refused_row`."""
    if not refusals:
        return item
    reasons = " ".join(f"WHEN {number} THEN {literal(refusal.reason)}" for number, refusal in enumerate(refusals))
    row = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in columns)
    shown = f"left(CAST(to_json(struct_pack({row})) AS VARCHAR), {MAXIMUM_SHOWN})"
    refused = refused_by(refusals)
    told = f"{literal(_MARK)} || CASE {refused} {reasons} END || '; the row: ' || {shown}"
    return f"CASE WHEN ({refused}) IS NOT NULL THEN error({told}) ELSE {item} END"


def refused_row(error: duckdb.Error) -> str:
    """What a guard says of the row on which a query has failed; empty when it has failed for another reason."""
    return str(error).partition(_MARK)[2]
