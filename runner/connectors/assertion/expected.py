"""Expected values of a job file as SQL literals."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

from spec.sql.text import literal
from spec.sql.types import sql_type
from spec.types import FieldType


def sql_value(value: Any, field_type: FieldType) -> str:
    """``value`` (as :func:`runner.connectors.values.typed_value` makes it) as an SQL expression of the engine's type."""
    return f"CAST({_plain(value)} AS {sql_type(field_type)})"


def _plain(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case bytes():
            return f"unhex({literal(value.hex())})"
        case int() | decimal.Decimal():
            return str(value)
        case float() | str() | datetime.date() | datetime.time():
            return literal(str(value))
        case dict():
            return "{" + ", ".join(f"{literal(name)}: {_plain(item)}" for name, item in value.items()) + "}"
        case list() if value and isinstance(value[0], tuple):
            return "MAP {" + ", ".join(f"{_plain(key)}: {_plain(item)}" for key, item in value) + "}"
        case _:
            return "[" + ", ".join(_plain(item) for item in value) + "]"
