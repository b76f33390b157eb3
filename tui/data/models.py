"""The link to the daemon and one job, as the screens see them. Immutable."""

from __future__ import annotations

import enum

import msgspec

from runner.model import Checkpoint, Execution, Job, Totals
from runner.states import ExecutionState
from tui.data.trends import Ring, Trend
from tui.query.attention import NOTHING_MORE, Known

_NO_TOTALS = Totals()


class LinkState(enum.StrEnum):
    """How things stand between the screens and the daemon."""

    CONNECTING = "CONNECTING"
    LIVE = "LIVE"
    RECONNECTING = "RECONNECTING"
    FAILED = "FAILED"


class Link(msgspec.Struct, frozen=True):
    """The state of the connection since an epoch second; ``attempt`` counts retries, ``message`` and ``hint`` say why. With
    ``answered`` there is a daemon, but it does not give what is asked."""

    state: LinkState
    since: float
    attempt: int = 0
    message: str = ""
    hint: str = ""
    answered: bool = False


class JobView(msgspec.Struct, frozen=True, gc=False):
    """One job, cleaned, with what was measured of its last two minutes. ``need`` says why it needs someone, if it does;
    ``known`` is what that was judged by, beside the job."""

    job: Job
    ring: Ring | None = None
    need: str = ""
    known: Known = NOTHING_MORE

    @property
    def id(self) -> str:
        """The job's identity: what selections and requests use."""
        return self.job.id

    @property
    def name(self) -> str:
        """The name to show."""
        return self.job.name

    @property
    def execution(self) -> Execution | None:
        """The latest execution."""
        return self.job.execution

    @property
    def state(self) -> ExecutionState:
        """The latest execution's state; CREATED before the first."""
        return self.job.execution.state if self.job.execution else ExecutionState.CREATED

    @property
    def totals(self) -> Totals:
        """The latest execution's counters."""
        return self.job.execution.totals if self.job.execution else _NO_TOTALS

    def trend(self, now: float) -> Trend:
        """The rows per second of the two minutes up to ``now``; empty when nothing was ever measured."""
        return () if self.ring is None else self.ring.trend(now)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint."""
        return self.job.last_checkpoint
