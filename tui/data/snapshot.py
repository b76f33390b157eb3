"""What one look at the daemon gives: an immutable snapshot that every widget draws from."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import DaemonStatus
from tui.data.models import JobView, Link, Trend
from tui.data.tally import Tally


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the daemon said at ``taken_at`` (None: it has not spoken yet), and the state of the link to it now."""

    link: Link
    taken_at: float | None = None
    jobs: tuple[JobView, ...] = ()
    total: int = 0
    status: DaemonStatus | None = None
    trend: Trend = ()
    tally: Tally = Tally()

    def find(self, job_id: str) -> JobView | None:
        """The job with this id."""
        return next((view for view in self.jobs if view.id == job_id), None)
