"""The job an action is aimed at, as it stood when the key was pressed."""

from __future__ import annotations

from dataclasses import dataclass

from runner.states import ExecutionState
from tui.data.models import JobView


@dataclass(frozen=True, slots=True)
class Target:
    """A job's identity with the execution, the state and the last checkpoint (0: none) that the person saw."""

    job_id: str
    name: str
    execution_id: str | None
    state: ExecutionState
    checkpoint_id: int = 0

    @classmethod
    def of(cls, view: JobView) -> Target:
        """Capture ``view``."""
        execution_id = view.execution.id if view.execution else None
        return cls(view.id, view.name, execution_id, view.state, view.checkpoint.id if view.checkpoint else 0)

    def changed(self, view: JobView | None) -> str:
        """What is different about the job now, in words; empty while it is as it was."""
        if view is None:
            return f"{self.name} no longer exists"
        if (view.execution.id if view.execution else None) != self.execution_id:
            return f"{self.name} was started again meanwhile and is {view.state}"
        if view.state is not self.state:
            return f"{self.name} was {self.state} when you pressed the key and is {view.state} now"
        return ""
