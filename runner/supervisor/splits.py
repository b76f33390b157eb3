"""The split pool of one attempt: who reads what, and how far every split has been processed.

Pure bookkeeping. A split's position changes only when a worker reports it at a barrier, so a snapshot taken when all workers
have prepared is the position of the whole input at that barrier: a split that was not reported keeps its former position.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
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

    ``bounded``: when nothing is left a reader is told so (BATCH); otherwise it waits (STREAMING). A worker that was told so is
    given splits all the same when another one leaves its own behind.
    """

    def __init__(self, sources: Sequence[str], *, bounded: bool) -> None:
        self._bounded = bounded
        self._splits: dict[tuple[str, str], Split] = {}
        self._holders: dict[tuple[str, str], int] = {}
        self._pending: dict[str, deque[str]] = {source: deque() for source in sources}
        self._idle: dict[str, deque[int]] = {source: deque() for source in sources}
        self._dismissed: dict[str, dict[int, None]] = {source: {} for source in sources}
        self._given: Counter[int] = Counter()
        self.finished = 0
        """How many splits are known to be read to their end."""

    def add(self, splits: Iterable[Split]) -> None:
        """Take in splits of a restore point or of an enumeration. Raises :class:`AttemptFailed` for one that cannot be."""
        for split in splits:
            key = (split.source, split.id)
            if split.source not in self._pending:
                raise _violation(f"a split of the unknown source {split.source!r}")
            if key in self._splits:
                raise _violation(f"two splits of {split.source!r} have the id {split.id!r}")
            self._splits[key] = split
            self.finished += split.finished
            if not split.finished:
                self._pending[split.source].append(split.id)

    def leave_out(self, unwanted: Callable[[Split], bool]) -> int:
        """Hand none of these out; they stay unfinished. Returns how many splits that are."""
        count = 0
        for source, pending in self._pending.items():
            kept = deque(split for split in pending if not unwanted(self._splits[source, split]))
            count += len(pending) - len(kept)
            self._pending[source] = kept
        return count

    def ask(self, worker: int, source: str) -> None:
        """A reader of ``source`` in ``worker`` is idle."""
        if source not in self._idle:
            raise _violation(f"worker {worker} asks for splits of the unknown source {source!r}")
        if worker not in self._dismissed[source]:
            self._idle[source].append(worker)

    def hand_out(self, workers: Collection[int]) -> list[Assignment]:
        """What to tell the idle readers of ``workers`` now; those of others wait. No split is in two hands."""
        return [assignment for source in self._pending for assignment in self._hand_out(source, workers)]

    def _hand_out(self, source: str, workers: Collection[int]) -> list[Assignment]:
        return [*self._to_idle(source, workers), *self._to_dismissed(source, workers)]

    def _to_idle(self, source: str, workers: Collection[int]) -> list[Assignment]:
        pending, dismissed = self._pending[source], self._dismissed[source]
        idle, self._idle[source] = self._idle[source], deque()
        assignments = []
        for worker in idle:
            if worker not in workers or not (pending or self._bounded):
                self._idle[source].append(worker)
            elif pending:
                dismissed.pop(worker, None)
                assignments.append(self._give(worker, source))
            elif worker not in dismissed:
                dismissed[worker] = None
                assignments.append(Assignment(worker, source, None))
        return assignments

    def _to_dismissed(self, source: str, workers: Collection[int]) -> list[Assignment]:
        """Splits that were left behind, when nobody else asks for them: one for each, who asks again when it has read it."""
        assignments = []
        for worker in list(self._dismissed[source]):
            if self._pending[source] and worker in workers:
                del self._dismissed[source][worker]
                assignments.append(self._give(worker, source))
        return assignments

    def _give(self, worker: int, source: str) -> Assignment:
        key = (source, self._pending[source].popleft())
        self._holders[key] = worker
        self._given[worker] += 1
        return Assignment(worker, source, self._splits[key])

    def report(self, worker: int, splits: Iterable[Split]) -> None:
        """Positions as of the barrier that ``worker`` has just prepared.

        Raises :class:`AttemptFailed` for a split that this worker does not hold: nothing it says can be trusted then.
        """
        for split in splits:
            key = (split.source, split.id)
            if self._holders.get(key) != worker:
                raise _violation(f"worker {worker} reports split {split.id!r} of {split.source!r}, which it does not hold")
            self.finished += split.finished - self._splits[key].finished
            self._splits[key] = split

    def release(self, worker: int) -> int:
        """``worker`` has left after the barrier that it reported last: what it has not finished is for others, from there on,
        before anything else. Returns how many splits that are."""
        left = [key for key, holder in self._holders.items() if holder == worker]
        unfinished = [key for key in left if not self._splits[key].finished]
        for key in left:
            del self._holders[key]
        for source, identity in reversed(unfinished):
            self._pending[source].appendleft(identity)
        for source, idle in self._idle.items():
            self._idle[source] = deque(asking for asking in idle if asking != worker)
            self._dismissed[source].pop(worker, None)
        return len(unfinished)

    def given(self, worker: int) -> int:
        """How many splits ``worker`` has been given so far."""
        return self._given[worker]

    def holds(self) -> Counter[int]:
        """How many splits that are not known to be finished each worker has."""
        return Counter(holder for key, holder in self._holders.items() if not self._splits[key].finished)

    def snapshot(self) -> list[Split]:
        """Every split with its position as last reported, finished ones included."""
        return list(self._splits.values())

    @property
    def all_handed_out(self) -> bool:
        """True when no split waits for a reader."""
        return not any(self._pending.values())

    @property
    def total(self) -> int:
        """How many splits there are."""
        return len(self._splits)

    @property
    def pending(self) -> int:
        """How many splits wait for a reader."""
        return sum(map(len, self._pending.values()))

    @property
    def unfinished(self) -> int:
        """How many splits are not known to be read to their end."""
        return self.total - self.finished


def _violation(message: str) -> AttemptFailed:
    return AttemptFailed(ErrorInfo(code="protocol-violation", message=message, hint="this is a bug in the connector"))
