"""SQL macros for SeaTunnel functions that DuckDB does not have, or has with another meaning.

A macro's name is the function's with :data:`PREFIX`. Functions that are not listed are DuckDB's own.
"""

from __future__ import annotations

PREFIX = "seatunnel_"

_INTEGER_PARTS = ("hour", "minute", "month", "quarter", "second", "year")

MACROS: dict[str, str] = {
    # text
    "char": "(code) AS chr(CAST(code AS INTEGER))",
    "insert": "(s, start, length, addition) AS substr(s, 1, start - 1) || addition || substr(s, start + length)",
    "locate": "(search, s) AS CAST(instr(s, search) AS INTEGER), "
    "(search, s, start) AS CAST(CASE WHEN instr(substr(s, start), search) = 0 THEN 0"
    " ELSE instr(substr(s, start), search) + start - 1 END AS INTEGER)",
    "instr": "(s, search) AS CAST(instr(s, search) AS INTEGER), "
    "(s, search, start) AS CAST(CASE WHEN instr(substr(s, start), search) = 0 THEN 0"
    " ELSE instr(substr(s, start), search) + start - 1 END AS INTEGER)",
    "position": "(s, search) AS CAST(instr(s, search) AS INTEGER)",
    "lpad": "(s, n) AS lpad(s, CAST(n AS INTEGER), ' '), (s, n, pad) AS lpad(s, CAST(n AS INTEGER), pad)",
    "rpad": "(s, n) AS rpad(s, CAST(n AS INTEGER), ' '), (s, n, pad) AS rpad(s, CAST(n AS INTEGER), pad)",
    "regexp_replace": "(s, pattern, replacement) AS regexp_replace(s, pattern, replacement, 'g')",
    "regexp_like": "(s, pattern) AS regexp_matches(s, pattern), (s, pattern, flags) AS regexp_matches(s, pattern, flags)",
    "regexp_substr": "(s, pattern) AS nullif(regexp_extract(s, pattern), ''), (s, pattern, start, occurrence, flags, part) AS"
    " nullif(regexp_extract_all(substr(s, start), pattern, part, coalesce(flags, ''))[occurrence], '')",
    "replace": "(s, search) AS replace(s, search, ''), (s, search, replacement) AS replace(s, search, replacement)",
    "space": "(n) AS repeat(' ', n)",
    "substring": "(s, start) AS nullif(substr(s, start), ''), (s, start, length) AS nullif(substr(s, start, length), '')",
    "substr": "(s, start) AS nullif(substr(s, start), ''), (s, start, length) AS nullif(substr(s, start, length), '')",
    "octet_length": "(s) AS strlen(s)",
    # numbers
    "ceil": "(x) AS CAST(ceil(x) AS INTEGER)",
    "ceiling": "(x) AS CAST(ceil(x) AS INTEGER)",
    "floor": "(x) AS CAST(floor(x) AS INTEGER)",
    "sign": "(x) AS CAST(sign(x) AS INTEGER)",
    "trunc": "(x) AS CAST(trunc(x) AS DOUBLE), (x, n) AS CAST(trunc(x, n) AS DOUBLE)",
    "truncate": "(x) AS CAST(trunc(x) AS DOUBLE), (x, n) AS CAST(trunc(x, n) AS DOUBLE)",
    "rand": "() AS random(), (seed) AS random()",
    "random": "() AS random(), (seed) AS random()",
    # moments
    "now": "() AS CAST(now() AS TIMESTAMP)",
    "current_time": "() AS CAST(CAST(now() AS TIMESTAMP) AS TIME)",
    "day_of_month": "(x) AS CAST(day(x) AS INTEGER)",
    "day_of_week": "(x) AS CAST(isodow(x) AS INTEGER)",
    "day_of_year": "(x) AS CAST(dayofyear(x) AS INTEGER)",
    "week": "(x) AS CAST(week(x) + 1 AS INTEGER)",
    **{part: f"(x) AS CAST({part}(x) AS INTEGER)" for part in _INTEGER_PARTS},
    # values
    "not_equal": "(a, b) AS ((a IS DISTINCT FROM b) AND b IS NOT NULL)",
    "date_of_integer": "(x) AS CAST(strptime(CAST(x AS VARCHAR), '%Y%m%d') AS DATE)",
    "time_of_integer": "(x) AS make_time(x // 10000, (x // 100) % 100, x % 100)",
    "timestamp_of_seconds": "(x) AS make_timestamp(CAST(x AS BIGINT) * 1000000)",
    "timestamp_of_integer": "(x) AS make_timestamp(CAST(x AS BIGINT) * 1000)",
}

UNITS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond")

_DIFFERENCES = {
    "year": "date_sub('year', CAST(a AS DATE), CAST(b AS DATE))",
    "month": "date_sub('month', CAST(a AS DATE), CAST(b AS DATE)) % 12",
    "week": "date_diff('day', CAST(a AS DATE), CAST(b AS DATE)) // 7",
    "day": "date_diff('day', CAST(a AS DATE), CAST(b AS DATE))",
}

_PARTS = {
    "millisecond": "date_part('millisecond', x) % 1000",
    "microsecond": "date_part('microsecond', x) % 1000000",
    "dayofweek": "isodow(x)",
    "dow": "isodow(x)",
}


def unit_macros() -> dict[str, str]:
    """Macros that take their unit in the name: ``dateadd_day``, ``datediff_month``, ``extract_millisecond`` ..."""
    made: dict[str, str] = {}
    for unit in UNITS:
        made[f"dateadd_{unit}"] = f"(x, n) AS CAST(x AS TIMESTAMP) + to_{unit}s(CAST(n AS INTEGER))"
        difference = _DIFFERENCES.get(unit, f"date_sub('{unit}', CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP))")
        made[f"datediff_{unit}"] = f"(a, b) AS {difference}"
    for part, expression in _PARTS.items():
        made[f"extract_{part}"] = f"(x) AS CAST({expression} AS INTEGER)"
    return made


_ALL = {**MACROS, **unit_macros()}


def has_macro(name: str) -> bool:
    """Whether ``name`` (lower case, without prefix) is one of ours."""
    return name in _ALL


def definition(name: str) -> str:
    """The statement that creates the macro ``name`` (or replaces it by the same)."""
    return f"CREATE OR REPLACE MACRO {PREFIX}{name}{_ALL[name]}"
