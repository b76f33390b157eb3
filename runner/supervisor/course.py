"""What the rooms of one execution's control share: its records, and how far it has come. Data; used by one task."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.supervisor.backoff import RestartBudget
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.lease import Lease
from runner.supervisor.outcome import Ending
from runner.supervisor.pending_wishes import PendingWishes
from runner.supervisor.recurrence import Recurrence
from runner.supervisor.work import Parts, Work


@dataclass(slots=True, kw_only=True)
class Course:
    """One execution under way.

    ``fragile``: its first failure is its last. ``touched``: workers of it may have written something. ``ending``: what is to
    become of the attempt and with it of the execution. ``over``: there will be no further attempt.
    """

    parts: Parts
    work: Work
    lease: Lease
    record: ExecutionRecord
    records: CheckpointRecords
    budget: RestartBudget
    recurrence: Recurrence = field(default_factory=Recurrence)
    pending: PendingWishes
    fragile: bool = False
    touched: bool = False
    ending: Ending | None = None
    over: bool = False
    park_until: float | None = None
    """The daemon is shutting down: by then the attempt ends, with a last checkpoint or without."""
    stop_tried: bool = False
    """The stop's savepoint has failed once, or there was nothing that could be saved."""
    stop_savepoint: int | None = None
    """The durable savepoint that the execution is being stopped with."""
    final_tries: int | None = None
    """How many more attempts may be made to commit the final checkpoint; None before it is durable."""
    begun_at: float | None = None
    """When the attempt's work began, on the event loop's clock; None when it has not."""
    best_rows: int = 0
    """Rows read in the durable checkpoint that had the most."""
    restored_rows_out: int = 0
    """Rows written up to the restore point of the attempt."""
