"""One look at the daemon: every job, page by page, cleaned, with its trend."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from runner.client import Client
from runner.model import Job
from tui.data.clean import clean_record
from tui.data.models import JobView, Link, Trend
from tui.data.snapshot import Snapshot
from tui.data.tally import Tally
from tui.data.trends import BUCKETS, WINDOW_SECONDS, Trends
from tui.query.attention import reason
from tui.query.order import Arrangement

PAGE = 1000
MAXIMUM_JOBS = 20_000
_BACKFILLS_PER_LOOK = 8


class Reader:
    """Turns the daemon's answers into snapshots. Remembers cleaned jobs and trends from one look to the next."""

    def __init__(self, clock: Callable[[], float], arrangement: Arrangement) -> None:
        self._clock = clock
        self._arrangement = arrangement
        self._trends = Trends()
        self._cleaned: dict[str, tuple[Job, Job]] = {}
        self._backfilled: set[str] = set()

    def look(self, daemon: Client, link: Link) -> Snapshot:
        """Ask the daemon for everything. Raises what the client raises."""
        jobs, total = _all_jobs(daemon)
        now = self._clock()
        shown = [self._clean(job) for job in jobs]
        self._cleaned = {job.id: (job, clean) for job, clean in zip(jobs, shown, strict=True)}
        self._record(shown, now)
        self._backfill(daemon, shown)
        shown = self._arrangement.arrange(shown, now)
        views = tuple(JobView(job, self._trends.view(job.id, now), reason(job, now)) for job in shown)
        status = clean_record(daemon.status())
        return Snapshot(link, now, views, total, status, _summed(views), Tally.of(views))

    def _clean(self, job: Job) -> Job:
        known = self._cleaned.get(job.id)
        return known[1] if known and known[0] == job else clean_record(job)

    def _record(self, jobs: list[Job], now: float) -> None:
        rates = {job.id: _rate(job) for job in jobs}
        for job_id, value in rates.items():
            if value is not None or self._trends.knows(job_id):
                self._trends.record(job_id, now, value)
        self._trends.forget(rates)

    def _backfill(self, daemon: Client, jobs: list[Job]) -> None:
        """History from before this program started, a few jobs at a time so that no look takes long."""
        waiting = [job for job in jobs if _rate(job) is not None and job.id not in self._backfilled]
        for job in waiting[:_BACKFILLS_PER_LOOK]:
            self._backfilled.add(job.id)
            for series in daemon.metric_series(job.id, WINDOW_SECONDS, BUCKETS):
                if series.name == "rows_in" and not series.plugin:
                    self._trends.backfill(job.id, series.points)


def _summed(views: Iterable[JobView]) -> Trend:
    """The trend of all jobs together: a bucket is unknown only when no job was measured in it."""
    totals: list[float | None] = [None] * BUCKETS
    for view in views:
        for index, value in enumerate(view.trend):
            if value is not None:
                totals[index] = (totals[index] or 0.0) + value
    return tuple(totals)


def _rate(job: Job) -> float | None:
    execution = job.execution
    return None if execution is None or execution.state.is_terminal else execution.totals.rows_in_per_second


def _all_jobs(daemon: Client) -> tuple[list[Job], int]:
    page = daemon.jobs(limit=PAGE, offset=0)
    total = page.total or 0
    jobs = list(page.jobs)
    while page.jobs and len(jobs) < min(total, MAXIMUM_JOBS):
        page = daemon.jobs(limit=PAGE, offset=len(jobs))
        total = page.total or 0
        jobs.extend(page.jobs)
    unique = {job.id: job for job in jobs}  # a job that moved between two pages appears once
    return list(unique.values()), total
