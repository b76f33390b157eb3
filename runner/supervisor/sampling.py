"""Writes down once a second what the executions measure, and once a minute drops what is too old."""

from __future__ import annotations

import asyncio
import logging
import time

from runner.store.errors import StoreError
from runner.supervisor.executions import Executions
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.limits import Limits

_log = logging.getLogger(__name__)
_PRUNING = 60.0


class Sampler:
    """One task of the daemon."""

    def __init__(self, journal: Journal, executions: Executions, limits: Limits) -> None:
        self._journal = journal
        self._executions = executions
        self._limits = limits
        self._pruned = 0.0

    async def run(self) -> None:
        """Until cancelled. A store that refuses costs samples, nothing else."""
        while True:
            await asyncio.sleep(self._limits.sampling)
            try:
                await self._sample()
                await self._prune()
            except StoreError as error:
                _log.warning("metrics were not stored: %s", error)

    async def _sample(self) -> None:
        samples = self._executions.samples(time.time())
        if samples:
            await self._journal.write(lambda entry: entry.store.append_metrics(samples))

    async def _prune(self) -> None:
        if time.monotonic() < self._pruned + _PRUNING:
            return
        self._pruned = time.monotonic()
        before = time.time() - self._limits.metrics_retention

        def work(entry: Entry) -> None:
            entry.store.prune_metrics(before)
            entry.store.prune_events(self._limits.events_retained)

        await self._journal.write(work)
