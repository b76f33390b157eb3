"""How routes carry commands out: tried dry, at once with an answer, or in the background with an operation as the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from litestar import Request, Response

from runner.api.access import visitor_of
from runner.api.gateway import Gateway
from runner.api.idempotency import have_answered, recorded
from runner.model import Job
from runner.operation import Operation
from runner.requests import SubmitRequest
from runner.supervisor.actions import Asked, Started, Tell
from runner.supervisor.commands import Command
from runner.supervisor.service import JobService
from runner.transport import API_PREFIX

T = TypeVar("T")
OPERATION_LOCATION = "Operation-Location"
_ASYNC = "respond-async"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a command is wanted: only tried, why, whether the answer may be the operation, and on which execution alone."""

    dry_run: bool = False
    reason: str | None = None
    prefer: str | None = None
    execution: str | None = None


async def perform(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    command: Command,
    reference: str,
    terms: Terms,
    call: Callable[[JobService, str], Coroutine[Any, Any, T]],
    *,
    body: object = None,
    status: int = 202,
) -> Response[Any]:
    """Carry ``call`` out, whose answer goes out with ``status`` (204: without a body), or tell what it would do."""
    actions = gateway.service.actions
    asked = _asked(request, terms, body)
    if terms.dry_run:
        return Response(await actions.effects(command, reference, body, asked), status_code=200)
    return await _answer(gateway, await actions.begin(command, reference, call, asked), terms, status)


async def perform_submit(
    gateway: Gateway, request: Request[Any, Any, Any], submitted: SubmitRequest, terms: Terms
) -> Response[Any]:
    """Submit a job file."""
    started: Started[Job] = await gateway.service.actions.submit(submitted, _asked(request, terms, None))
    if not _prefers_operation(terms.prefer):
        have_answered(lambda job: recorded(201, {OPERATION_LOCATION: location_of(started.operation)}, job))
    return await _answer(gateway, started, terms, 201)


async def perform_on_queues(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    kind: str,
    queue: str,
    terms: Terms,
    call: Callable[[JobService, Tell], Coroutine[Any, Any, T]],
    *,
    body: object = None,
    status: int = 200,
) -> Response[Any]:
    """Carry ``call`` out on a queue, or on what waits in several (empty)."""
    started = await gateway.service.actions.on_queues(kind, queue, call, _asked(request, terms, body))
    return await _answer(gateway, started, terms, status)


def _asked(request: Request[Any, Any, Any], terms: Terms, body: object) -> Asked:
    reason = terms.reason or getattr(body, "reason", "") or ""
    return Asked(requested_by=visitor_of(request.scope).name, reason=str(reason), execution=terms.execution)


async def _answer(gateway: Gateway, started: Started[Any], terms: Terms, status: int) -> Response[Any]:
    operation: Operation = started.operation
    headers = {OPERATION_LOCATION: location_of(operation)}
    if _prefers_operation(terms.prefer):
        operations = gateway.service.actions.operations
        await operations.write_down()  # who comes back for it finds it, whatever becomes of this daemon
        applied = {**headers, "Preference-Applied": _ASYNC}
        return Response(await operations.get(operation.id), status_code=202, headers=applied)
    # A client that goes away does not undo what it has asked for.
    answer = await asyncio.shield(started.task)
    return Response(None if status == 204 else answer, status_code=status, headers=headers)


def location_of(operation: Operation) -> str:
    """Where the operation can be looked at."""
    return f"{API_PREFIX}/operations/{operation.id}"


def _prefers_operation(prefer: str | None) -> bool:
    return any(part.partition(";")[0].strip().lower() == _ASYNC for part in (prefer or "").split(","))
