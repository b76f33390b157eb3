"""The entry of one diagnostic code."""

from __future__ import annotations

from dataclasses import dataclass

from spec.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A stable code and its documentation.

    ``bad`` is a document that gets the code and ``good`` one that does not; both are empty for problems that are not in the
    text (a missing file). ``file`` is the name they are read under, which chooses the dialect; ``beside`` are the names and
    texts of other files in the same directory, ``variables`` and ``environment`` the values that are given. ``severity`` is
    how bad it is in the example; a few codes are milder where less is at stake.
    """

    code: str
    title: str
    why: str
    bad: str = ""
    good: str = ""
    file: str = "job.conf"
    engine: str = "local"
    severity: Severity = Severity.ERROR
    beside: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
