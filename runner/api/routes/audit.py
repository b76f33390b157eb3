"""The audit trail: who did what."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from runner.api.access import ADMIN_ONLY
from runner.api.gateway import Gateway
from runner.api.routes.parameters import Limit, OptionalTime
from runner.api.routes.times import moment_of
from runner.audit import AuditPage

After = Annotated[str | None, QueryParameter(pattern=r"^[0-9]{1,18}$")]


@get("/audit", summary="Who did what", tags=["audit"], opt=ADMIN_ONLY)
async def audit(
    gateway: Gateway,
    job: str | None = None,
    who: str | None = None,
    action: str | None = None,
    since: OptionalTime = None,
    until: OptionalTime = None,
    limit: Limit = 100,
    after: After = None,
) -> AuditPage:
    """Every write that was asked for, done or refused, what hot reload did, and the daemon's starts and ends; newest first.

    ``job`` is an id or a name, ``who`` exactly whom, ``action`` a part of the action, ``since`` and ``until`` times; ``after``
    is ``next`` of the page before."""
    before = int(after) if after is not None else None
    return await gateway.audit.page(job, who, action, moment_of(since), moment_of(until), limit, before)


ROUTES = (audit,)
