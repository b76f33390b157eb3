"""Two words that say what of which job: ``log orders`` is the logs of the job called orders-something; ``v quiet`` a view."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from runner.model import Job

_MOST: Final = 20
ALIASES: Final = MappingProxyType(
    {
        "overview": ("ov", "over", "overview", "job"),
        "checkpoints": ("cp", "ck", "ckpt", "chk", "checkpoint", "checkpoints"),
        "savepoints": ("sp", "save", "savepoint", "savepoints"),
        "logs": ("l", "lg", "log", "logs"),
        "errors": ("er", "err", "error", "errors"),
        "dag": ("dag", "graph", "flow", "plan"),
        "spec": ("spec", "file", "conf", "yaml", "config"),
        "events": ("ev", "event", "events"),
    }
)
"""The words for each tab of a job."""
VIEW: Final = ("v", "view", "views")
"""Those before the name of a view."""


def split_pair(text: str) -> tuple[str, str]:
    """The tab that the first word names, and the rest of the line; both empty when it is no pair."""
    first, _, rest = text.strip().casefold().partition(" ")
    tab = next((tab for tab, words in ALIASES.items() if first in words), "")
    return (tab, rest.strip()) if tab and rest.strip() else ("", "")


def split_view(text: str) -> str | None:
    """The beginning of a view's name after ``v`` or ``view``; None when the line begins otherwise."""
    first, _, rest = text.strip().casefold().partition(" ")
    return rest.strip() if first in VIEW else None


def jobs_called(rest: str, jobs: Sequence[Job]) -> list[Job]:
    """The jobs whose names contain ``rest``, those that begin with it first; at most twenty."""
    found = [job for job in jobs if rest in job.name.casefold() or job.id.startswith(rest)]
    return sorted(found, key=lambda job: (not job.name.casefold().startswith(rest), job.name.casefold(), job.id))[:_MOST]
