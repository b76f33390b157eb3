"""Verbs that show what a job does and did: details, workers, metrics, logs, errors."""

from __future__ import annotations

from runner.model import LogLine, MetricSeries
from runner.observation import JobDetails, JobMetrics, PluginSample, SampleList
from runner.replies import ErrorOverview, ErrorReport, LogPage, SeriesList, WorkerList
from runner.transport import Query
from runner.verbs.call import Call, get
from runner.verbs.verb import Verb

Time = float | str
"""Epoch seconds, ISO 8601, or how long ago: ``-5m``."""


class ObservationVerbs:
    """Looking at what runs and ran."""

    @Verb
    def details(self, reference: str) -> Call[JobDetails]:
        """Everything about a job at once: its plugins as tasks, its configuration, its metrics, its newest checkpoints."""
        return get(JobDetails, "jobs", reference, "details")

    @Verb
    def workers(self, reference: str) -> Call[WorkerList]:
        """The worker processes of the job, by number, and how many there are to be."""
        return get(WorkerList, "jobs", reference, "workers")

    @Verb
    def metrics(self, reference: str, window: str | float = "5m", buckets: int | None = None) -> Call[JobMetrics]:
        """The last ``window`` (seconds, or ``1m``, ``5m``, ``24h``) summed up, and its history in ``buckets`` points."""
        return get(JobMetrics, "jobs", reference, "metrics", query={"window": window, "buckets": buckets, "series": False})

    @Verb
    def execution_metrics(self, execution_id: str, window: str | float = "5m", buckets: int | None = None) -> Call[JobMetrics]:
        """The same of one execution; the window of one that is over ends with it."""
        query: Query = {"window": window, "buckets": buckets, "series": False}
        return get(JobMetrics, "executions", execution_id, "metrics", query=query)

    @Verb
    def metric_series(
        self, reference: str, window: str | float = "5m", buckets: int | None = None
    ) -> Call[tuple[MetricSeries, ...]]:
        """Everything that was measured in the last ``window``, plugin by plugin."""
        asked = get(SeriesList, "jobs", reference, "metrics", query={"window": window, "buckets": buckets})
        return asked.then(lambda reply: reply.series)

    @Verb
    def samples(self, reference: str, plugin: str | None = None, limit: int = 10) -> Call[tuple[PluginSample, ...]]:
        """The last rows that left each plugin of a running job, or one of them; secrets are masked."""
        asked = get(SampleList, "jobs", reference, "samples", query={"plugin": plugin, "limit": limit})
        return asked.then(lambda reply: reply.samples)

    @Verb
    def errors(
        self,
        reference: str,
        *,
        plugin: str | None = None,
        kind: str | None = None,
        fingerprint: str | None = None,
        since: Time | None = None,
        limit: int = 100,
        offset: int = 0,
        after: str | None = None,
        sort: str | None = None,
    ) -> Call[ErrorReport]:
        """What went wrong in the job: rejected rows, counted and the newest of them, attempts that failed, and both in groups
        of those that are the same but for details; the latest first, or as ``sort`` says: by ``last``, ``first``, ``count`` or
        ``code``, as in ``count:asc``. ``after`` is the ``next`` of the page before, and goes on in each of the lists."""
        query: Query = {"plugin": plugin, "kind": kind, "fingerprint": fingerprint, "since": since, "limit": limit}
        return get(ErrorReport, "jobs", reference, "errors", query={**query, **_place(offset, after, sort)})

    @Verb
    def execution_errors(
        self,
        execution_id: str,
        *,
        plugin: str | None = None,
        kind: str | None = None,
        fingerprint: str | None = None,
        since: Time | None = None,
        limit: int = 100,
        offset: int = 0,
        after: str | None = None,
        sort: str | None = None,
    ) -> Call[ErrorReport]:
        """The same of one execution."""
        query: Query = {"plugin": plugin, "kind": kind, "fingerprint": fingerprint, "since": since, "limit": limit}
        return get(ErrorReport, "executions", execution_id, "errors", query={**query, **_place(offset, after, sort)})

    @Verb
    def all_errors(
        self,
        *,
        plugin: str | None = None,
        kind: str | None = None,
        fingerprint: str | None = None,
        since: Time | None = None,
        limit: int = 100,
        offset: int = 0,
        after: str | None = None,
        sort: str | None = None,
    ) -> Call[ErrorOverview]:
        """What went wrong in all jobs, in groups; pages and order as for ``errors``."""
        query: Query = {"plugin": plugin, "kind": kind, "fingerprint": fingerprint, "since": since, "limit": limit}
        return get(ErrorOverview, "errors", query={**query, **_place(offset, after, sort)})

    @Verb
    def logs(
        self,
        reference: str,
        after: int | None = None,
        limit: int = 1000,
        level: str | None = None,
        tail: bool = True,  # noqa: FBT001, FBT002 - the contract's signature
        *,
        since: Time | None = None,
        until: Time | None = None,
        contains: str | None = None,
    ) -> Call[tuple[LogLine, ...]]:
        """The last ``limit`` lines of the newest execution, or those after the offset ``after``."""
        query: Query = {"after": after, "limit": limit, "level": level, "tail": tail}
        narrowed: Query = {"since": since, "until": until, "contains": contains}
        return get(LogPage, "jobs", reference, "logs", query={**query, **narrowed}).then(lambda reply: reply.lines)

    @Verb
    def execution_logs(
        self,
        execution_id: str,
        after: int | None = None,
        limit: int = 1000,
        level: str | None = None,
        *,
        tail: bool = True,
        since: Time | None = None,
        until: Time | None = None,
        contains: str | None = None,
    ) -> Call[LogPage]:
        """The same of one execution, with where to read on."""
        query: Query = {"after": after, "limit": limit, "level": level, "tail": tail}
        narrowed: Query = {"since": since, "until": until, "contains": contains}
        return get(LogPage, "executions", execution_id, "logs", query={**query, **narrowed})


def _place(offset: int, after: str | None, sort: str | None) -> Query:
    """Which page, in which order; nothing of what is as usual."""
    return {"offset": offset or None, "after": after, "sort": sort}
