"""What can be asked of a daemon: each verb written once, for every client."""

from __future__ import annotations

from runner.verbs.changes import ChangeVerbs
from runner.verbs.checkpoints import CheckpointVerbs
from runner.verbs.cluster import ClusterVerbs
from runner.verbs.control import ControlVerbs
from runner.verbs.daemon import DaemonVerbs
from runner.verbs.each import EachVerbs
from runner.verbs.executions import ExecutionVerbs
from runner.verbs.jobs import JobVerbs
from runner.verbs.observation import ObservationVerbs
from runner.verbs.queues import QueueVerbs
from runner.verbs.reload import ReloadVerbs


class Verbs(
    JobVerbs,
    ControlVerbs,
    ChangeVerbs,
    CheckpointVerbs,
    ExecutionVerbs,
    QueueVerbs,
    ObservationVerbs,
    ReloadVerbs,
    ClusterVerbs,
    DaemonVerbs,
    EachVerbs,
):
    """All of them."""
