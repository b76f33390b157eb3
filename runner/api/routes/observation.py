"""What a job shows while it runs: metrics, details, log, events."""

from __future__ import annotations

from litestar import get
from litestar.response import Stream

from runner.api.event_stream import EventFilter, event_stream
from runner.api.gateway import Gateway
from runner.api.log_stream import log_stream
from runner.api.routes.parameters import (
    LastEventId,
    LineLimit,
    OptionalBuckets,
    OptionalOffset,
    OptionalRevision,
    OptionalTime,
    SampleLimit,
    WindowText,
)
from runner.api.routes.times import moment_of, points_of, seconds_of
from runner.observation import JobDetails, JobMetrics, SampleList
from runner.replies import LogPage
from runner.supervisor.job_changes import CHANGED
from runner.supervisor.log_file import LogFilter
from runner.supervisor.log_view import checked

_EVENT_STREAM = "text/event-stream"
_UNCACHED = {"Cache-Control": "no-cache"}


@get("/jobs/{job:str}/metrics", summary="Metrics of a job", tags=["observation"])
async def metrics(
    gateway: Gateway,
    job: str,
    window: WindowText = "5m",
    buckets: OptionalBuckets = None,
    series: bool = True,  # noqa: FBT001, FBT002  # a query parameter
) -> JobMetrics:
    """The last ``window`` summed up, its history in ``buckets`` points (by default as many as suit it), and unless ``series``
    is false the same points of everything that was measured; null where nothing was."""
    seconds = seconds_of(window)
    return await gateway.observation.metrics(job, seconds, buckets or points_of(seconds), series=series)


@get("/executions/{execution_id:str}/metrics", summary="Metrics of an execution", tags=["observation"])
async def execution_metrics(
    gateway: Gateway,
    execution_id: str,
    window: WindowText = "5m",
    buckets: OptionalBuckets = None,
    series: bool = True,  # noqa: FBT001, FBT002  # a query parameter
) -> JobMetrics:
    """The same of one execution alone; the window of one that is over ends with it."""
    seconds = seconds_of(window)
    return await gateway.observation.execution_metrics(execution_id, seconds, buckets or points_of(seconds), series=series)


@get("/jobs/{job:str}/details", summary="Everything about a job", tags=["observation"])
async def details(gateway: Gateway, job: str) -> JobDetails:
    """The job, its plugins as tasks, its configuration with the secrets masked, its metrics of the last five minutes, its
    newest checkpoints."""
    return await gateway.observation.details(job)


@get("/jobs/{job:str}/logs", summary="Log lines of a job", tags=["observation"])
async def logs(
    gateway: Gateway,
    job: str,
    after: OptionalOffset = None,
    limit: LineLimit = 1000,
    level: str | None = None,
    tail: bool = True,  # noqa: FBT001, FBT002  # a query parameter
    since: OptionalTime = None,
    until: OptionalTime = None,
    contains: str | None = None,
) -> LogPage:
    """The last ``limit`` lines of its newest execution, with ``tail=false`` the first ones, or with ``after`` (the ``offset``
    of a line, or ``next``) those that follow it."""
    wanted = LogFilter(level, moment_of(since), moment_of(until), contains)
    return await gateway.observation.job_log(job, after, limit, wanted, tail=tail)


@get("/executions/{execution_id:str}/logs", summary="Log lines of an execution", tags=["observation"])
async def execution_logs(
    gateway: Gateway,
    execution_id: str,
    after: OptionalOffset = None,
    limit: LineLimit = 1000,
    level: str | None = None,
    tail: bool = True,  # noqa: FBT001, FBT002  # a query parameter
    since: OptionalTime = None,
    until: OptionalTime = None,
    contains: str | None = None,
) -> LogPage:
    """The last ``limit`` lines, with ``tail=false`` the first ones, or with ``after`` those that follow an offset."""
    wanted = LogFilter(level, moment_of(since), moment_of(until), contains)
    return await gateway.observation.execution_log(execution_id, after, limit, wanted, tail=tail)


@get(
    "/executions/{execution_id:str}/logs/follow",
    summary="Log lines as they come",
    tags=["observation"],
    media_type=_EVENT_STREAM,
)
async def follow_logs(
    gateway: Gateway,
    execution_id: str,
    after: OptionalOffset = None,
    limit: LineLimit = 100,
    level: str | None = None,
    contains: str | None = None,
    last_event_id: LastEventId = None,
) -> Stream:
    """Server-sent events: the last ``limit`` lines, or those after the offset ``after`` (or the header Last-Event-ID), then
    each line as it is written: ``id`` is its offset, ``event`` is ``log``, ``data`` the line. The last event is ``end``, with
    the state of the execution once that is over."""
    return await _followed(gateway, execution_id, after if after is not None else last_event_id, limit, level, contains)


@get("/jobs/{job:str}/logs/follow", summary="Log lines of a job as they come", tags=["observation"], media_type=_EVENT_STREAM)
async def follow_job_logs(
    gateway: Gateway,
    job: str,
    after: OptionalOffset = None,
    limit: LineLimit = 100,
    level: str | None = None,
    contains: str | None = None,
    last_event_id: LastEventId = None,
) -> Stream:
    """The same of the newest execution of a job."""
    execution_id = await gateway.observation.required_execution(job)
    return await _followed(gateway, execution_id, after if after is not None else last_event_id, limit, level, contains)


async def _followed(
    gateway: Gateway, execution_id: str, after: int | None, limit: int, level: str | None, contains: str | None
) -> Stream:
    view = gateway.observation
    wanted = checked(LogFilter(level, contains=contains))
    await view.check_followable(execution_id)
    stream = log_stream(view, execution_id, after, limit, wanted, gateway.closing)
    return Stream(stream, media_type=_EVENT_STREAM, headers=_UNCACHED)


@get("/jobs/{job:str}/samples", summary="Samples of a job's rows", tags=["observation"])
async def samples(gateway: Gateway, job: str, plugin: str | None = None, limit: SampleLimit = 10) -> SampleList:
    """The last ``limit`` rows that left each plugin (or reached it, if it is a sink), as they pass now. Values of columns whose
    names say that they are secret are masked, long ones are cut. 409 when the job does not run."""
    return SampleList(samples=tuple(await gateway.observation.samples(job, plugin, limit)))


@get("/events", summary="Events as they happen", tags=["observation"], media_type=_EVENT_STREAM)
async def events(
    gateway: Gateway,
    since: OptionalRevision = None,
    job: str | None = None,
    kind: list[str] | None = None,
    changes: bool = False,  # noqa: FBT001, FBT002  # a query parameter
    snapshot: bool = False,  # noqa: FBT001, FBT002  # a query parameter
    last_event_id: LastEventId = None,
) -> Stream:
    """Server-sent events: id is the revision, event its kind, data the event. ``since`` or the header Last-Event-ID replays
    what came after that revision; without them the stream begins now, or with ``snapshot`` with the present state. ``changes``
    adds the new values of whatever changes of jobs, at most a few times a second."""
    start = since if since is not None else last_event_id
    job_id = None if job is None else await gateway.observation.job_id_of(job)
    asked = tuple(kind or ())
    wanted = EventFilter(job_id, asked, changes=changes or snapshot or CHANGED in asked, snapshot=snapshot)
    stream = event_stream(gateway.observation, start, gateway.closing, wanted)
    return Stream(stream, media_type=_EVENT_STREAM, headers=_UNCACHED)


ROUTES = (metrics, execution_metrics, details, logs, execution_logs, follow_logs, follow_job_logs, samples, events)
