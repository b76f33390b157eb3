"""The engine's messages in the words of a job file."""

from __future__ import annotations

import re

_TYPES = {
    "INTEGER_LITERAL": "int",
    "STRING_LITERAL": "string",
    "VARCHAR": "string",
    "INTEGER": "int",
    "BLOB": "bytes",
    **{name: name.lower() for name in ("BOOLEAN", "TINYINT", "SMALLINT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL")},
    **{name: name.lower() for name in ("DATE", "TIME", "TIMESTAMP")},
}
_NUMBERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BIGNUM"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_TYPE = re.compile(rf"\b(?:{'|'.join(_TYPES)})\b")
_PARAMETER = re.compile(r'(?:"[^"]*"|\w+) +([A-Z][A-Z0-9_ ]*(?:\[\])*)')
_SHOWN = 3


def in_field_types(message: str) -> str:
    """``message`` with the engine's names of types as a job file writes them."""
    return _TYPE.sub(lambda found: _TYPES[found[0]], message)


def takes(function: str, message: str) -> str:
    """What ``function`` takes, by the candidates in the message of the engine; empty when that is too much to say."""
    lines = [line.strip().partition(" -> ")[0] for line in message.splitlines()[2:]]
    forms = dict.fromkeys(
        f"{function}({', '.join(map(_parameter, _PARAMETER.findall(line)))})" for line in lines if "(" in line
    )
    return f"it takes {' or '.join(forms)}" if 0 < len(forms) <= _SHOWN else ""


def _parameter(engine_type: str) -> str:
    name = engine_type.strip()
    return "number" if name in _NUMBERS else in_field_types(name)
