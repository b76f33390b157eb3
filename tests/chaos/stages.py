"""The two stages of the monkey: a supervisor in this process, which is fast, and a daemon behind its client, the truth."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

from daemon_process import ChaosDaemon

from runner.client import Client
from runner.home import Home
from runner.model import Attempt, Checkpoint, Execution, Job
from runner.requests import RestartRequest, SavepointRequest, StopRequest, SubmitRequest
from runner.supervisor.limits import Limits
from runner.supervisor.service import JobService
from runner.supervisor.supervisor import Supervisor

T = TypeVar("T")
_ALL = 1000


def _restart(restore: str, interval: str | None) -> RestartRequest:
    return RestartRequest(restore=restore, overrides={} if interval is None else {"env.checkpoint.interval": interval})


class SupervisorStage:
    """Silent workers are killed soon here, and the grace is short: waiting for either is no part of the play."""

    can_crash = False

    def __init__(self, home: Home, request: SubmitRequest) -> None:
        self._home = home
        self._request = request
        self._stack = contextlib.AsyncExitStack()
        self._supervisor: Supervisor | None = None
        self._name = ""

    async def open(self) -> None:
        """Start, with the job."""
        await self._start()
        self._name = (await self._service.submit(self._request)).id

    async def close(self) -> None:
        """End in order."""
        await self._stack.aclose()

    async def _start(self) -> None:
        limits = Limits(heartbeat=2.0, grace=0.5, observing=0.3)
        self._supervisor = await self._stack.enter_async_context(Supervisor.open(self._home, limits=limits))

    @property
    def _service(self) -> JobService:
        assert self._supervisor is not None
        return self._supervisor.service

    async def job(self) -> Job:
        """The job."""
        return await self._service.job(self._name)

    async def stop(self, *, savepoint: bool) -> object:
        """Stop it."""
        return await self._service.stop(self._name, StopRequest(savepoint=savepoint))

    async def cancel(self) -> object:
        """Cancel it."""
        return await self._service.cancel(self._name)

    async def savepoint(self) -> object:
        """Take a savepoint."""
        return await self._service.savepoint(self._name, SavepointRequest())

    async def restart(self, restore: str, interval: str | None = None) -> object:
        """Start it again."""
        return await self._service.restart(self._name, _restart(restore, interval))

    async def executions(self) -> list[Execution]:
        """Oldest first."""
        return list(reversed(await self._service.executions(self._name)))

    async def attempts(self, execution_id: str) -> list[Attempt]:
        """Oldest first."""
        return await self._service.attempts(execution_id)

    async def checkpoints(self) -> list[Checkpoint]:
        """All of them."""
        return await self._service.checkpoints(self._name, limit=_ALL)

    async def reopen(self) -> None:
        """The next one goes on."""
        await self._stack.aclose()
        await self._start()

    async def crash(self) -> None:
        """The next one finds out."""
        raise NotImplementedError("the supervisor is this process")


class DaemonStage:
    """Every request has a client, and so a connection, of its own."""

    can_crash = True

    def __init__(self, daemon: ChaosDaemon, request: SubmitRequest) -> None:
        self._daemon = daemon
        self._request = request
        self._name = ""

    async def open(self) -> None:
        """Start, with the job."""
        await asyncio.to_thread(self._daemon.start)
        self._name = (await self._ask(lambda client: client.submit(self._request))).id

    async def close(self) -> None:
        """End in order."""
        await asyncio.to_thread(self._daemon.stop)

    async def _ask(self, call: Callable[[Client], T]) -> T:
        def ask() -> T:
            with Client(self._daemon.home, timeout=60) as client:
                return call(client)

        return await asyncio.to_thread(ask)

    async def job(self) -> Job:
        """The job."""
        return await self._ask(lambda client: client.job(self._name))

    async def stop(self, *, savepoint: bool) -> object:
        """Stop it."""
        return await self._ask(lambda client: client.stop(self._name, StopRequest(savepoint=savepoint)))

    async def cancel(self) -> object:
        """Cancel it."""
        return await self._ask(lambda client: client.cancel(self._name))

    async def savepoint(self) -> object:
        """Take a savepoint."""
        return await self._ask(lambda client: client.savepoint(self._name, SavepointRequest()))

    async def restart(self, restore: str, interval: str | None = None) -> object:
        """Start it again."""
        return await self._ask(lambda client: client.restart(self._name, _restart(restore, interval)))

    async def executions(self) -> list[Execution]:
        """Oldest first."""
        return list(reversed(await self._ask(lambda client: client.executions(self._name))))

    async def attempts(self, execution_id: str) -> list[Attempt]:
        """Oldest first."""
        return list(await self._ask(lambda client: client.attempts(execution_id)))

    async def checkpoints(self) -> list[Checkpoint]:
        """All of them."""
        return list(await self._ask(lambda client: client.checkpoints(self._name, limit=_ALL)))

    async def reopen(self) -> None:
        """The next one goes on."""
        await asyncio.to_thread(self._daemon.stop)
        await asyncio.to_thread(self._daemon.start)

    async def crash(self) -> None:
        """The next one finds out."""
        await asyncio.to_thread(self._daemon.kill)
        await asyncio.to_thread(self._daemon.start)
