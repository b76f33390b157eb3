"""The job an action is aimed at, as it stood when the key was pressed."""

from __future__ import annotations

import msgspec

from runner.states import ExecutionState
from tui.data.models import JobView

_TYPED = 40
"""Characters that a person can be asked to type."""


class Target(msgspec.Struct, frozen=True):
    """A job's identity with the execution, the state and the version that the person saw at the epoch second ``at``."""

    job_id: str
    name: str
    execution_id: str | None
    state: ExecutionState
    version: int = 1
    at: float = 0.0

    @classmethod
    def of(cls, view: JobView, at: float = 0.0) -> Target:
        """Capture ``view``."""
        execution_id = view.execution.id if view.execution else None
        return cls(view.id, view.name, execution_id, view.state, view.job.version, at)

    @property
    def typed(self) -> str:
        """What a person types to say that it is this job: its name, or its id when that is hard to type."""
        is_easy = self.name.isascii() and self.name == self.name.strip() and 0 < len(self.name) <= _TYPED
        return self.name if is_easy else self.job_id[:12]

    def changed(self, view: JobView | None) -> str:
        """What is different about the job now, in words; empty while it is as it was."""
        if view is None:
            return f"{self.name} no longer exists"
        return self.differs(view.execution.id if view.execution else None, str(view.state))

    def differs(self, execution_id: str | None, state: str) -> str:
        """The same for an execution and its state as the daemon tells them."""
        if execution_id != self.execution_id:
            return f"{self.name} was started again meanwhile and is {state}"
        if execution_id is not None and state != self.state:
            return f"{self.name} was {self.state} when you pressed the key and is {state} now"
        return ""
