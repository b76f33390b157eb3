"""Counters of one plugin: written by the thread that does its work, read by the heartbeat."""

from __future__ import annotations

import msgspec

from runner.protocol import PluginCounters


class Meter(PluginCounters, kw_only=True):
    """What one plugin has done since this worker started: the counters themselves, while they grow."""

    def counters(self) -> PluginCounters:
        """The current values."""
        return PluginCounters(**msgspec.structs.asdict(self))
