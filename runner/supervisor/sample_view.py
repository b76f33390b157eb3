"""Samples of rows as a client sees them: of a job that runs, by plugin."""

from __future__ import annotations

from runner.model import Job
from runner.observation import PluginSample
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.observation_base import ObservationBase


class SampleView(ObservationBase):
    """What can be asked about the rows that a job works on."""

    async def samples(self, reference: str, plugin: str | None, limit: int) -> list[PluginSample]:
        """The last ``limit`` rows that left each plugin, or one, of a job that runs; a sink's are those that reached it. Values
        of columns whose names say that they are secret are masked, long ones are cut."""
        job = await self._job(reference)
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        found = None if control is None else await control.sample(limit)
        if found is None:
            raise _at_rest(job)
        if plugin is None:
            return found
        for sample in found:
            if sample.plugin == plugin:
                return [sample]
        known = ", ".join(sample.plugin for sample in found)
        raise NotFound(f"no rows of a plugin {plugin!r} can be seen in {job.name}", hint=f"there are {known}")


def _at_rest(job: Job) -> Conflict:
    said = f"is {job.execution.state}" if job.execution is not None else "has never run"
    return Conflict(
        f"the job {job.name} {said}: no rows pass",
        hint=f"`flowdeck restart {job.name}` starts it; `flowdeck errors {job.name}` shows rows that were rejected",
    )
