"""T5xx: field types."""

from __future__ import annotations

from spec.codes.entry import Code


def _job(declared: str) -> str:
    return (
        'env { job.mode = "BATCH" }\n'
        f"source {{ FakeSource {{ schema {{ fields {{ id = {declared} }} }} }} }}\n"
        "sink { Console { } }\n"
    )


CODES = (
    Code(
        "T501",
        "invalid field type",
        "The type does not exist or is not written completely. Types: string, boolean, tinyint, smallint, int, bigint, float, "
        "double, decimal(p, s), null, bytes, date, time, timestamp, array<t>, map<k, v>, and a nested object for a row.",
        bad=_job("integr"),
        good=_job("int"),
    ),
    Code(
        "T502",
        "column named twice",
        "The names of two columns are the same, or differ only in the case of letters, which the SQL of the local engine does "
        "not tell apart.",
        bad=_job("int, ID = string"),
        good=_job("int, name = string"),
    ),
)
