"""Decides when a checkpoint is due and when it is complete, committed or lost. Pure: no clock, no store, no sockets.

One checkpoint is in flight at a time, from its barrier until every worker has committed it. Who asks is ranked: a stop goes
before the final checkpoint, that before savepoints, those before the clock.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from dataclasses import dataclass, field

from runner.model import CheckpointKind, ErrorInfo
from runner.protocol import OperatorState, Prepared, SinkToken
from runner.supervisor.errors import AttemptFailed
from spec.job import CheckpointSettings


class Phase(enum.Enum):
    """Waiting for the workers to prepare, for the store to make it durable, or for the workers to commit."""

    PREPARING = "preparing"
    SAVING = "saving"
    COMMITTING = "committing"


@dataclass(frozen=True, slots=True, eq=False)
class Trigger:
    """A wish for a checkpoint. With ``stop`` nothing is read after it. ``asked_by``: who or what wants it. ``directory``: where
    a savepoint is to be written besides. Compared by identity: each wish is its own."""

    kind: CheckpointKind
    stop: bool = False
    description: str = ""
    asked_by: str = ""
    directory: str = ""


@dataclass(slots=True)
class InFlight:
    """The checkpoint that is being taken; times are seconds of the caller's monotonic clock."""

    id: int
    trigger: Trigger
    begun: float
    deadline: float
    phase: Phase = Phase.PREPARING
    prepared: dict[int, Prepared] = field(default_factory=dict)
    committed: set[int] = field(default_factory=set)

    def tokens(self) -> list[SinkToken]:
        """The commit tokens of all workers, by worker."""
        return [token for worker in sorted(self.prepared) for token in self.prepared[worker].tokens]

    def states(self) -> list[OperatorState]:
        """The plugin states of all workers, by worker."""
        return [state for worker in sorted(self.prepared) for state in self.prepared[worker].states]

    @property
    def rows_in(self) -> int:
        """Rows read by this attempt up to the barrier."""
        return sum(message.rows_in for message in self.prepared.values())

    @property
    def rows_out(self) -> int:
        """Rows written by this attempt up to the barrier."""
        return sum(message.rows_out for message in self.prepared.values())


