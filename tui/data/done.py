"""What this program has had the daemon do, and how each ended: a bounded list, the newest last."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from runner.operation import OperationOutcome

_MOST = 200


class Done(msgspec.Struct, frozen=True):
    """One action at the epoch second ``at`` when its end was seen. ``command`` is the command line that does the same;
    ``seconds`` how long it took, None when that is not known."""

    at: float
    job_id: str
    job_name: str
    action: str
    command: str
    outcome: OperationOutcome
    message: str = ""
    seconds: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it came about."""
        return self.outcome is OperationOutcome.SUCCEEDED


class DoneList:
    """The last of them. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._done: deque[Done] = deque(maxlen=_MOST)

    def add(self, done: Done) -> None:
        """One more; the oldest goes when there are too many."""
        self._done.append(done)

    def __iter__(self) -> Iterator[Done]:
        """The oldest first."""
        return iter(tuple(self._done))

    def __len__(self) -> int:
        return len(self._done)
