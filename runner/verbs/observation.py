"""Verbs that show what a job does and did: workers, errors, metrics, logs."""

from __future__ import annotations

from runner.model import LogLine, MetricSeries
from runner.replies import ErrorReport, LogPage, SeriesList, WorkerList
from runner.verbs.call import Call, get
from runner.verbs.verb import Verb


class ObservationVerbs:
    """Looking at what runs and ran."""

    @Verb
    def workers(self, reference: str) -> Call[WorkerList]:
        """The worker processes of the job, by number, and how many there are to be."""
        return get(WorkerList, "jobs", reference, "workers")

    @Verb
    def errors(
        self, reference: str, *, plugin: str | None = None, kind: str | None = None, limit: int = 100
    ) -> Call[ErrorReport]:
        """What went wrong in the job: rejected rows, counted and the newest of them, and attempts that failed."""
        return get(ErrorReport, "jobs", reference, "errors", query={"plugin": plugin, "kind": kind, "limit": limit})

    @Verb
    def metrics(self, reference: str, window: float = 300, buckets: int = 120) -> Call[tuple[MetricSeries, ...]]:
        """The last ``window`` seconds."""
        asked = get(SeriesList, "jobs", reference, "metrics", query={"window": window, "buckets": buckets})
        return asked.then(lambda reply: reply.series)

    @Verb
    def logs(
        self,
        reference: str,
        after: int | None = None,
        limit: int = 1000,
        level: str | None = None,
        tail: bool = True,  # noqa: FBT001, FBT002 - the contract's signature
    ) -> Call[tuple[LogLine, ...]]:
        """The last ``limit`` lines, or those after the offset ``after``."""
        query = {"after": after, "limit": limit, "level": level, "tail": tail}
        return get(LogPage, "jobs", reference, "logs", query=query).then(lambda reply: reply.lines)
