"""Backpressure between the plugins of one execution, from what its workers say of their queues. In memory only; no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from runner.protocol import EdgeLevel, Heartbeat

PRESSURE = 0.5
"""Backpressure is when a worker's writers to an edge wait for at least this share of the time between two heartbeats."""


def edge_name(producer: str, consumer: str) -> str:
    """What stands for the plugin in the metrics of an edge."""
    return f"{producer} -> {consumer}"


@dataclass(slots=True)
class _Level:
    at: float
    level: EdgeLevel
    blocked_share: float | None = None


class EdgeLoads:
    """The last words of every worker. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, int], _Level] = {}
        self._begun: Counter[str] = Counter()

    def clear(self) -> None:
        """An attempt begins or ends: nothing is known."""
        self._levels.clear()

    def depart(self, worker: int) -> None:
        """``worker`` has left."""
        self._levels = {key: level for key, level in self._levels.items() if key[1] != worker}

    def observe(self, heartbeat: Heartbeat, now: float) -> None:
        """Take in what a worker says."""
        for level in heartbeat.edges:
            key = edge_name(level.producer, level.consumer), heartbeat.worker
            former = self._levels.get(key)
            made = _Level(now, level)
            if former is not None and now > former.at:
                blocked = level.blocked_seconds - former.level.blocked_seconds
                made.blocked_share = min(1.0, max(0.0, blocked / (now - former.at) / level.writers))
                if made.blocked_share >= PRESSURE > (former.blocked_share or 0.0):
                    self._begun[key[0]] += 1
            self._levels[key] = made

    def take_begun(self) -> Counter[str]:
        """How often backpressure has begun since this was last asked, by the edge's name."""
        begun, self._begun = self._begun, Counter()
        return begun

    def levels(self) -> dict[str, tuple[float, float | None]]:
        """How full each edge is and for which share of their time its writers wait, as last heard."""
        found: dict[str, tuple[float, float | None]] = {}
        for edge, name, value in self.metrics():
            fill, blocked = found.get(edge, (0.0, None))
            found[edge] = (value, blocked) if name == "queue_fill" else (fill, value)
        return found

    def metrics(self) -> Iterator[tuple[str, str, float]]:
        """For each edge, by its name: ``queue_fill``, and ``blocked_share`` once there are two heartbeats; each from 0 to 1,
        the mean over the workers."""
        for edge in sorted({edge for edge, _ in self._levels}):
            levels = [level for (name, _), level in self._levels.items() if name == edge]
            yield edge, "queue_fill", sum(each.level.fill for each in levels) / len(levels)
            shares = [each.blocked_share for each in levels if each.blocked_share is not None]
            if shares:
                yield edge, "blocked_share", sum(shares) / len(shares)
