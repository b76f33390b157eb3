"""The wishes for checkpoints that an execution has accepted and not yet fulfilled, by the trigger that stands for each."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from runner.model import Checkpoint, CheckpointKind
from runner.supervisor.conditions import PreconditionFailed
from runner.supervisor.coordinator import Trigger
from runner.supervisor.errors import Conflict
from runner.supervisor.wishes import CancelWish, PauseWish, ResumeWish, SavepointWish, ScaleWish, SettingsWish, StopWish, Wish

T = TypeVar("T")


class PendingWishes:
    """At most one stop, and ``limit`` savepoints."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._savepoints: dict[Trigger, SavepointWish] = {}
        self._stop: tuple[Trigger, StopWish] | None = None
        self.stop_until: float | None = None
        """When the stop is given up, on the event loop's clock; None: nobody has said so, or it cannot be given up any more."""

    @property
    def stop(self) -> StopWish | None:
        """The stop with savepoint that is wanted."""
        return self._stop[1] if self._stop else None

    def triggers(self) -> list[Trigger]:
        """One per wish, for an attempt that begins."""
        return [*self._savepoints, *([self._stop[0]] if self._stop else [])]

    def add_savepoint(self, wish: SavepointWish) -> Trigger | None:
        """The trigger for it; None when there are too many already, which the wish is told."""
        if len(self._savepoints) >= self._limit:
            reject(wish, "too many savepoints of this job are waited for")
            return None
        trigger = Trigger(
            CheckpointKind.SAVEPOINT, description=wish.description, asked_by="a savepoint request", directory=wish.directory
        )
        self._savepoints[trigger] = wish
        return trigger

    def add_stop(self, wish: StopWish, now: float) -> Trigger:
        """The trigger for it. A former stop that could be taken back makes way."""
        if self._stop is not None:
            fail_stop(self._stop[1], "another stop was asked for")
        trigger = Trigger(CheckpointKind.SAVEPOINT, stop=True, description=wish.description, asked_by=wish.asked_by)
        self._stop = (trigger, wish)
        self.stop_until = None if wish.timeout is None else now + wish.timeout
        return trigger

    def late_stop(self, now: float) -> tuple[Trigger, str] | None:
        """The stop whose time is over, with the words for it, once; None: there is none."""
        if self._stop is None or self.stop_until is None or now < self.stop_until:
            return None
        self.stop_until = None
        trigger, wish = self._stop
        return trigger, f"it was not complete within {wish.timeout:g} s"

    def wants(self, trigger: Trigger) -> bool:
        """False when the person who asked for this savepoint has given up waiting."""
        wish = self._savepoints.get(trigger)
        if wish is None or not wish.done.done():
            return True
        del self._savepoints[trigger]
        return False

    def fulfil(self, trigger: Trigger, checkpoint: Checkpoint) -> None:
        """The checkpoint is committed."""
        wish = self._savepoints.pop(trigger, None)
        if wish is not None:
            resolve(wish.done, checkpoint)

    def fail(self, trigger: Trigger, reason: str) -> None:
        """The checkpoint failed, and with it what it was for."""
        wish = self._savepoints.pop(trigger, None)
        if wish is not None:
            reject(wish, f"the savepoint failed: {reason}")
        elif self._stop is not None and self._stop[0] is trigger and self._stop[1].reversible:
            self.drop_stop(f"its savepoint failed: {reason}")

    def drop_stop(self, reason: str) -> None:
        """There will be no stop with savepoint."""
        if self._stop is not None:
            fail_stop(self._stop[1], reason)
            self._stop = self.stop_until = None

    def fail_savepoints(self, reason: str) -> None:
        """None of the savepoints that are waited for will come."""
        for wish in self._savepoints.values():
            reject(wish, reason)
        self._savepoints.clear()


def resolve(future: asyncio.Future[T], value: T) -> None:
    """Set the result unless whoever waits has gone."""
    if not future.done():
        future.set_result(value)


def fail_stop(wish: StopWish, reason: str) -> None:
    """Tell whoever asked that there will be no stop."""
    resolve(wish.failed, reason)
    if not wish.accepted.done():
        wish.accepted.set_exception(Conflict(f"the job was not stopped: {reason}"))
        wish.accepted.exception()  # looked at: not everybody who asks waits for this one


def reject(wish: Wish, reason: str | PreconditionFailed) -> None:
    """Tell whoever asked that nothing will come of it."""
    error = Conflict(reason) if isinstance(reason, str) else reason
    match wish:
        case SavepointWish(done=done):
            if not done.done():
                done.set_exception(error)
                done.exception()
        case StopWish(failed=failed, accepted=accepted) if isinstance(reason, PreconditionFailed):
            for future in (failed, accepted):
                if not future.done():
                    future.set_exception(error)
                    future.exception()
        case StopWish():
            fail_stop(wish, error.message)
        case (
            CancelWish(accepted=accepted)
            | SettingsWish(accepted=accepted)
            | PauseWish(accepted=accepted)
            | ResumeWish(accepted=accepted)
            | ScaleWish(accepted=accepted)
        ):
            if not accepted.done():
                accepted.set_exception(error)
                accepted.exception()
