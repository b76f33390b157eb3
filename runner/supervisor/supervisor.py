"""The supervisor of one home: opens everything in order, carries on what was unfinished, and closes everything in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from runner.home import Home
from runner.reload_options import ReloadOptions
from runner.store.asynchronous import AsyncStore
from runner.struct_types import learn_struct_types
from runner.supervisor.audit import AuditTrail
from runner.supervisor.background import Background, beside
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.executions import Executions
from runner.supervisor.fork_server import ForkServer, ForkServerError
from runner.supervisor.health import HealthWatch
from runner.supervisor.housekeeping import Housekeeping
from runner.supervisor.job_changes import JobChanges
from runner.supervisor.journal import Journal
from runner.supervisor.keys import Keys
from runner.supervisor.lease import Leases
from runner.supervisor.leftovers import Leftovers
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.limits import Limits
from runner.supervisor.observation import Observation
from runner.supervisor.observation_base import DaemonIdentity
from runner.supervisor.orphans import end_orphans
from runner.supervisor.queues import Queues
from runner.supervisor.reaper import Reaper
from runner.supervisor.recovery import Recovery
from runner.supervisor.reloading.reloader import Reloader
from runner.supervisor.repeats import Repeats
from runner.supervisor.sampling import Sampler
from runner.supervisor.savepoints import Savepoints
from runner.supervisor.service import JobService
from runner.supervisor.work import Parts

_log = logging.getLogger(__name__)


class Supervisor:
    """An open home. Made by :meth:`open`."""

    def __init__(
        self, home: Home, service: JobService, keys: Keys, audit: AuditTrail, repeats: Repeats, reloader: Reloader
    ) -> None:
        self.home = home
        self.service = service
        self.keys = keys
        self.audit = audit
        self.repeats = repeats
        self.reloader = reloader

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        home: Home,
        *,
        watch: Sequence[Path | str] = (),
        reload: ReloadOptions | None = None,
        limits: Limits | None = None,
        embedded: bool = False,
    ) -> AsyncIterator[Supervisor]:
        """Own ``home`` while the context is open. ``watch``: directories and job files to keep running as they are written;
        ``reload`` says how.

        Use it on the main thread: workers die with the thread that started their fork server. On leaving, every worker is
        ended; executions go on from their last checkpoint under the next supervisor. Raises
        :class:`~runner.home.HomeLocked`, :class:`~runner.home.HomeUnusable`, and what opening the store raises.
        """
        limits, background = limits or Limits(), Background()
        learn_struct_types()
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(await asyncio.to_thread(home.acquire))
            orphans = await asyncio.to_thread(end_orphans, home)
            if orphans:
                _log.warning("ended workers that a former daemon left: %s", orphans)
            fork_server = ForkServer(home.daemon_log, home.path)
            stack.push_async_callback(fork_server.close)
            await stack.enter_async_context(beside(_warm_up(fork_server), "fork server"))
            store = await AsyncStore.open(home.store_path)
            stack.push_async_callback(store.close)
            bus = EventBus()
            stack.callback(bus.close)
            bus.revision = await store.read(lambda found: found.revision())
            queues = Queues(*await store.read(lambda found: (found.queue_limits(), found.paused_queues())))
            journal = Journal(store, bus, ExecutionLog(home))
            parts = Parts(home, journal, fork_server, limits, queues, Leases(journal, limits.lease))
            bus.watch(parts.statistics.observe)
            leftovers = Leftovers(parts)
            savepoints = Savepoints(home, parts.journal, bus)
            stack.push_async_callback(savepoints.close)
            await stack.enter_async_context(background.run(savepoints.run(), "savepoints"))
            executions = Executions(parts, leftovers)
            stack.push_async_callback(executions.close)
            lifecycle = JobLifecycle(parts.journal, executions)
            await lifecycle.index_files()
            recovery = Recovery(parts.journal, executions, lifecycle)
            await recovery.run()
            await stack.enter_async_context(background.run(Reaper(parts, executions, recovery).run(), "reaper", matters=True))
            await stack.enter_async_context(background.run(leftovers.run(), "leftovers"))
            await stack.enter_async_context(background.run(Sampler(parts.journal, executions, limits).run(), "metrics"))
            housekeeping = Housekeeping(home, parts.journal, limits, at_work=executions.controlled)
            await stack.enter_async_context(background.run(housekeeping.run(), "housekeeping"))
            await stack.enter_async_context(background.run(housekeeping.trim_logs(), "log-trimming"))
            changes = JobChanges(parts.journal, bus, executions)
            await stack.enter_async_context(background.run(changes.run(), "job-changes"))
            health = HealthWatch(parts, executions, background)
            await stack.enter_async_context(beside(health.run(), "health"))
            identity = DaemonIdentity(time.time(), tuple(str(path) for path in watch), embedded)
            observation = Observation(parts, bus, executions, lifecycle, identity, health)
            service = JobService(parts, executions, lifecycle, savepoints, observation)
            stack.push_async_callback(service.close)
            await stack.enter_async_context(service.actions.running())
            watched = [Path(path) for path in watch]
            reloader = Reloader(
                watched,
                reload or ReloadOptions(),
                parts.journal,
                lifecycle,
                executions,
                limits,
                service.actions.operations,
                bus,
            )
            await reloader.load()
            await stack.enter_async_context(background.run(reloader.run(), "hot-reload"))
            keys = Keys(parts.journal, await store.read(lambda found: found.keys_by_digest()))
            stack.push_async_callback(keys.close)
            audit = AuditTrail(parts.journal, lifecycle)
            stack.push_async_callback(audit.close)
            await stack.enter_async_context(background.run(audit.run(), "audit-trail"))
            yield cls(home, service, keys, audit, Repeats(parts.journal), reloader)


async def _warm_up(fork_server: ForkServer) -> None:
    """Have the fork server ready before the first job needs it."""
    try:
        await fork_server.start()
    except ForkServerError as error:
        _log.warning("%s: %s", error.message, error.hint)
