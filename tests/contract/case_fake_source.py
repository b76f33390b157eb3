"""FakeSource: rows from a seed, of every type, in one split and in several; and rows that the job file lists."""

from __future__ import annotations

from cases import SourceCase
from every_type import FIELDS

_SCHEMA = {"fields": FIELDS}

CASES = [
    SourceCase(
        "FakeSource",
        "seeded",
        lambda directory: {"row.num": 60, "split.num": 3, "map.size": 2, "schema": _SCHEMA},
        expected=None,
        nothing=lambda directory: {"row.num": 0, "schema": _SCHEMA},
    ),
    SourceCase(
        "FakeSource",
        "listed",
        lambda directory: {
            "rows": [{"kind": "INSERT", "fields": {"id": number, "day": "CURRENT_DATE"}} for number in range(20)],
            "schema": _SCHEMA,
        },
        expected=None,
        nothing=None,
    ),
]
