"""Why a job needs someone, in one short line: what the daemon said of it, and where."""

from __future__ import annotations

from typing import Final

from runner.model import ErrorInfo, Job
from tui.query.attention import Need

_LONGEST: Final = 160


def cause(job: Job, need: Need) -> str:
    """``in LocalFile, orders.csv: line 9121: 'n/a' is not a double``. Empty when nothing is known but the need itself."""
    error = job.execution.error if job.execution is not None else None
    told = need.detail
    if error is not None and told and error.message.startswith(told):
        place = _place(error, told)
        told = f"{place}: {told}" if place else told
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


def _place(error: ErrorInfo, told: str) -> str:
    """The plugin, and the position without its directories unless the message names the file itself."""
    position = (error.position or "").rsplit("/", 1)[-1]
    is_told = bool(position) and position.split(":", 1)[0] in told
    return ", ".join(part for part in (f"in {error.plugin}" if error.plugin else "", "" if is_told else position) if part)
