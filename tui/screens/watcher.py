"""What a screen has that wants every snapshot."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from tui.data.snapshot import Snapshot


@runtime_checkable
class Watcher(Protocol):
    """Told about every look at the daemon, also while another screen covers it."""

    def saw(self, snapshot: Snapshot) -> None:
        """The newest snapshot."""
        ...
