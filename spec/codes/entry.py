"""The entry of one diagnostic code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A stable code and its documentation.

    ``bad`` is a document that gets the code and ``good`` one that does not; both are empty for problems that are not in the
    text (a missing file). ``file`` is the name they are read under, which chooses the dialect.
    """

    code: str
    title: str
    why: str
    bad: str = ""
    good: str = ""
    file: str = "job.conf"
    engine: str = "local"
