"""Changes the number of an attempt's workers while it runs: hires some who join, lets others go with the next checkpoint.

Who joins takes part when it is ready; until then its end costs nothing but itself. Who leaves is chosen here (first those that
are not ready, then the newest), and leaves with a checkpoint (:mod:`runner.supervisor.coordinator`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from runner.protocol import Start
from runner.supervisor.coordinator import Coordinator
from runner.supervisor.crew import Crew
from runner.supervisor.fork_server import ForkServerError


class RescalingListener(Protocol):
    """What the execution wants to know of its workers."""

    async def workers_changed(self, message: str) -> None:
        """Some have come, or will not come."""


class Rescaling:
    """The joining and leaving of one attempt. ``instructions``: the Start of a worker that joins, by its number and how many
    workers there are to be; ``patience``: seconds that it has to get ready. Times are the event loop's.
    """

    def __init__(
        self,
        crew: Crew,
        coordinator: Coordinator,
        *,
        instructions: Callable[[int, int], Start],
        patience: float,
        listener: RescalingListener,
    ) -> None:
        self._crew = crew
        self._coordinator = coordinator
        self._instructions = instructions
        self._patience = patience
        self._listener = listener
        self._joining: dict[int, float] = {}
        self._total: int | None = None

    def want(self, total: int) -> None:
        """Have ``total`` workers, as soon as that is possible."""
        self._total = total

    def is_joining(self, worker: int) -> bool:
        """Whether ``worker`` was hired and is not ready yet."""
        return worker in self._joining

    async def joined(self, worker: int) -> None:
        """``worker`` is ready."""
        del self._joining[worker]
        self._coordinator.join(worker)
        await self._listener.workers_changed(f"worker {worker} has joined")

    async def lost(self, worker: int, reason: str) -> None:
        """``worker`` will not join: the work goes on without it."""
        self._send_away(worker)
        await self._listener.workers_changed(f"worker {worker} did not join: {reason}")

    async def advance(self, now: float) -> None:
        """Hire and release as wanted; give up who is late."""
        flight = self._coordinator.in_flight
        if flight is not None and flight.trigger.stop:
            self._disband()
            return
        if self._total is not None:
            total, self._total = self._total, None
            await self._aim(total, now)
        for worker, until in list(self._joining.items()):
            if now >= until:
                await self.lost(worker, f"it was not ready within {self._patience:g} s")

    def _disband(self) -> None:
        """Everything is being stopped; if that fails, the same number is wanted again."""
        if self._joining and self._total is None:
            self._total = len(self._coordinator.staying) + len(self._joining)
        for worker in list(self._joining):
            self._send_away(worker)

    def _send_away(self, worker: int) -> None:
        del self._joining[worker]
        self._crew.see_off(worker, 0.0)

    async def _aim(self, total: int, now: float) -> None:
        missing = total - len(self._coordinator.staying) - len(self._joining)
        if missing > 0:
            await self._hire(missing - self._keep(missing), total, now)
        elif missing < 0:
            self._dismiss(-missing)

    def _keep(self, missing: int) -> int:
        """Take back who was to leave and is not leaving yet; how many."""
        kept = 0
        for worker in sorted(self._coordinator.leaving):
            if kept < missing and self._coordinator.keep(worker):
                kept += 1
        return kept

    def _dismiss(self, surplus: int) -> None:
        joining = sorted(self._joining, reverse=True)[:surplus]
        for worker in joining:
            self._send_away(worker)
        for worker in sorted(self._coordinator.staying, reverse=True)[: surplus - len(joining)]:
            self._coordinator.release(worker)

    async def _hire(self, count: int, total: int, now: float) -> None:
        for _ in range(count):
            known = self._crew.pids.keys()
            try:
                (worker,) = await self._crew.hire(1)
            except ForkServerError as error:
                for stranger in self._crew.pids.keys() - known:
                    self._crew.see_off(stranger, 0.0)
                await self._listener.workers_changed(f"no further worker has joined: {error.message}")
                return
            self._joining[worker] = now + self._patience
            self._crew.send(self._instructions(worker, total))
