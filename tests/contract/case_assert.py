"""Assert: shows no rows, but counts them, and the count is the same after any kill and replay."""

from __future__ import annotations

from typing import Any

from cases import Seen, SinkCase


def counted(seen: Seen) -> list[int]:
    """As many zeroes as its last checkpoint says it has counted."""
    return [0] * (seen.state or {"rows": 0})["rows"]


def _rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"rules": {"row_rules": [{"rule_type": "MIN_ROW", "rule_value": 0}], "field_rules": list(rules)}}


CHECKED = {"field_name": "id", "field_value": [{"rule_type": "NOT_NULL"}, {"rule_type": "MIN", "rule_value": 0}]}

CASES = [
    SinkCase("Assert", "counting", _rules(), ids=counted, shows_ids=False),
    SinkCase(
        "Assert",
        "checking",
        _rules(CHECKED),
        ids=counted,
        shows_ids=False,
        refused="too long for it",
        refusing=_rules(CHECKED, {"field_name": "s", "field_value": [{"rule_type": "MAX_LENGTH", "rule_value": 10}]}),
        told="the rule s MAX_LENGTH 10 does not hold",
    ),
]
