"""C9xx: settings of checkpoints and restarts that contradict each other."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity


def _job(*env: str) -> str:
    settings = "".join(f"  {line}\n" for line in env)
    return f"env {{\n{settings}}}\nsource {{ FakeSource {{ schema {{ fields {{ id = int }} }} }} }}\nsink {{ Console {{ }} }}\n"


CODES = (
    Code(
        "C901",
        "setting that another one makes meaningless",
        "Both settings are allowed, but not together: one of them decides that the other is never looked at. One of the two is "
        "most likely not what was meant.",
        bad=_job("job.mode = BATCH", "checkpoint.interval = 10000", "restart.strategy = none", "restart.attempts = 5"),
        good=_job("job.mode = BATCH", "checkpoint.interval = 10000", "restart.strategy = fixed_delay", "restart.attempts = 5"),
        severity=Severity.WARNING,
    ),
    Code(
        "C902",
        "first wait longer than the longest",
        "With exponential_backoff the waits between restarts grow from restart.delay up to restart.maximum_delay, which is 60 "
        "seconds when it is left out. A first wait above that is cut, and nothing grows.",
        bad=_job("checkpoint.interval = 10000", "restart.strategy = exponential_backoff", "restart.delay = 120"),
        good=_job(
            "checkpoint.interval = 10000",
            "restart.strategy = exponential_backoff",
            "restart.delay = 120",
            "restart.maximum_delay = 600",
        ),
        severity=Severity.WARNING,
    ),
    Code(
        "C903",
        "pause longer than the interval",
        "A checkpoint begins at the earliest min-pause after the end of the one before. When that is longer than the interval, "
        "the interval is never kept.",
        bad=_job("job.mode = STREAMING", "checkpoint.interval = 5000", "min-pause = 20000"),
        good=_job("job.mode = STREAMING", "checkpoint.interval = 20000", "min-pause = 5000"),
        severity=Severity.WARNING,
    ),
    Code(
        "C904",
        "restart without checkpoints",
        "A BATCH job without checkpoint.interval takes one checkpoint, at its end. When it fails before that, a restart reads "
        "everything again. Sinks that take part in checkpoints show nothing twice all the same; it only takes longer.",
        bad=_job("job.mode = BATCH", "job.retry.times = 5"),
        good=_job("job.mode = BATCH", "job.retry.times = 5", "checkpoint.interval = 10000"),
        severity=Severity.NOTE,
    ),
)
