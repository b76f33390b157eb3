"""Where the SQL engine of a worker puts what does not fit into its memory.

Beside the execution's log, one directory per worker of an attempt. A worker removes its own at its end; what a killed one has
left is removed by the next attempt, and when the execution is put in order after its last.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from runner.protocol import Settle, Start

_SHARE_OF_FREE = 2
"""All the workers of an execution together may fill that part of what is free at their start (a half)."""


class SpillDirectory:
    """The one of the worker that ``order`` makes."""

    def __init__(self, order: Start | Settle) -> None:
        log_file = Path(order.log_file)
        self.of_execution = log_file.with_name(f"{log_file.name}.spill")
        self._attempt = f"{order.attempt}-{order.epoch}-"
        self.path = self.of_execution / f"{self._attempt}{order.worker}"

    def create(self) -> None:
        """Make it, for this user alone."""
        self.of_execution.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700, exist_ok=True)

    def most_bytes(self, workers: int) -> int:
        """How much this worker may put there."""
        return shutil.disk_usage(self.path).free // _SHARE_OF_FREE // workers

    def remove(self) -> None:
        """Remove it, and the execution's when nobody else has one there. Raises nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        try:
            self.of_execution.rmdir()
        except OSError:
            return  # gone already, or another worker's is still there

    def remove_others(self) -> None:
        """Remove those of other attempts; none of their workers is alive. Raises nothing."""
        try:
            found = list(self.of_execution.iterdir())
        except OSError:
            return  # there are none
        for path in found:
            if not path.name.startswith(self._attempt):
                shutil.rmtree(path, ignore_errors=True)

    def remove_all(self) -> None:
        """Remove those of all attempts; none of their workers is alive. Raises nothing."""
        shutil.rmtree(self.of_execution, ignore_errors=True)
