"""Operations: what was asked of the daemon, how far it has come, how it ended."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import get
from litestar.params import QueryParameter

from runner.api.expectations import suggestion, told
from runner.api.faults import InvalidRequest, fault_at
from runner.api.gateway import Gateway
from runner.api.routes.parameters import Limit, PageToken
from runner.operation import Operation
from runner.replies import OperationPage
from runner.supervisor.actions import SUBMIT
from runner.supervisor.commands import Command
from runner.supervisor.operations import OF_QUEUES, RELOAD

KINDS: Final = (SUBMIT, *(command.value for command in Command), RELOAD, *sorted(OF_QUEUES))
_KIND = "Only those of this kind: " + ", ".join(f"`{kind}`" for kind in KINDS) + "."
Kind = Annotated[str | None, QueryParameter(name="kind", description=_KIND, max_length=40)]
Open = Annotated[bool | None, QueryParameter(name="open", description="Only those that are under way, or only the others.")]


@get("/operations", summary="List operations", tags=["operations"])
async def operations(
    gateway: Gateway,
    job: str | None = None,
    kind: Kind = None,
    is_open: Open = None,
    limit: Limit = 100,
    after: PageToken = None,
) -> OperationPage:
    """Newest first; the newest few thousand are kept. `after` is the `next` of the page before."""
    if kind is not None and kind not in KINDS:
        raise InvalidRequest(fault_at("?kind", f"there are no operations of the kind {told(kind)}", suggestion(kind, KINDS)))
    found = await gateway.service.job(job) if job is not None else None
    records = gateway.service.actions.operations
    return await records.page(job_id=found.id if found else None, kind=kind, is_open=is_open, limit=limit, after=after)


@get("/operations/{operation_id:str}", summary="Look at an operation", tags=["operations"])
async def operation(gateway: Gateway, operation_id: str) -> Operation:
    """One command, from when it was asked for until it has come about, or has failed."""
    return await gateway.service.actions.operations.get(operation_id)


ROUTES = (operations, operation)
