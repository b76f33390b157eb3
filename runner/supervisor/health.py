"""Whether the parts of a daemon work, each looked at when somebody asks, and since when it has been as it is."""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from runner.cluster import ComponentHealth, Health, HealthStatus
from runner.supervisor.background import Background
from runner.supervisor.errors import NotFound
from runner.supervisor.executions import Executions
from runner.supervisor.work import Parts
from spec.errors import FlowdeckError

OK, DEGRADED, DOWN = HealthStatus.OK, HealthStatus.DEGRADED, HealthStatus.DOWN
_PATIENCE: Final = 2.0
_SLOW: Final = 0.5
_LAG_INTERVAL: Final = 0.5
_LAGS: Final = 60
_SLOW_LOOP: Final = 0.25
_BLOCKED_LOOP: Final = 5.0
_LITTLE_ROOM: Final = 1 << 30
_NO_ROOM: Final = 64 << 20
_FULL: Final = 0.05
_REMEMBERED: Final = 1.0
_ORDER: Final = (OK, DEGRADED, DOWN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a part is, why, and by what figures."""

    status: HealthStatus = OK
    message: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


class HealthWatch:
    """All parts of one daemon. ``run`` is a task that measures how late the event loop is."""

    def __init__(self, parts: Parts, executions: Executions, background: Background) -> None:
        self._parts = parts
        self._executions = executions
        self._background = background
        self._lags: deque[float] = deque(maxlen=_LAGS)
        self._since: dict[str, tuple[HealthStatus, float]] = {}
        self._looking: asyncio.Task[Health] | None = None
        self._looked = -math.inf
        self._parts_by_name: dict[str, tuple[bool, Callable[[], Awaitable[Verdict]]]] = {
            "store": (True, self._store),
            "disk": (True, self._disk),
            "fork-server": (True, self._fork_server),
            "event-loop": (True, self._event_loop),
            "leases": (True, self._leases),
            "workers": (False, self._workers),
        }

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LAG_INTERVAL
            await asyncio.sleep(_LAG_INTERVAL)
            self._lags.append(max(0.0, loop.time() - due))

    async def health(self) -> Health:
        """All parts. Whoever asks at the same time, or a second later, is told the same: asking costs a daemon little."""
        now = time.monotonic()
        if self._looking is None or (self._looking.done() and now - self._looked >= _REMEMBERED):
            self._looked = now
            self._looking = asyncio.create_task(self._look(), name="health")
        return await asyncio.shield(self._looking)

    async def component(self, name: str) -> ComponentHealth:
        """One part. Raises :class:`~runner.supervisor.errors.NotFound`."""
        for found in (await self.health()).components:
            if found.name == name:
                return found
        raise NotFound(f"the daemon has no part {name!r}", hint="GET /api/v1/health lists them")

    async def _look(self) -> Health:
        names = list(self._parts_by_name)
        verdicts = await asyncio.gather(*(self._asked(self._parts_by_name[name][1]) for name in names))
        found = [
            self._component(name, verdict, matters=self._parts_by_name[name][0])
            for name, verdict in zip(names, verdicts, strict=True)
        ]
        found += [self._task(name) for name in self._background.names]
        worst = max((each.status for each in found if each.matters), key=_ORDER.index, default=OK)
        return Health(status=worst, at=time.time(), components=tuple(sorted(found, key=lambda each: each.name)))

    async def _asked(self, look: Callable[[], Awaitable[Verdict]]) -> Verdict:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await look()
        except TimeoutError:
            return Verdict(DOWN, f"it does not answer within {_PATIENCE:g} s")
        except FlowdeckError as error:
            return Verdict(DOWN, error.message)
        except OSError as error:
            return Verdict(DOWN, error.strerror or str(error))

    def _component(self, name: str, verdict: Verdict, *, matters: bool) -> ComponentHealth:
        now = time.time()
        status, since = self._since.get(name, (None, now))
        if status is not verdict.status:
            since = now
        self._since[name] = (verdict.status, since)
        return ComponentHealth(
            name=name,
            status=verdict.status,
            matters=matters,
            since=since,
            message=verdict.message,
            detail=dict(verdict.detail),
        )

    def _task(self, name: str) -> ComponentHealth:
        """A task of the daemon that runs all the time: the watcher of files, the reaper, and so on."""
        trouble = self._background.trouble(name)
        verdict = Verdict() if trouble is None else Verdict(DOWN, f"it has ended: {trouble}")
        return self._component(name, verdict, matters=self._background.matters(name))

    async def _store(self) -> Verdict:
        """It answers and takes writes, each in a transaction that changes nothing."""
        begun = time.monotonic()
        await self._parts.journal.read(lambda store: store.revision())
        read = time.monotonic()
        await self._parts.journal.write(lambda _: None)
        written = time.monotonic()
        detail = {"read_seconds": read - begun, "write_seconds": written - read}
        slow = written - begun > _SLOW
        return Verdict(DEGRADED if slow else OK, "it is slow" if slow else "", detail)

    async def _disk(self) -> Verdict:
        usage = await asyncio.to_thread(shutil.disk_usage, self._parts.home.path)
        detail = {"total": usage.total, "free": usage.free}
        if usage.free < _NO_ROOM:
            return Verdict(DOWN, "the disk of the home is full", detail)
        if usage.free < min(_LITTLE_ROOM, _FULL * usage.total):
            return Verdict(DEGRADED, "little room is left on the disk of the home", detail)
        return Verdict(detail=detail)

    async def _fork_server(self) -> Verdict:
        """It is started again when it is needed and has died; that it is not there only costs the next start some time."""
        pid = self._parts.fork_server.pid
        if pid is None:
            return Verdict(DEGRADED, "it is not running; it is started when the next worker is")
        return Verdict(detail={"pid": pid})

    async def _event_loop(self) -> Verdict:
        lag = max(self._lags, default=0.0)
        detail = {"longest_lag_seconds": lag, "window_seconds": _LAG_INTERVAL * _LAGS}
        if lag >= _BLOCKED_LOOP:
            return Verdict(DOWN, f"it was held up for {lag:.1f} s", detail)
        return Verdict(DEGRADED, f"it was held up for {lag:.2f} s", detail) if lag >= _SLOW_LOOP else Verdict(detail=detail)

    async def _leases(self) -> Verdict:
        controlled, limit = len(self._executions.controlled()), self._parts.limits.lease
        age = self._parts.leases.renewed_ago()
        detail = {"executions": controlled, "renewed_seconds_ago": age, "term_seconds": limit}
        if not controlled or age is None or age <= limit:
            return Verdict(detail=detail)
        status = DOWN if age > 2 * limit else DEGRADED
        return Verdict(status, f"they were not renewed for {age:.0f} s", detail)

    async def _workers(self) -> Verdict:
        limit = self._parts.limits.heartbeat / 2
        workers = [worker for control in self._executions.controls() for worker in control.workers()]
        silent = [worker for worker in workers if worker.heard_ago > limit]
        detail = {"workers": len(workers), "silent": len(silent), "limit_seconds": self._parts.limits.heartbeat}
        if not silent:
            return Verdict(detail=detail)
        longest = max(worker.heard_ago for worker in silent)
        return Verdict(DEGRADED, f"{len(silent)} of {len(workers)} have said nothing for up to {longest:.1f} s", detail)
