"""Finds what nobody looks after any more and puts it in order, again and again, each time with an event.

- An execution that is not over and has no living control: the lease has run out, so it is carried on as after a crash.
- A control that hangs (see :mod:`runner.supervisor.deadlines`): it is ended, and its execution is carried on in the same way.
- Worker processes that no control and no settlement owns, and whatever workers of former fork servers have left running.
- Sockets of daemons that are no more, and half-written notes of workers.

It also renews the leases of the controls that live. When the store does not take that, it does nothing else either: then
everybody waits for the disk, and nobody hangs.
"""

from __future__ import annotations

import asyncio
import logging

from runner.model import ErrorInfo, Execution
from runner.store.errors import StoreError
from runner.store.leases import Lease as LeaseRecord
from runner.store.store import Store
from runner.supervisor.dead_files import remove_dead_files
from runner.supervisor.deadlines import overdue_after
from runner.supervisor.executions import Executions
from runner.supervisor.journal import Entry
from runner.supervisor.lease import is_abandoned
from runner.supervisor.orphans import end_workers, noted_executions
from runner.supervisor.processes import uptime
from runner.supervisor.recovery import Recovery
from runner.supervisor.work import Parts
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
# So many executions are carried on in one pass; the others wait for the next.
_AT_ONCE = 50
LOST = ErrorInfo(code="control-lost", message="nobody controlled the execution any more")


class Reaper:
    """One task of the daemon."""

    def __init__(self, parts: Parts, executions: Executions, recovery: Recovery) -> None:
        self._parts = parts
        self._executions = executions
        self._recovery = recovery
        self._unowned: dict[str, float] = {}
        self._states: dict[str, tuple[object, float]] = {}
        self._noted: set[str] = set()

    async def run(self) -> None:
        """Until cancelled. A store or a disk that refuses costs one pass."""
        while True:
            await asyncio.sleep(self._parts.limits.reaping)
            try:
                await self.look()
            except (FlowdeckError, OSError) as error:
                _log.warning("nothing was put in order: %s", error)

    async def look(self) -> None:
        """One pass."""
        try:
            await self._parts.leases.renew(self._executions.controlled())
        except StoreError:
            self._states.clear()
            self._unowned.clear()
            raise
        await self._end_hung()
        await self._carry_on_unowned()
        await self._end_unowned_workers()
        await asyncio.to_thread(remove_dead_files, self._parts.home)

    # executions

    async def _end_hung(self) -> None:
        now, seen = _now(), self._states
        self._states = {}
        for execution, env in self._executions.under_control():
            mark = (execution.state, execution.state_since, execution.attempt)
            since = seen[execution.id][1] if execution.id in seen and seen[execution.id][0] == mark else now
            self._states[execution.id] = (mark, since)
            limit = overdue_after(execution.state, self._parts.limits, env)
            if limit is not None and now - since > limit:
                await self._note(execution, "execution.overdue", f"has been {execution.state} for {now - since:.0f} s; ended")
                self._executions.abandon(execution.id)

    async def _carry_on_unowned(self) -> None:
        unfinished, leases = await self._parts.journal.read(_unfinished)
        now, seen = _now(), self._unowned
        self._unowned = {}
        for execution in unfinished:
            if self._executions.control(execution.id) is not None:
                continue
            since = seen.get(execution.id, now)
            lease = leases.get(execution.id)
            patient = now - since < self._parts.limits.lease if lease is None else not is_abandoned(lease, uptime())
            if patient or len(self._unowned) >= _AT_ONCE:
                self._unowned[execution.id] = since
            else:
                await self._note(
                    execution, "execution.reaped", f"is {execution.state} and nobody controls it; it is carried on"
                )
                await asyncio.to_thread(end_workers, self._parts.home, execution.id)
                await self._recovery.carry_on(execution, LOST)

    # processes

    async def _end_unowned_workers(self) -> None:
        """Twice seen without an owner: between two looks a worker may have been written down before its owner was known."""
        owned = self._executions.settling() | set(self._executions.controlled())
        unowned = await asyncio.to_thread(noted_executions, self._parts.home) - owned
        ended = await self._parts.fork_server.end_strays()
        for execution_id in unowned & self._noted:
            ended += await asyncio.to_thread(end_workers, self._parts.home, execution_id)
        self._noted = unowned
        if ended:
            await self._parts.journal.write(
                lambda entry: entry.note(
                    "workers.reaped", f"ended processes that nobody looked after: {ended}", data={"pids": ended}
                )
            )

    async def _note(self, execution: Execution, kind: str, what: str) -> None:
        def work(entry: Entry) -> None:
            message = f"{execution.job_name} {what}"
            entry.note(kind, message, job_id=execution.job_id, execution_id=execution.id, data={"state": str(execution.state)})

        await self._parts.journal.write(work)


def _unfinished(store: Store) -> tuple[list[Execution], dict[str, LeaseRecord]]:
    return store.unfinished_executions(), {lease.execution_id: lease for lease in store.leases()}


def _now() -> float:
    return asyncio.get_running_loop().time()
