"""One look at the jobs: every one of them cleaned, with its trend and the reason why it needs someone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from runner.client import Client
from runner.model import Job
from tui.data.clean import clean_record
from tui.data.models import JobView, Link, Trend
from tui.data.snapshot import Snapshot
from tui.data.tally import Tally
from tui.data.trends import BUCKETS, WINDOW_SECONDS, Trends
from tui.data.worries import Worries
from tui.query.attention import reason
from tui.query.order import Arrangement

_BACKFILLS_PER_LOOK = 8


class Reader:
    """Turns the daemon's answers into snapshots. Remembers cleaned jobs and trends from one look to the next."""

    def __init__(self, clock: Callable[[], float], arrangement: Arrangement) -> None:
        self._clock = clock
        self._arrangement = arrangement
        self._trends = Trends()
        self._worries = Worries()
        self._cleaned: dict[str, tuple[Job, Job]] = {}
        self._views: dict[str, JobView] = {}
        self._backfilled: set[str] = set()

    def look(self, daemon: Client, link: Link, jobs: Sequence[Job]) -> Snapshot:
        """The jobs as they are to be shown. Raises what the client raises."""
        status = clean_record(daemon.status())
        now = self._clock()
        shown = [self._clean(job) for job in jobs]
        self._cleaned = {job.id: (job, clean) for job, clean in zip(jobs, shown, strict=True)}
        self._record(shown, now)
        self._backfill(daemon, shown)
        self._worries.look(daemon, shown, now)
        views = tuple(self._view(job, now) for job in self._arrangement.arrange(shown, now))
        self._views = {view.id: view for view in views}
        return Snapshot(link, now, views, len(views), status, _summed(views), Tally.of(views))

    def _view(self, job: Job, now: float) -> JobView:
        """A job that is over and has not changed looks as before."""
        last = self._views.get(job.id)
        if last is not None and last.job is job and last.state.is_terminal and not any(last.trend):
            return last
        known = self._worries.known(job)
        return JobView(job, self._trends.view(job.id, now), reason(job, now, known), known)

    def _clean(self, job: Job) -> Job:
        known = self._cleaned.get(job.id)
        return known[1] if known and known[0] is job else clean_record(job)

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
        if view.state.is_terminal and not any(view.trend):
            continue
        for index, value in enumerate(view.trend):
            if value is not None:
                totals[index] = (totals[index] or 0.0) + value
    return tuple(totals)


def _rate(job: Job) -> float | None:
    execution = job.execution
    return None if execution is None or execution.state.is_terminal else execution.totals.rows_in_per_second
