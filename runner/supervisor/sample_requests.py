"""Asks the workers of an attempt for samples of the rows that leave each plugin, and puts their answers together."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Final

import msgspec

from runner.observation import NO_ROWS_SEEN, PluginSample
from runner.protocol import Sample, Sampled
from runner.supervisor.crew import Crew

LOOK_SECONDS: Final = 1.0
"""So long a worker waits for rows to come by."""
_PATIENCE: Final = 3.0


class SampleRequests:
    """Those of one attempt. Any number may be under way at once."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._numbers = itertools.count(1)
        self._waiting: dict[int, dict[int, asyncio.Future[list[PluginSample]]]] = {}

    async def ask(self, rows: int) -> list[PluginSample]:
        """The last ``rows`` of each plugin. A worker that does not answer in time is left out."""
        number, workers = next(self._numbers), list(self._crew.pids)
        loop = asyncio.get_running_loop()
        answers = self._waiting[number] = {worker: loop.create_future() for worker in workers}
        try:
            for worker in workers:
                self._crew.send(Sample(request=number, rows=rows, seconds=LOOK_SECONDS, **self._crew.address(worker)))
            if answers:
                await asyncio.wait(answers.values(), timeout=LOOK_SECONDS + _PATIENCE)
            return _together([answer.result() for answer in answers.values() if answer.done()], rows)
        finally:
            del self._waiting[number]

    def answered(self, message: Sampled) -> None:
        """A worker's answer."""
        answer = self._waiting.get(message.request, {}).get(message.worker)
        if answer is not None and not answer.done():
            answer.set_result(message.samples)


def _together(answers: Sequence[Sequence[PluginSample]], rows: int) -> list[PluginSample]:
    """One sample of each plugin, with rows of all workers as evenly as there are."""
    by_plugin: dict[str, list[PluginSample]] = {}
    for samples in answers:
        for sample in samples:
            by_plugin.setdefault(sample.plugin, []).append(sample)
    return [_merged(samples, rows) for samples in by_plugin.values()]


def _merged(samples: Sequence[PluginSample], rows: int) -> PluginSample:
    found = [sample for sample in samples if sample.records]
    if not found:  # who has seen rows knows more
        return next((sample for sample in samples if sample.trouble != NO_ROWS_SEEN), samples[0])
    newest_first = itertools.zip_longest(*(reversed(sample.records) for sample in found))
    chosen = [record for row in newest_first for record in row if record is not None][:rows]
    return msgspec.structs.replace(found[0], records=tuple(reversed(chosen)))
