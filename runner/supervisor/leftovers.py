"""What executions have left unfinished that could not be put in order at their end: remembered, and done later.

An execution whose record says ``unsettled`` has perhaps staged output in its targets, and perhaps output that is durable and
not visible yet. It is settled before the next execution of its job begins, by this or another daemon, and tried again and again
while the job rests: never while a worker of the job may be writing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from runner.model import Execution
from runner.states import ExecutionState
from runner.store.errors import StoreError
from runner.supervisor.generations import read_work
from runner.supervisor.journal import Entry
from runner.supervisor.locks import Locks
from runner.supervisor.settlement import settle
from runner.supervisor.work import Parts
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 3600.0
# In these states nothing of an execution runs, and nothing will before it has called `clear`.
_AT_REST = frozenset({ExecutionState.CREATED, ExecutionState.QUEUED})


class Leftovers:
    """Those of all jobs of one daemon."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._locks: Locks[str] = Locks()
        self.settling: set[str] = set()
        """The executions that a worker puts in order at this moment."""

    async def run(self) -> None:
        """Try again whenever it is time, until cancelled; at once when the daemon starts."""
        pause = self._parts.limits.settling_again
        while True:
            try:
                left = await self._clear_all()
            except FlowdeckError as error:
                _log.warning("unfinished output was not looked for: %s", error.message)
                left = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE) if left else self._parts.limits.settling_again

    async def clear(self, job_id: str) -> list[Execution]:
        """Settle what the job's executions have left; those that are unsettled still. For the one that is about to begin."""
        async with self._locks.of(job_id):
            return await self._clear(job_id)

    async def settled(self, executions: Iterable[Execution]) -> None:
        """Record that nothing of these is left."""
        gone = {execution.id for execution in executions}

        def record(entry: Entry) -> None:
            for execution_id in gone:
                found = entry.store.execution(execution_id)
                if found is not None and found.unsettled:
                    _update(entry, found, "")
                    message = f"{found.job_name}: the unfinished output of generation {found.generation} is removed"
                    entry.note("execution.settled", message, job_id=found.job_id, execution_id=found.id)

        if gone:
            await self._parts.journal.write(record)

    async def _clear_all(self) -> bool:
        """Whether there was anything that could not be settled."""
        left = False
        found = await self._parts.journal.read(lambda store: store.unsettled_executions())
        for job_id in dict.fromkeys(execution.job_id for execution in found):
            async with self._locks.of(job_id):
                if await self._is_at_rest(job_id):
                    left = bool(await self._clear(job_id)) or left
        return left

    async def _is_at_rest(self, job_id: str) -> bool:
        newest = await self._parts.journal.read(lambda store: store.executions(job_id, 1, 0))
        return not newest or newest[0].state.is_terminal or newest[0].state in _AT_REST

    async def _clear(self, job_id: str) -> list[Execution]:
        found = await self._parts.journal.read(lambda store: store.unsettled_executions(job_id))
        by_generation: defaultdict[int, list[Execution]] = defaultdict(list)
        for execution in found:
            by_generation[execution.generation].append(execution)
        left = []
        for executions in by_generation.values():
            trouble = await self._settle(executions[-1])
            if trouble:
                await self._remember(executions, trouble)
                left.extend(executions)
            else:
                await self.settled(executions)
        return left

    async def _settle(self, execution: Execution) -> str:
        try:
            work = await self._parts.journal.read(lambda store: read_work(store, execution.job_id, execution.generation))
        except (FlowdeckError, msgspec.DecodeError) as error:
            return str(error)
        lease = self._parts.leases.of(execution.id)
        self.settling.add(execution.id)
        try:
            trouble = await settle(self._parts, work, execution, lease)
            await lease.release()
        except StoreError as error:
            return error.message
        finally:
            self.settling.discard(execution.id)
        return trouble

    async def _remember(self, executions: list[Execution], trouble: str) -> None:
        changed = [execution.id for execution in executions if execution.unsettled != trouble]

        def record(entry: Entry) -> None:
            for execution_id in changed:
                found = entry.store.execution(execution_id)
                if found is not None:
                    _update(entry, found, trouble)

        if changed:
            _log.warning("unfinished output of %s is not removed yet: %s", executions[-1].job_name, trouble)
            await self._parts.journal.write(record)


def _update(entry: Entry, execution: Execution, trouble: str) -> None:
    entry.store.update_execution(msgspec.structs.replace(execution, unsettled=trouble))
