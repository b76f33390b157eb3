"""One look at the jobs: every one of them cleaned, with its trend and the reason why it needs someone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.client import Client
from runner.model import Job
from tui.data.clean import clean_record
from tui.data.models import JobView, Link, Trend
from tui.data.snapshot import Snapshot
from tui.data.tally import Tally
from tui.data.trends import BUCKET_SECONDS, BUCKETS, WINDOW_SECONDS, Trends
from tui.data.worries import Worries
from tui.query.attention import reason
from tui.query.order import Arrangement

_BACKFILLS_PER_LOOK = 8
_FEW = 1000


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
        self._began: float | None = None
        self._summed: Trend = ()
        self._summed_in = -1.0
        self._turn = 0

    def look(self, daemon: Client, link: Link, jobs: Sequence[Job]) -> Snapshot:
        """The jobs as they are to be shown. Raises what the client raises."""
        status = clean_record(daemon.status())
        now = self._clock()
        shown = [self._clean(job) for job in jobs]
        self._cleaned = {job.id: (job, clean) for job, clean in zip(jobs, shown, strict=True)}
        self._record(shown, now)
        self._backfill(daemon, shown, now)
        self._worries.look(daemon, shown, now)
        views = tuple(self._view(job, now) for job in self._arrangement.arrange(shown, now))
        self._turn += 1
        self._views = {view.id: view for view in views}
        return Snapshot(link, now, views, len(views), status, self._sum(shown, now), Tally.of(views))

    def _view(self, job: Job, now: float) -> JobView:
        """A job that has not changed looks as before when it is over, or when it is not its turn."""
        last = self._views.get(job.id)
        if last is not None and last.job is job and (self._may_wait(job) or _is_still(last)):
            return last
        known = self._worries.known(job)
        return JobView(job, self._trends.view(job.id, now), reason(job, now, known), known)

    def _may_wait(self, job: Job) -> bool:
        """Of very many jobs a part is looked at anew, all within the time of a bucket; those that have changed always are."""
        return len(self._cleaned) > _FEW and (hash(job.id) + self._turn) % BUCKET_SECONDS != 0

    def _clean(self, job: Job) -> Job:
        known = self._cleaned.get(job.id)
        return known[1] if known and known[0] is job else clean_record(job)

    def _record(self, jobs: list[Job], now: float) -> None:
        rates = {job.id: _rate(job) for job in jobs}
        for job_id, value in rates.items():
            if value is not None or self._trends.knows(job_id):
                self._trends.record(job_id, now, value)
        self._trends.forget(rates)

    def _backfill(self, daemon: Client, jobs: list[Job], now: float) -> None:
        """History from before this program started, a few jobs at a time so that no look takes long."""
        self._began = now if self._began is None else self._began
        if now - self._began > WINDOW_SECONDS:
            return  # it would show no more
        waiting = [job for job in jobs if _rate(job) is not None and job.id not in self._backfilled]
        for job in waiting[:_BACKFILLS_PER_LOOK]:
            self._backfilled.add(job.id)
            for series in daemon.metric_series(job.id, WINDOW_SECONDS, BUCKETS):
                if series.name == "rows_in" and not series.plugin:
                    self._trends.backfill(job.id, series.points)

    def _sum(self, jobs: list[Job], now: float) -> Trend:
        """The trend of all jobs together. With very many of them it is summed up once per bucket."""
        bucket = now // BUCKET_SECONDS
        if len(jobs) <= _FEW or bucket != self._summed_in:
            self._summed_in = bucket
            self._summed = self._trends.summed((job.id for job in jobs), now)
        return self._summed


def _is_still(view: JobView) -> bool:
    return view.state.is_terminal and not any(view.trend)


def _rate(job: Job) -> float | None:
    execution = job.execution
    return None if execution is None or execution.state.is_terminal else execution.totals.rows_in_per_second
