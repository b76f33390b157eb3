"""What one look at the daemon gives: an immutable snapshot that every widget draws from."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runner.model import DaemonStatus
from tui.data.models import JobView, Link
from tui.data.tally import Tally
from tui.data.trends import Trend


class Snapshot(msgspec.Struct, frozen=True):
    """Everything the daemon said at ``taken_at`` (None: it has not spoken yet), and the state of the link to it now."""

    link: Link
    taken_at: float | None = None
    jobs: tuple[JobView, ...] = ()
    total: int = 0
    status: DaemonStatus | None = None
    trend: Trend = ()
    tally: Tally = Tally()
    places: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Where in ``jobs`` each is, by id."""

    def find(self, job_id: str) -> JobView | None:
        """The job with this id."""
        place = self.places.get(job_id)
        return None if place is None else self.jobs[place]
