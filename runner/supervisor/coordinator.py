"""Decides when a checkpoint is due and when it is complete, committed or lost. Pure: no clock, no store, no sockets.

One checkpoint is in flight at a time, from its barrier until every worker has committed it. Who asks is ranked: a stop goes
before the final checkpoint, that before savepoints, those before workers that are to leave, and these before the clock.

Workers join between two checkpoints and leave with one: its barrier stops them while the others read on. A checkpoint is of the
workers that were there when it began, whoever joins meanwhile.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from runner.model import CheckpointKind, ErrorInfo
from runner.protocol import OperatorState, Prepared, SinkToken
from runner.supervisor.errors import AttemptFailed
from spec.job import CheckpointSettings

_BREATH = 0.5
"""Between a final checkpoint that failed and the next one."""


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
    """The checkpoint that is being taken, of ``workers``, of whom those in ``leaving`` leave with it; times are seconds of the
    caller's monotonic clock."""

    id: int
    trigger: Trigger
    begun: float
    deadline: float
    workers: frozenset[int]
    leaving: frozenset[int] = frozenset()
    phase: Phase = Phase.PREPARING
    prepared: dict[int, Prepared] = field(default_factory=dict)
    committed: set[int] = field(default_factory=set)

    def stops(self, worker: int) -> bool:
        """Whether ``worker`` reads nothing after it."""
        return self.trigger.stop or worker in self.leaving

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
    """The checkpoints of one attempt that started at ``now`` with workers 0 to ``workers`` - 1."""

    def __init__(self, workers: int, settings: CheckpointSettings, *, now: float) -> None:
        self._members = frozenset(range(workers))
        self._leaving: set[int] = set()
        self._leave_at = now
        self._final_at = now
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
    def members(self) -> frozenset[int]:
        """The workers that take part."""
        return self._members

    @property
    def leaving(self) -> frozenset[int]:
        """The workers that are to leave, or are leaving."""
        return frozenset(self._leaving) | (frozenset() if self.in_flight is None else self.in_flight.leaving)

    @property
    def staying(self) -> frozenset[int]:
        """The workers that take part and are not to leave: never none."""
        return self._members - self.leaving

    def join(self, worker: int) -> None:
        """``worker`` takes part from the next checkpoint on."""
        self._members |= {worker}

    def release(self, worker: int) -> bool:
        """Want ``worker`` to leave, with a checkpoint that is taken as soon as nothing else is in flight; False when nobody
        would be left."""
        if not self.staying - {worker}:
            return False
        self._leaving.add(worker)
        return True

    def keep(self, worker: int) -> bool:
        """``worker`` is not to leave any more; False when it is leaving already."""
        if self.in_flight is not None and worker in self.in_flight.leaving:
            return False
        self._leaving.discard(worker)
        return True

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
        if drained and now >= self._final_at:
            return Trigger(CheckpointKind.FINAL, stop=True, asked_by="the end of the input")
        if self._savepoints:
            return self._savepoints[0]
        if self._leaving and now >= self._leave_at:
            return Trigger(CheckpointKind.PERIODIC, asked_by="workers that leave")
        periodic = self._periodic_at()
        if periodic is not None and now >= periodic:
            return Trigger(CheckpointKind.PERIODIC, asked_by="the clock")
        return None

    def _periodic_at(self) -> float | None:
        """When the next periodic checkpoint may begin: at its beat, and not before the pause after the last one is over."""
        if self._next_periodic is None or self._rested_from is None:
            return self._next_periodic
        return max(self._next_periodic, self._rested_from + self._settings.minimum_pause)

    def begin(self, checkpoint: int, trigger: Trigger, now: float, *, idle: Iterable[int] = ()) -> InFlight:
        """``checkpoint`` is in flight for ``trigger``; its barriers are on their way. Workers that are ``idle``, with nothing
        left to read, leave with it too, as long as one that reads stays."""
        if self._savepoints and self._savepoints[0] is trigger:
            self._savepoints.popleft()
        self._schedule(now)
        leaving = frozenset() if trigger.stop else self._who_leaves(frozenset(idle))
        self.in_flight = InFlight(checkpoint, trigger, now, now + self._settings.timeout, self._members, leaving)
        return self.in_flight

    def _who_leaves(self, idle: frozenset[int]) -> frozenset[int]:
        leaving = frozenset(self._leaving)
        reading = self._members - leaving - idle
        return leaving | (idle & self._members) if reading else leaving

    def _schedule(self, now: float) -> None:
        """Keep the rhythm, whatever a checkpoint costs; skip the beats that were missed."""
        interval = self._settings.interval
        if interval is None or self._next_periodic is None or self._next_periodic > now:
            return
        missed = math.floor((now - self._next_periodic) / interval)
        self._next_periodic += (missed + 1) * interval

    def prepared(self, worker: int, message: Prepared) -> bool:
        """Note a worker's part; True when all have prepared. Parts of an aborted checkpoint are ignored."""
        flight = self._expect(worker, message.checkpoint, Phase.PREPARING, "prepared")
        if flight is None:
            return False
        flight.prepared[worker] = message
        if flight.prepared.keys() != flight.workers:
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
        flight = self._expect(worker, checkpoint, Phase.COMMITTING, "committed")
        if flight is None:
            return False
        flight.committed.add(worker)
        return flight.committed == flight.workers

    def end(self, now: float) -> InFlight:
        """The checkpoint in flight is over with success, and who was to leave with it has left."""
        flight = self._require(Phase.COMMITTING)
        self._members -= flight.leaving
        self._leaving -= flight.leaving
        self.in_flight = None
        self._rested_from = now
        return flight

    def expired(self, now: float) -> bool:
        """True when the checkpoint in flight has had its time."""
        return self.in_flight is not None and self.in_flight.phase is not Phase.SAVING and now >= self.in_flight.deadline

    def abort(self, now: float, *, counts: bool = True) -> bool:
        """Give the checkpoint in flight up; True when that is more than the settings tolerate, if it ``counts``. Nobody has
        left: who is to leave does so with the next checkpoint, and none is taken just for that before this one's time has
        passed once more."""
        flight = self._require(Phase.PREPARING)
        self._aborted.add(flight.id)
        self.withdraw(flight.trigger)
        self.in_flight = None
        self._rested_from = now
        self._leave_at = now + self._settings.timeout
        self._final_at = now + _BREATH
        self.failures_in_a_row += counts
        return counts and self.failures_in_a_row > self._settings.tolerated_failures

    def wake_at(self) -> float | None:
        """When something may be due or expired without a message; None: never."""
        if self.in_flight is not None:
            return self.in_flight.deadline
        due = [self._periodic_at(), self._leave_at if self._leaving else None]
        return min((at for at in due if at is not None), default=None)

    def may_leave(self, worker: int) -> bool:
        """True when the worker has committed the checkpoint that stops it: it is done, though others may not be."""
        flight = self.in_flight
        return flight is not None and flight.stops(worker) and worker in flight.committed

    def missing(self) -> list[int]:
        """The workers that the checkpoint in flight waits for."""
        flight = self.in_flight
        if flight is None:
            return []
        arrived = flight.committed if flight.phase is Phase.COMMITTING else flight.prepared.keys()
        return sorted(flight.workers - arrived)

    def _require(self, phase: Phase) -> InFlight:
        if self.in_flight is None or self.in_flight.phase is not phase:
            raise RuntimeError(f"no checkpoint is {phase.value}")
        return self.in_flight

    def _expect(self, worker: int, checkpoint: int, phase: Phase, what: str) -> InFlight | None:
        if checkpoint in self._aborted and phase is Phase.PREPARING:
            return None
        flight = self.in_flight
        if flight is None or flight.id != checkpoint or flight.phase is not phase or worker not in flight.workers:
            message = f"worker {worker} {what} checkpoint {checkpoint}, which nobody waits for"
            raise AttemptFailed(ErrorInfo(code="protocol-violation", message=message))
        return flight
