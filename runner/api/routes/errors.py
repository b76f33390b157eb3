"""What went wrong: in a job, in one of its executions, in all of them."""

from __future__ import annotations

from litestar import get

from runner.api.gateway import Gateway
from runner.api.routes.parameters import ErrorSort, Limit, Offset, OptionalTime, PageToken
from runner.api.routes.times import moment_of
from runner.replies import ErrorOverview, ErrorReport
from runner.supervisor.error_pages import ErrorPage, error_order_of
from runner.supervisor.error_report import ErrorFilter


@get("/jobs/{job:str}/errors", summary="Rejected rows and failed attempts of a job", tags=["observation"])
async def errors(
    gateway: Gateway,
    job: str,
    plugin: str | None = None,
    kind: str | None = None,
    fingerprint: str | None = None,
    since: OptionalTime = None,
    limit: Limit = 100,
    offset: Offset = 0,
    after: PageToken = None,
    sort: ErrorSort = None,
) -> ErrorReport:
    """Rows that did not fit, counted by plugin and kind and the newest of them; the failures of attempts; and all of them in
    groups of those that are the same but for numbers, names and places. `after` is the `next` of the page before, and goes on
    in each of the lists; one that has ended is empty."""
    wanted = ErrorFilter(plugin, kind, fingerprint, moment_of(since))
    return await gateway.observation.errors(job, wanted, ErrorPage(limit, offset, error_order_of(sort), after))


@get("/executions/{execution_id:str}/errors", summary="Errors of an execution", tags=["observation"])
async def execution_errors(
    gateway: Gateway,
    execution_id: str,
    plugin: str | None = None,
    kind: str | None = None,
    fingerprint: str | None = None,
    since: OptionalTime = None,
    limit: Limit = 100,
    offset: Offset = 0,
    after: PageToken = None,
    sort: ErrorSort = None,
) -> ErrorReport:
    """The same of one execution."""
    wanted = ErrorFilter(plugin, kind, fingerprint, moment_of(since))
    return await gateway.observation.execution_errors(
        execution_id, wanted, ErrorPage(limit, offset, error_order_of(sort), after)
    )


@get("/errors", summary="Errors of all jobs", tags=["observation"])
async def all_errors(
    gateway: Gateway,
    plugin: str | None = None,
    kind: str | None = None,
    fingerprint: str | None = None,
    since: OptionalTime = None,
    limit: Limit = 100,
    offset: Offset = 0,
    after: PageToken = None,
    sort: ErrorSort = None,
) -> ErrorOverview:
    """In groups of those that are the same but for numbers, names and places, the newest first, and the failures, or as `sort`
    says. `after` is the `next` of the page before, and goes on in both."""
    wanted = ErrorFilter(plugin, kind, fingerprint, moment_of(since))
    return await gateway.observation.all_errors(wanted, ErrorPage(limit, offset, error_order_of(sort), after))


ROUTES = (errors, execution_errors, all_errors)
