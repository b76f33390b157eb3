"""The calls of :class:`runner.client.Client` that following a job takes, for a thread of the daemon's own process.

They go straight to the service: no HTTP, and none of its libraries. What goes over goes as it would over the socket, encoded
and checked, so that the two sides share nothing, and fails as it would there.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from runner.api.gateway import Gateway
from runner.api.statuses import problem_of, problem_of_defect
from runner.audit import AuditEntry, AuditOutcome
from runner.endpoint import DaemonUnreachable
from runner.model import Checkpoint, DaemonStatus, Execution, Job, LogLine
from runner.requests import StopRequest, SubmitRequest
from runner.struct_types import learnt
from runner.transport import ApiError, encode_body
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R", bound=msgspec.Struct)

_TIMEOUT = 10.0
_GRACE_SECONDS = 3.0


class NearClient:
    """Made in the daemon's event loop, used in one other thread.

    Every call raises :class:`ApiError` when the daemon refuses and :class:`DaemonUnreachable` once it has been told to end or
    when it does not answer within ten seconds.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._service = gateway.service
        self._observation = gateway.observation
        self._audit = gateway.audit
        self._closing = gateway.closing
        self._loop = asyncio.get_running_loop()
        self._pending: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """The daemon ends: refuse new calls, give those that are under way three seconds. In the event loop."""
        self._closing.set()
        if self._pending:
            await asyncio.wait(self._pending, timeout=_GRACE_SECONDS)
        for task in self._pending:
            task.cancel()

    def status(self) -> DaemonStatus:
        """The daemon and its processes."""
        return self._call(DaemonStatus, self._observation.status())

    def submit(self, request: SubmitRequest) -> Job:
        """Check and start a job; see :meth:`runner.client.Client.submit`."""
        sent = _sent(request)
        return self._call(Job, self._audited("POST /jobs", "", lambda: self._service.submit(sent)))

    def job(self, reference: str) -> Job:
        """The job with its newest execution and checkpoint."""
        return self._call(Job, self._service.job(reference))

    def execution(self, execution_id: str) -> Execution:
        """One execution by its id."""
        return self._call(Execution, self._service.execution(execution_id))

    def stop(self, reference: str, request: StopRequest) -> Job:
        """End the job's execution, with a savepoint unless the request says otherwise."""
        sent = _sent(request)
        return self._call(Job, self._audited("POST /jobs/{job}/stop", reference, lambda: self._service.stop(reference, sent)))

    def cancel(self, reference: str) -> Job:
        """End the job's execution without a savepoint."""
        return self._call(Job, self._audited("POST /jobs/{job}/cancel", reference, lambda: self._service.cancel(reference)))

    def checkpoints(self, reference: str, limit: int) -> tuple[Checkpoint, ...]:
        """Newest first."""
        return self._call(tuple[Checkpoint, ...], self._service.checkpoints(reference, limit=limit))

    def logs(self, reference: str, after: int, limit: int) -> tuple[LogLine, ...]:
        """The first ``limit`` lines after the offset ``after``."""
        return self._call(tuple[LogLine, ...], self._observation.log_lines(reference, after, limit))

    def _call(self, kind: type[T], work: Coroutine[Any, Any, object]) -> T:
        answer = asyncio.run_coroutine_threadsafe(self._answer(work), self._loop)
        try:
            return msgspec.json.decode(answer.result(_TIMEOUT), type=learnt(kind))
        except concurrent.futures.CancelledError as error:
            raise _gone() from error
        except TimeoutError as error:
            raise DaemonUnreachable(
                f"the daemon did not answer within {_TIMEOUT:g} seconds", hint="it may be busy: try again"
            ) from error

    async def _audited(self, action: str, target: str, begin: Callable[[], Coroutine[Any, Any, Job]]) -> Job:
        """Put on record what the API would put on record."""
        job: Job | None = None
        code = "internal"
        try:
            job = await begin()
        except FlowdeckError as error:
            code = error.code
            raise
        else:
            return job
        finally:
            entry = AuditEntry(
                at=time.time(),
                who=f"unix:{os.getuid()}",
                action=action,
                target=target or (job.name if job else ""),
                job_id=job.id if job else None,
                remote=f"process {os.getpid()}",
                outcome=AuditOutcome.DONE if job else AuditOutcome.REFUSED,
                code="" if job else code,
                generation_after=job.generation if job else None,
            )
            await self._audit.record(entry)

    async def _answer(self, work: Coroutine[Any, Any, object]) -> bytes:
        """What the service says, encoded while nothing can change it."""
        if self._closing.is_set():
            work.close()
            raise _gone()
        task = asyncio.ensure_future(work)
        self._pending.add(task)
        try:
            return msgspec.json.encode(await task)
        except FlowdeckError as error:
            if self._closing.is_set():
                raise _gone() from error
            raise _refusal(error) from error
        except Exception as error:
            _log.exception("a call of this process failed")
            raise ApiError(problem_of_defect()) from error
        finally:
            self._pending.discard(task)


def _gone() -> DaemonUnreachable:
    return DaemonUnreachable("the daemon inside this process was told to end")


def _refusal(error: FlowdeckError) -> ApiError:
    problem = problem_of(error)
    if problem.status == 500:
        _log.error("a call of this process failed: %s: %s", error.code, error.message, exc_info=error)
    return ApiError(problem)


def _sent(request: R) -> R:
    """The request as it arrives: checked against its type."""
    return msgspec.json.decode(encode_body(request), type=type(request))
