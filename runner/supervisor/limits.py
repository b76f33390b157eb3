"""How long things may take and how many there may be. One record, so that a test can hurry and a person can look them up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spec.job import RetentionSettings

MAXIMUM_WORKERS = 64
"""Worker processes of one execution, whoever asks for how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, unless said otherwise. Every state that passes by itself has its limit here, and an escalation after it."""

    starting: float = 60.0
    """From forking the workers until all are ready, recovered and enumerated; then the attempt fails."""
    heartbeat: float = 10.0
    """Without any message from a worker; then it is killed and the attempt fails."""
    grace: float = 3.0
    """Between TERM and KILL of a worker's process group."""
    farewell: float = 10.0
    """For workers to exit after they have committed a checkpoint that stops them; then KILL."""
    settling: float = 15.0
    """For one worker to commit what is complete and drop what is staged after an execution ended early."""
    settling_again: float = 60.0
    """Until it is tried again for an execution that could not be settled; each time twice as long, at most an hour."""
    parking: float = 5.0
    """For a last checkpoint when the daemon shuts down; then the work since the former one is done again later."""
    observing: float = 3.0
    """For a new generation to show that it works, unless it writes a checkpoint earlier; until then a failure rolls it back."""
    savepoint_patience: float = 30.0
    """For a savepoint to begin, beyond the time that checkpoints may take by the job's own settings."""
    savepoints_waiting: int = 16
    """Requests for savepoints of one execution that may wait at once."""
    inbox: int = 1024
    """Messages of one execution's workers that may wait; beyond that their sockets are not read."""
    sampling: float = 1.0
    """Between two measurements of the metrics."""
    events_retained: int = 20_000
    """Number of events kept."""
    executions_retained: int = 100
    """Number of executions kept of each job, with their logs, unless the job says another one; the newest, and one whose output
    is unsettled, always are."""
    executions_retained_days: float | None = None
    """For how many days executions are kept that are over, unless the job says another number; None: whatever their age."""
    operations_retained: int = 5_000
    """Number of operations kept, beside those that are under way."""
    generations_retained: int = 50
    """Number of generations kept of each job, beside those that an execution or a checkpoint refers to."""
    deleted_retention: float = 7 * 24 * 3600.0
    """Age at which what is known of a deleted job is dropped."""
    killing: float = 5.0
    """For processes to be gone after KILL; then it is said that they do not die."""
    lease: float = 30.0
    """How long the control of an execution is believed to live without a sign of it; then the execution is carried on anew."""
    reaping: float = 10.0
    """Between two looks for what nobody looks after any more, and renewals of the leases."""
    overdue: float = 60.0
    """Beyond the time that a state may take by itself (runner/supervisor/deadlines.py); then its control must have hung."""
    log_bytes: int = 64 * 1024 * 1024
    """Bytes of one log of an execution; of one that becomes larger the oldest lines go."""
    logs_bytes: int = 2 * 1024 * 1024 * 1024
    """Bytes of all logs of executions together; when they are more, the oldest lines go of those that are written to least."""
    trimming: float = 5.0
    """Between two looks at the sizes of the logs."""
    housekeeping: float = 60.0
    """Between two looks at what is too old or too much."""

    def retaining(self, wanted: RetentionSettings) -> Limits:
        """The same, with what is kept of jobs that say nothing about it; None: as it is."""
        executions = self.executions_retained if wanted.executions is None else wanted.executions
        days = self.executions_retained_days if wanted.days is None else wanted.days
        return replace(self, executions_retained=executions, executions_retained_days=days)
