"""Everything that a client may ask of a daemon, in one object. The API, and everything else, calls this."""

from __future__ import annotations

from runner.supervisor.catalog import Catalog
from runner.supervisor.control_service import ControlService
from runner.supervisor.execution_service import ExecutionService
from runner.supervisor.queue_service import QueueService
from runner.supervisor.savepoint_service import SavepointService


class JobService(Catalog, ControlService, SavepointService, ExecutionService, QueueService):
    """The rooms of the service together: each has the calls of one noun."""
