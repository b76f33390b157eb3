"""Which checkpoint numbers of each job are given out, and which may be given out next without a transaction.

A number is given out once. The database holds a number that is never lower than the highest that was given out: whoever loses
this memory goes on after that one, so numbers may be left out, and none comes twice.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class _Numbers:
    """``given``: the highest that was given out; ``reserved``: the highest that the database says was."""

    given: int
    reserved: int


class CheckpointNumbers:
    """Of all jobs that the writer has dealt with. Any thread may :meth:`take`; the rest is the writer's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, _Numbers] = {}

    def take(self, job_id: str) -> int | None:
        """A number that was reserved ahead and is now given out; None when there is none left."""
        with self._lock:
            numbers = self._jobs.get(job_id)
            if numbers is None or numbers.given >= numbers.reserved:
                return None
            numbers.given += 1
            return numbers.given

    def knows(self, job_id: str) -> bool:
        """Whether :meth:`learn` was called for the job."""
        return job_id in self._jobs

    def learn(self, job_id: str, stored: int) -> None:
        """The database says that ``stored`` is the highest."""
        with self._lock:
            self._jobs[job_id] = _Numbers(stored, stored)

    def next(self, job_id: str) -> int:
        """The next number, given out by the transaction that asks."""
        with self._lock:
            numbers = self._jobs[job_id]
            numbers.given += 1
            return numbers.given

    def is_reserved(self, job_id: str, number: int) -> bool:
        """Whether the database says, durably, that ``number`` may have been given out; it is given out from now on."""
        with self._lock:
            numbers = self._jobs[job_id]
            numbers.given = max(numbers.given, number)
            return number <= numbers.reserved

    def reserved(self, job_id: str, number: int) -> None:
        """It is durable in the database that numbers up to ``number`` may have been given out."""
        with self._lock:
            if job_id in self._jobs:
                self._jobs[job_id].reserved = max(self._jobs[job_id].reserved, number)

    def give_back(self, job_id: str) -> int | None:
        """Give out nothing more of what was reserved ahead: the highest number that was given out, None when nothing was left
        over."""
        with self._lock:
            numbers = self._jobs.get(job_id)
            if numbers is None or numbers.given >= numbers.reserved:
                return None
            numbers.reserved = numbers.given
            return numbers.given

    def forget(self, job_id: str) -> None:
        """The job is gone."""
        with self._lock:
            self._jobs.pop(job_id, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._jobs.clear()
