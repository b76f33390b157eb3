"""What a job shows while it runs: metrics, log, events."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import HeaderParameter
from litestar.response import Stream

from runner.api.event_stream import event_stream
from runner.api.gateway import Gateway
from runner.api.routes.parameters import Buckets, LineLimit, OptionalOffset, OptionalRevision, Window
from runner.replies import LogPage, SeriesList


@get("/jobs/{job:str}/metrics", summary="Metrics of a job", tags=["observation"])
async def metrics(gateway: Gateway, job: str, window: Window = 300.0, buckets: Buckets = 120) -> SeriesList:
    """The last ``window`` seconds in ``buckets`` points; null where nothing was measured."""
    return SeriesList(series=tuple(await gateway.observation.metrics(job, window, buckets)))


@get("/jobs/{job:str}/logs", summary="Log lines of a job", tags=["observation"])
async def logs(
    gateway: Gateway,
    job: str,
    after: OptionalOffset = None,
    limit: LineLimit = 1000,
    level: str | None = None,
    tail: bool = True,  # noqa: FBT001, FBT002  # a query parameter
) -> LogPage:
    """The last ``limit`` lines, or with ``after`` (the ``offset`` of a line) those that follow it."""
    return LogPage(lines=tuple(await gateway.observation.log_lines(job, after, limit, level, tail)))


@get("/events", summary="Events as they happen", tags=["observation"], media_type="text/event-stream")
async def events(
    gateway: Gateway,
    since: OptionalRevision = None,
    last_event_id: Annotated[int | None, HeaderParameter(name="Last-Event-ID", ge=0)] = None,
) -> Stream:
    """Server-sent events: id is the revision, event its kind, data the event. ``since`` or the header Last-Event-ID replays
    what came after that revision; without them the stream begins now."""
    start = since if since is not None else last_event_id
    stream = event_stream(gateway.observation, start, gateway.closing)
    return Stream(stream, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


ROUTES = (metrics, logs, events)
