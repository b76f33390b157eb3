"""Writes on condition: ``If-Match`` with the version that a client knows. It is looked at here, so that a stale request is
refused before anything is begun, and again in the transaction that changes the job (:mod:`runner.supervisor.conditions`). Two
conditional writes of one job exclude each other: of two with the same version one succeeds, be there nothing to do for it."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from weakref import WeakValueDictionary

from litestar import Request

from runner.api.endings import endings_of
from runner.api.etags import allows
from runner.model import Job
from runner.supervisor.conditions import Condition, depend_on
from runner.supervisor.errors import Conflict
from runner.supervisor.service import JobService
from spec.errors import FlowdeckError

_PATIENCE: Final = 30.0


class PreconditionUnsupported(FlowdeckError):
    """What the request is about has no version."""

    code = "precondition-unsupported"
    exit_code = 2


class Preconditions:
    """Checks ``If-Match`` before a write is carried out."""

    def __init__(self, service: JobService) -> None:
        self._service = service
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check(self, request: Request[Any, Any, Any]) -> None:
        """Raise :class:`~runner.supervisor.conditions.PreconditionFailed` with the present version when the request depends on
        another one; from here on it is carried out only at the one it depends on."""
        headers = request.headers.getall("if-match", [])
        if not headers:
            return
        job = await self._job(request)
        # The stack keeps the lock alive, until the request is answered.
        lock = self._locks.setdefault(job.id, asyncio.Lock())
        try:
            async with asyncio.timeout(_PATIENCE):
                await endings_of(request.scope).enter_async_context(lock)
        except TimeoutError as error:
            raise Conflict(
                "another request that depends on the job's version is under way", hint="look at the job, then try again"
            ) from error
        header = ",".join(headers)
        condition = Condition(job.id, lambda version: allows(version, header))
        condition.check((await self._job(request)).version)
        depend_on(condition)

    async def _job(self, request: Request[Any, Any, Any]) -> Job:
        named = request.path_params
        if "job" in named:
            return await self._service.job(named["job"])
        execution = named.get("execution", named.get("execution_id"))
        if execution is None:
            raise PreconditionUnsupported("what this request is about has no version", hint="leave the header If-Match out")
        found = await self._service.execution(execution)
        return await self._service.job(found.job_id)
