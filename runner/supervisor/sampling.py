"""Writes down once a second what the executions measure."""

from __future__ import annotations

import asyncio
import logging
import time

from runner.store.errors import StoreError
from runner.supervisor.executions import Executions
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.limits import Limits

_log = logging.getLogger(__name__)


class Sampler:
    """One task of the daemon."""

    def __init__(self, journal: Journal, executions: Executions, limits: Limits) -> None:
        self._journal = journal
        self._executions = executions
        self._limits = limits

    async def run(self) -> None:
        """Until cancelled. A store that refuses costs samples, nothing else."""
        while True:
            await asyncio.sleep(self._limits.sampling)
            try:
                await self._sample()
            except StoreError as error:
                _log.warning("metrics were not stored: %s", error)

    async def _sample(self) -> None:
        now = time.time()
        cells, samples = self._executions.latencies(now), []
        for control in self._executions.controls():
            samples += control.samples(now)
            await asyncio.sleep(0)  # between two of many everybody else has their turn

        def record(entry: Entry) -> None:
            entry.store.append_metrics(samples)
            entry.store.append_latencies(cells)

        if samples or cells:
            await self._journal.write(record)
