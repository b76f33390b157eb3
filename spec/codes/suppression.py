"""F9xx: comments that silence findings."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

_SOURCE = "source { FakeSource { plugin_output = a, schema { fields { id = int } } } }\n"
_SINK = "sink {\n  Console {\n    plugin_input = b  # flowdeck: ignore[G405]\n  }\n}\n"


def _job(comment: str, *, env: str = "env { parallelism = 2 }") -> str:
    return f"{comment}\n{env}\n{_SOURCE}sink {{ Console {{ plugin_input = a }} }}\n"


CODES = (
    Code(
        "F901",
        "comment that names no code",
        "A comment that silences findings says which ones, by their codes. A code that does not exist silences nothing, and "
        "without codes everything would be silenced, also what nobody has seen yet.",
        bad=f"env {{ parallelism = 2 }}\n{_SOURCE}" + _SINK.replace("G405", "G499, G405"),
        good=f"env {{ parallelism = 2 }}\n{_SOURCE}{_SINK}",
        severity=Severity.WARNING,
    ),
    Code(
        "F902",
        "error that a comment tries to silence",
        "Warnings and notes can be silenced; an error is a reason why the job cannot run, and no comment changes that.",
        bad=_job("# flowdeck: ignore[J205]", env="env { parallelism = 0 }"),
        good=_job("# The job has one reader.", env="env { parallelism = 1 }"),
        severity=Severity.WARNING,
    ),
    Code(
        "F903",
        "comment that silences nothing",
        "The finding that the comment was written for is gone. Left in place it would silence the next one, too.",
        bad=_job("# flowdeck: ignore[J201]"),
        good=_job("# All readers of the job."),
        severity=Severity.WARNING,
    ),
)
