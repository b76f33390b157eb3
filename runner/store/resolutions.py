"""How finely metrics are kept, and for how long: samples as measured, and cells of 10 s, a minute and an hour made from them.

For each there is a row that says of which time it holds everything: from ``since`` on, as older rows are dropped, and before
``until``, as later ones are not made yet. Times are microseconds.
"""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

from dataclasses import dataclass

from runner.store.measured import MICROSECONDS, SELDOM
from runner.store.session import Session

_KEY = "resolutions"


@dataclass(frozen=True)
class Resolution:
    """One table of metrics. ``seconds``: the length of its cells, 0 for samples. ``steps``: how many seconds may be summed up
    at a time, the longest first; the last is taken whatever it holds. ``batch``: seconds whose cells are made at once, so that
    those of one series lie together: a window of it is found without reading all the others."""

    seconds: int
    table: str
    retention: float
    steps: tuple[int, ...]
    batch: int = 0

    @property
    def length(self) -> int:
        """Of a cell, in microseconds."""
        return self.seconds * MICROSECONDS

    @property
    def grain(self) -> int:
        """Old rows go in portions of so many microseconds: one delete of many rows is cheaper than many of one."""
        return 60 * max(self.length, MICROSECONDS)


SAMPLES = Resolution(0, "samples", 12 * 60.0, ())
RESOLUTIONS = (
    SAMPLES,
    Resolution(10, "samples_10s", 4 * 3600.0, (3600, 600, 60)),
    Resolution(60, "samples_1m", 36 * 3600.0, (36_000, 3600, 600, 60), batch=600),
    Resolution(3600, "samples_1h", 100 * 86_400.0, (864_000, 86_400, 3600)),
)
"""From fine to coarse; each is made from the one before it."""


@dataclass(frozen=True)
class Held:
    """What a table holds completely: ``[since, until)``. Samples have no ``until``."""

    since: int
    until: int


def held(session: Session) -> dict[int, Held]:
    """By the resolution's seconds."""
    found: dict[int, Held] | None = session.known(_KEY)
    if found is None:
        rows = session.rows('SELECT "seconds", "since", "until" FROM "resolutions"')
        found = {seconds: Held(since, until) for seconds, since, until in rows}
        session.remember(_KEY, found)
    return found


def hold(session: Session, resolution: Resolution, now_held: Held) -> None:
    """Write down what a table holds from now on."""
    session.change(
        'UPDATE "resolutions" SET "since" = ?, "until" = ? WHERE "seconds" = ?',
        *(now_held.since, now_held.until, resolution.seconds),
    )
    session.unsettle(_KEY)


def slow_series(session: Session) -> list[int]:
    """The numbers of the series that may be measured only once in :data:`LONGEST_PART`."""
    return [int(row[0]) for row in session.rows('SELECT "id" FROM "series" WHERE "name" = ?', SELDOM)]


def earliest(session: Session, resolution: Resolution, since: int) -> int | None:
    """The time of the first row at or after ``since``."""
    statement = f'SELECT epoch_us(min("ts")) FROM "{resolution.table}" WHERE "ts" >= make_timestamp(?)'
    row = session.row(statement, since)
    return None if row is None or row[0] is None else int(row[0])


def floor(at: float, length: int) -> int:
    """The last multiple of ``length`` that is not after ``at``."""
    return int(at // length) * length
