"""For which share of their time the plugins of one execution work, wait for rows, and wait for room. In memory only; no I/O.

A worker counts seconds of threads, and tells now and then; whoever sums that up by the clock would see more than there is.
So each heartbeat gives a share of the time since the one before it, and the shares, not the seconds, are summed up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from runner.protocol import Heartbeat, PluginCounters

TIMES = ("busy_seconds", "idle_seconds", "backpressured_seconds")


@dataclass(slots=True)
class _Spent:
    """What a worker last said of a plugin, and the shares since what it said before that."""

    at: float
    counters: PluginCounters
    shares: dict[str, float] = field(default_factory=dict)


class TimeShares:
    """The last words of every worker. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, int], _Spent] = {}
        self._seconds: defaultdict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(TIMES, 0.0))
        self._advanced: float | None = None

    def clear(self) -> None:
        """An attempt begins or ends: nothing is known of the present."""
        self._spent.clear()
        self._advanced = None

    def depart(self, worker: int) -> None:
        """``worker`` has left."""
        self._spent = {key: spent for key, spent in self._spent.items() if key[1] != worker}

    def observe(self, heartbeat: Heartbeat, now: float) -> None:
        """Take in what a worker says."""
        for counters in heartbeat.counters:
            key = counters.plugin, heartbeat.worker
            former = self._spent.get(key)
            self._spent[key] = made = _Spent(now, counters)
            if former is not None:
                made.shares = _shares(former, made) if now > former.at else former.shares

    def latest(self, plugin: str) -> dict[str, float]:
        """The shares of a plugin's time between its workers' last two heartbeats, in the mean; empty when not known."""
        shares = [spent.shares for (name, _), spent in self._spent.items() if name == plugin and spent.shares]
        return {name: sum(each[name] for each in shares) / len(shares) for name in TIMES} if shares else {}

    def seconds(self, now: float) -> dict[str, dict[str, float]]:
        """By plugin how many of the seconds so far went where, in the mean of its threads; together at most all of them."""
        elapsed = 0.0 if self._advanced is None else max(0.0, now - self._advanced)
        self._advanced = now
        by_plugin: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
        for (plugin, _), spent in self._spent.items():
            if spent.shares:
                by_plugin[plugin].append(spent.shares)
        for plugin, shares in by_plugin.items():
            for name in TIMES:
                self._seconds[plugin][name] += elapsed * sum(each[name] for each in shares) / len(shares)
        return {plugin: dict(self._seconds[plugin]) for plugin in by_plugin}


def _shares(former: _Spent, latter: _Spent) -> dict[str, float]:
    elapsed = (latter.at - former.at) * max(1, latter.counters.threads)
    found = {name: max(0.0, getattr(latter.counters, name) - getattr(former.counters, name)) / elapsed for name in TIMES}
    whole = max(1.0, sum(found.values()))
    return {name: share / whole for name, share in found.items()}
