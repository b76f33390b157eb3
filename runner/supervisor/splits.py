"""The split pool of one attempt: who reads what, and how far every split has been processed.

Pure bookkeeping. A split's position changes only when a worker reports it at a barrier, so a snapshot taken when all workers
have prepared is the position of the whole input at that barrier: a split that was not reported keeps its former position.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.model import ErrorInfo
from runner.protocol import Split
from runner.supervisor.errors import AttemptFailed


@dataclass(frozen=True, slots=True)
class Assignment:
    """Give ``worker`` this split of ``source``; ``split`` None: the source has nothing left for it."""

    worker: int
    source: str
    split: Split | None


class SplitPool:
    """All splits of all sources, handed out to idle readers in the order in which they asked.

    ``bounded``: when nothing is left a reader is told so (BATCH); otherwise it waits (STREAMING).
    """

    def __init__(self, sources: Sequence[str], *, bounded: bool) -> None:
        self._bounded = bounded
        self._splits: dict[tuple[str, str], Split] = {}
        self._holders: dict[tuple[str, str], int] = {}
        self._pending: dict[str, deque[str]] = {source: deque() for source in sources}
        self._idle: dict[str, deque[int]] = {source: deque() for source in sources}
        self._dismissed: set[tuple[int, str]] = set()

    def add(self, splits: Iterable[Split]) -> None:
        """Take in splits of a restore point or of an enumeration. Raises :class:`AttemptFailed` for one that cannot be."""
        for split in splits:
            key = (split.source, split.id)
            if split.source not in self._pending:
                raise _violation(f"a split of the unknown source {split.source!r}")
            if key in self._splits:
                raise _violation(f"two splits of {split.source!r} have the id {split.id!r}")
            self._splits[key] = split
            if not split.finished:
                self._pending[split.source].append(split.id)

    def ask(self, worker: int, source: str) -> None:
        """A reader of ``source`` in ``worker`` is idle."""
        if source not in self._idle:
            raise _violation(f"worker {worker} asks for splits of the unknown source {source!r}")
        if (worker, source) not in self._dismissed:
            self._idle[source].append(worker)

    def hand_out(self) -> list[Assignment]:
        """What to tell the idle readers now. Each split is handed out once in the life of the pool."""
        return [assignment for source in self._pending for assignment in self._hand_out(source)]

    def _hand_out(self, source: str) -> list[Assignment]:
        pending, idle = self._pending[source], self._idle[source]
        assignments = []
        while idle and (pending or self._bounded):
            worker = idle.popleft()
            if pending:
                key = (source, pending.popleft())
                self._holders[key] = worker
                assignments.append(Assignment(worker, source, self._splits[key]))
            elif (worker, source) not in self._dismissed:
                self._dismissed.add((worker, source))
                assignments.append(Assignment(worker, source, None))
        return assignments

    def report(self, worker: int, splits: Iterable[Split]) -> None:
        """Positions as of the barrier that ``worker`` has just prepared.

        Raises :class:`AttemptFailed` for a split that this worker does not hold: nothing it says can be trusted then.
        """
        for split in splits:
            key = (split.source, split.id)
            if self._holders.get(key) != worker:
                raise _violation(f"worker {worker} reports split {split.id!r} of {split.source!r}, which it does not hold")
            self._splits[key] = split

    def snapshot(self) -> list[Split]:
        """Every split with its position as last reported, finished ones included."""
        return list(self._splits.values())

    @property
    def all_handed_out(self) -> bool:
        """True when no split waits for a reader."""
        return not any(self._pending.values())

    @property
    def unfinished(self) -> int:
        """How many splits are not known to be read to their end."""
        return sum(not split.finished for split in self._splits.values())


def _violation(message: str) -> AttemptFailed:
    return AttemptFailed(ErrorInfo(code="protocol-violation", message=message, hint="this is a bug in the connector"))
