"""One look at the jobs: every one of them with its trend and the reason why it needs someone.

It costs what has changed costs, not what there is: nothing here goes through all jobs each second.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from runner.client import Client
from runner.model import Job
from tui.data.clean import clean_record
from tui.data.models import JobView, Link
from tui.data.replica import Changes
from tui.data.snapshot import Snapshot
from tui.data.tally import Count
from tui.data.trends import BUCKETS, WINDOW_SECONDS, Trends
from tui.data.worries import Worries
from tui.query.attention import next_turn, reason
from tui.query.order import Arrangement, order_key

_BACKFILLS_PER_LOOK: Final = 8


class Reader:
    """Turns what the daemon tells into snapshots. Remembers every job from one look to the next."""

    def __init__(self, clock: Callable[[], float], arrangement: Arrangement) -> None:
        self._clock = clock
        self._arrangement = arrangement
        self._trends = Trends()
        self._worries = Worries()
        self._count = Count()
        self._views: dict[str, JobView] = {}
        self._turns: list[tuple[float, str]] = []
        """When which job may need someone although nothing is told of it; a heap."""
        self._turn_of: dict[str, float] = {}
        self._to_fill: dict[str, None] = {}
        self._began: float | None = None
        self._looked_at = 0.0
        self._ids: list[str] = []
        self._places: Mapping[str, int] = {}
        self._shown: tuple[JobView, ...] = ()
        self._unsorted = True

    def look(self, daemon: Client, link: Link, changes: Changes) -> Snapshot:
        """The jobs as they are to be shown. Raises what the client raises."""
        status = clean_record(daemon.status())
        now = self._clock()
        again = self._listen(now)
        told = tuple(changes.jobs)
        gone = self._views.keys() - {job.id for job in told} if changes.whole else set(changes.gone)
        touched = {job.id: job for job in told}
        for job_id in gone:
            self._forget(job_id)
        for job in told:
            self._record(job, now)
        for job_id in (*self._backfill(daemon, now), *self._worries.look(daemon, told, now), *self._due(now), *again):
            if job_id not in touched and job_id in self._views:
                touched[job_id] = self._views[job_id].job
        came = [job_id for job_id in touched if job_id not in self._views]
        for job in touched.values():
            self._take(job, now)
        self._arrange(now, came, gone)
        if touched or gone or not self._shown:
            self._shown = tuple(map(self._views.__getitem__, self._ids))
        tally = self._count.tally(self._places)
        self._trends.record_all(now, tally.rows_in_per_second)
        return Snapshot(link, now, self._shown, len(self._shown), status, self._trends.summed(now), tally, self._places)

    def _listen(self, now: float) -> Iterable[str]:
        """The jobs to look at anew because time has not simply passed."""
        silent, back = self._trends.listened(now), now < self._looked_at
        self._looked_at = now
        return tuple(self._views) if silent or back else ()

    def _record(self, job: Job, now: float) -> None:
        before, rate = self._views.get(job.id), _rate(job)
        if before is None or _rate(before.job) != rate or self._trends.ring(job.id) is None:
            self._trends.record(job.id, now, rate)
            if before is None and rate is not None:
                self._to_fill[job.id] = None

    def _take(self, job: Job, now: float) -> None:
        before, known = self._views.get(job.id), self._worries.known(job)
        view = JobView(job, self._trends.ring(job.id), reason(job, now, known), known)
        self._unsorted = self._unsorted or before is None or order_key(before.job) != order_key(job)
        self._views[job.id] = view
        self._count.change(before, view)
        turn = next_turn(job, now, known)
        if turn is not None and turn < self._turn_of.get(job.id, math.inf):
            self._turn_of[job.id] = turn  # a later one is found when this has come
            heapq.heappush(self._turns, (turn, job.id))

    def _due(self, now: float) -> Iterable[str]:
        """The jobs whose turn has come."""
        due = set()
        while self._turns and self._turns[0][0] <= now:
            turn, job_id = heapq.heappop(self._turns)
            if self._turn_of.get(job_id) == turn:
                del self._turn_of[job_id]
                due.add(job_id)
        return due

    def _forget(self, job_id: str) -> None:
        view = self._views.pop(job_id, None)
        if view is not None:
            self._count.change(view, None)
            self._trends.forget([job_id])
            self._worries.forget(job_id)
            self._to_fill.pop(job_id, None)
            self._turn_of.pop(job_id, None)

    def _arrange(self, now: float, came: Iterable[str], gone: Iterable[str]) -> None:
        """Where each job stands; the same objects when nothing moves."""
        jobs = None
        if self._arrangement.may_move(unsorted=self._unsorted):
            jobs = self._arrangement.arrange([view.job for view in self._views.values()], now)
            self._unsorted = False
        elif came or gone:
            jobs = self._arrangement.arrange([view.job for view in self._views.values()], now)
        if jobs is not None:
            ids = [job.id for job in jobs]
            if ids != self._ids:
                self._ids, self._places = ids, {job_id: place for place, job_id in enumerate(ids)}
                self._shown = ()

    def _backfill(self, daemon: Client, now: float) -> Iterable[str]:
        """History from before this program started, a few jobs at a time so that no look takes long."""
        self._began = now if self._began is None else self._began
        if now - self._began > WINDOW_SECONDS:
            self._to_fill.clear()  # it would show no more
        filled = list(self._to_fill)[:_BACKFILLS_PER_LOOK]
        for job_id in filled:
            del self._to_fill[job_id]
            for series in daemon.metric_series(job_id, WINDOW_SECONDS, BUCKETS):
                if series.name == "rows_in" and not series.plugin:
                    self._trends.backfill(job_id, series.points)
        return filled


def _rate(job: Job) -> float | None:
    execution = job.execution
    return None if execution is None or execution.state.is_terminal else execution.totals.rows_in_per_second
