"""Everything that a client may ask of a daemon, in one object. The API, and everything else, calls this."""

from __future__ import annotations

from runner.supervisor.actions import Actions
from runner.supervisor.catalog import Catalog
from runner.supervisor.control_service import ControlService
from runner.supervisor.execution_service import ExecutionService
from runner.supervisor.executions import Executions
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.observation import Observation
from runner.supervisor.operations import Operations
from runner.supervisor.queue_service import QueueService
from runner.supervisor.savepoint_service import SavepointService
from runner.supervisor.savepoints import Savepoints
from runner.supervisor.work import Parts


class JobService(Catalog, ControlService, SavepointService, ExecutionService, QueueService):
    """The rooms of the service together: each has the calls of one noun. ``actions`` has those that change something as
    operations, which can be tried dry."""

    def __init__(
        self,
        parts: Parts,
        executions: Executions,
        lifecycle: JobLifecycle,
        savepoints: Savepoints,
        observation: Observation,
    ) -> None:
        super().__init__(parts, executions, lifecycle, savepoints, observation)
        self.actions: Actions[JobService] = Actions(self, Operations(parts.journal), executions, lifecycle, parts.journal)
