"""How long the parts of one checkpoint took, and which workers kept it waiting. Pure: times are the caller's."""

from __future__ import annotations

_LATE = 0.5
"""A worker is late that needs more than this share of the time that a checkpoint may take."""


class CheckpointTimes:
    """A checkpoint whose barriers were sent at ``begun`` and which has to be prepared by ``deadline``."""

    def __init__(self, begun: float, deadline: float) -> None:
        self._begun = begun
        self._late_from = begun + _LATE * (deadline - begun)
        self._arrived: dict[int, float] = {}
        self._prepared_at: float | None = None
        self._saved_at: float | None = None
        self.aligned_seconds = 0.0
        """Of the worker that needed longest, as the next one."""
        self.synced_seconds = 0.0
        self.saved_seconds: float | None = None
        self.committed_seconds: float | None = None

    def arrived(self, worker: int, now: float, *, aligned: float, synced: float) -> None:
        """A worker has prepared its part: the barrier took ``aligned`` seconds through it, making it durable ``synced``."""
        self._arrived.setdefault(worker, now)
        self.aligned_seconds = max(self.aligned_seconds, aligned)
        self.synced_seconds = max(self.synced_seconds, synced)

    def prepared(self, now: float) -> None:
        """All have."""
        self._prepared_at = now

    def saved(self, now: float) -> None:
        """The store has it."""
        self._saved_at = now
        self.saved_seconds = None if self._prepared_at is None else now - self._prepared_at

    def committed(self, now: float) -> None:
        """All sinks have committed."""
        self.committed_seconds = None if self._saved_at is None else now - self._saved_at

    @property
    def prepared_seconds(self) -> float | None:
        """From the barrier until the last worker had prepared; None before that."""
        return None if self._prepared_at is None else self._prepared_at - self._begun

    @property
    def slowest_worker(self) -> int | None:
        """The one that prepared last, None when there was only one to wait for."""
        return max(self._arrived, key=lambda worker: self._arrived[worker]) if len(self._arrived) > 1 else None

    @property
    def late_workers(self) -> tuple[int, ...]:
        """Those that were late, by number."""
        return tuple(sorted(worker for worker, at in self._arrived.items() if at > self._late_from))
