"""Counters of one plugin: written by the thread that does its work, read by the heartbeat."""

from __future__ import annotations

from dataclasses import dataclass

from runner.protocol import PluginCounters


@dataclass(slots=True)
class Meter:
    """What one plugin has done since this worker started. Fields only grow."""

    plugin: str
    rows_in: int = 0
    rows_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    busy_seconds: float = 0.0
    idle_seconds: float = 0.0
    backpressured_seconds: float = 0.0

    def counters(self) -> PluginCounters:
        """The current values."""
        return PluginCounters(
            plugin=self.plugin,
            rows_in=self.rows_in,
            rows_out=self.rows_out,
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            busy_seconds=self.busy_seconds,
            idle_seconds=self.idle_seconds,
            backpressured_seconds=self.backpressured_seconds,
        )
