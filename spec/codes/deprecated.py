"""M7xx: older spellings."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

_ENV = 'env { job.mode = "BATCH" }\n'


def _job(options: str, env: str = _ENV) -> str:
    source = f"FakeSource {{\n    {options}\n    schema {{ fields {{ id = int }} }}\n  }}"
    return f"{env}source {{\n  {source}\n}}\nsink {{ Console {{ }} }}\n"


CODES = (
    Code(
        "M701",
        "older name of an option",
        "The option has a newer name; both mean the same. SeaTunnel renamed source_table_name and result_table_name after "
        "release 2.3.8, so a file for an older SeaTunnel keeps the old names.",
        bad=_job('result_table_name = "orders"'),
        good=_job('plugin_output = "orders"'),
        severity=Severity.NOTE,
    ),
    Code(
        "M702",
        "older option without effect",
        "No current engine reads this option any more; another one has taken its place.",
        bad=_job("", 'env { job.mode = "BATCH", execution.parallelism = 2 }\n'),
        good=_job("", 'env { job.mode = "BATCH", parallelism = 2 }\n'),
        severity=Severity.WARNING,
    ),
)