class Coordinator:
    """The checkpoints of one attempt with ``workers`` workers that started at ``now``."""

    def __init__(self, workers: int, settings: CheckpointSettings, *, now: float) -> None:
        self._workers = frozenset(range(workers))
        self._settings = settings
        self._next_periodic: float | None = None
        self._rested_from: float | None = None
        self.start(now)
        self._stop: Trigger | None = None
        self._savepoints: deque[Trigger] = deque()
        self._aborted: set[int] = set()
        self.failures_in_a_row = 0
        self.in_flight: InFlight | None = None

    def start(self, now: float) -> None:
        """The clock of the periodic checkpoints starts now."""
        self._next_periodic = None if self._settings.interval is None else now + self._settings.interval

    def adopt(self, settings: CheckpointSettings, now: float) -> None:
        """Go by other settings from now on; a checkpoint in flight keeps its deadline."""
        rhythm = self._settings.interval
        self._settings = settings
        if settings.interval != rhythm:
            self.start(now)

    def ask(self, trigger: Trigger) -> None:
        """Want a savepoint or a stop; it becomes due as soon as nothing else is in flight. A second stop replaces the first."""
        if trigger.stop:
            self._stop = trigger
        else:
            self._savepoints.append(trigger)

    def withdraw(self, trigger: Trigger) -> None:
        """Nobody wants this one any more; nothing happens when it has begun."""
        if self._stop is trigger:
            self._stop = None
        elif trigger in self._savepoints:
            self._savepoints.remove(trigger)

    @property
    def waiting(self) -> int:
        """How many wishes for savepoints wait."""
        return len(self._savepoints)

    def due(self, now: float, *, drained: bool) -> Trigger | None:
        """The checkpoint to begin now. ``drained``: all input has been read, so the final one is due."""
        if self.in_flight is not None:
            return None
        if self._stop is not None:
            return self._stop
        if drained:
            return Trigger(CheckpointKind.FINAL, stop=True, asked_by="the end of the input")
        if self._savepoints:
            return self._savepoints[0]
        periodic = self._periodic_at()
        if periodic is not None and now >= periodic:
            return Trigger(CheckpointKind.PERIODIC, asked_by="the clock")
        return None

    def _periodic_at(self) -> float | None:
        """When the next periodic checkpoint may begin: at its beat, and not before the pause after the last one is over."""
        if self._next_periodic is None or self._rested_from is None:
            return self._next_periodic
        return max(self._next_periodic, self._rested_from + self._settings.minimum_pause)

    def begin(self, checkpoint: int, trigger: Trigger, now: float) -> InFlight:
        """``checkpoint`` is in flight for ``trigger``; its barriers are on their way."""
        if self._savepoints and self._savepoints[0] is trigger:
            self._savepoints.popleft()
        self._schedule(now)
        self.in_flight = InFlight(checkpoint, trigger, now, now + self._settings.timeout)
        return self.in_flight

    def _schedule(self, now: float) -> None:
        """Keep the rhythm, whatever a checkpoint costs; skip the beats that were missed."""
        interval = self._settings.interval
        if interval is None or self._next_periodic is None or self._next_periodic > now:
            return
        missed = math.floor((now - self._next_periodic) / interval)
        self._next_periodic += (missed + 1) * interval

    def prepared(self, worker: int, message: Prepared) -> bool:
        """Note a worker's part; True when all have prepared. Parts of an aborted checkpoint are ignored."""
        flight = self._expect(message.checkpoint, Phase.PREPARING, f"worker {worker} prepared")
        if flight is None:
            return False
        flight.prepared[worker] = message
        if flight.prepared.keys() != self._workers:
            return False
        flight.phase = Phase.SAVING
        return True

    def saved(self, now: float) -> InFlight:
        """The checkpoint in flight is durable; the workers may commit, each within the time that a checkpoint may take."""
        flight = self._require(Phase.SAVING)
        flight.phase = Phase.COMMITTING
        flight.deadline = now + self._settings.timeout
        self.failures_in_a_row = 0
        return flight

    def committed(self, worker: int, checkpoint: int) -> bool:
        """Note that a worker has committed; True when all have."""
        flight = self._expect(checkpoint, Phase.COMMITTING, f"worker {worker} committed")
        if flight is None:
            return False
        flight.committed.add(worker)
        return flight.committed == self._workers

    def end(self, now: float) -> InFlight:
        """The checkpoint in flight is over with success."""
        flight = self._require(Phase.COMMITTING)
        self.in_flight = None
        self._rested_from = now
        return flight

    def expired(self, now: float) -> bool:
        """True when the checkpoint in flight has had its time."""
        return self.in_flight is not None and self.in_flight.phase is not Phase.SAVING and now >= self.in_flight.deadline

    def abort(self, now: float) -> bool:
        """Give the checkpoint in flight up; True when that is more than the settings tolerate."""
        flight = self._require(Phase.PREPARING)
        self._aborted.add(flight.id)
        self.withdraw(flight.trigger)
        self.in_flight = None
        self._rested_from = now
        self.failures_in_a_row += 1
        return self.failures_in_a_row > self._settings.tolerated_failures

    def wake_at(self) -> float | None:
        """When something may be due or expired without a message; None: never."""
        if self.in_flight is not None:
            return self.in_flight.deadline
        return self._periodic_at()

    def may_leave(self, worker: int) -> bool:
        """True when the worker has committed the checkpoint that stops it: it is done, though others may not be."""
        flight = self.in_flight
        return flight is not None and flight.trigger.stop and worker in flight.committed

    def missing(self) -> list[int]:
        """The workers that the checkpoint in flight waits for."""
        flight = self.in_flight
        if flight is None:
            return []
        arrived = flight.committed if flight.phase is Phase.COMMITTING else flight.prepared.keys()
        return sorted(self._workers - arrived)

    def _require(self, phase: Phase) -> InFlight:
        if self.in_flight is None or self.in_flight.phase is not phase:
            raise RuntimeError(f"no checkpoint is {phase.value}")
        return self.in_flight

    def _expect(self, checkpoint: int, phase: Phase, what: str) -> InFlight | None:
        if checkpoint in self._aborted and phase is Phase.PREPARING:
            return None
        flight = self.in_flight
        if flight is None or flight.id != checkpoint or flight.phase is not phase:
            raise AttemptFailed(
                ErrorInfo(code="protocol-violation", message=f"{what} checkpoint {checkpoint}, which nobody waits for")
            )
        return flight
