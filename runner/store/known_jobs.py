"""What is remembered of jobs between reads: an index of all, and the records of those that were asked for last.

The writer tells which jobs a transaction has changed once that is durable. Whoever reads looks at these again first, in a
snapshot that begins after the question: what is answered is never older than what was durable when it was asked. Every piece of
knowledge has the mark of the snapshot that it comes from, and gives way to a newer one only.
"""

from __future__ import annotations

import bisect
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from runner.model import Checkpoint, Job
from runner.store.pages import JobFilter, Place

RECORDS = 2000
"""So many records are remembered; the index has all jobs, a few hundred bytes of each."""
UNSEEN = 10_000
"""When more have changed than this since somebody looked, nothing is remembered any more."""


class IndexedJob(msgspec.Struct, frozen=True):
    """What a list of jobs is filtered and ordered by."""

    id: str
    name: str
    created_at: float
    queue: str
    labels: frozenset[str]
    state: str
    deleted: bool

    @property
    def place(self) -> tuple[float, str]:
        """Where it is in a list: the newest first."""
        return -self.created_at, self.id


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be looked at before anything is answered: some jobs, or all."""

    ids: tuple[str, ...] = ()
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.ids)


class KnownJobs:
    """Of one open database; for all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clock = 0
        self._floor = 0
        self._missed = 0
        self._complete = False
        self._stale: dict[str, int] = {}
        self._learned: dict[str, int] = {}
        self._rows: dict[str, IndexedJob] = {}
        self._places: list[tuple[float, str]] = []
        self._by_name: dict[str, str] = {}
        self._deleted: set[str] = set()
        self._records: OrderedDict[str, Job] = OrderedDict()

    def touch(self, job_ids: Iterable[str]) -> None:
        """These jobs have changed: for the writer, once that is durable and before it says so."""
        with self._lock:
            self._clock += 1
            for job_id in job_ids:
                self._stale[job_id] = self._clock
            if len(self._stale) > UNSEEN:
                self._stale.clear()
                self._missed = self._clock
                self._complete = False

    def show(self, checkpoints: Iterable[Checkpoint]) -> None:
        """These jobs have these complete checkpoints from now on, and have not changed otherwise: for the writer, like
        :meth:`touch`, but nobody has to look. A job has more checkpoints than anything else."""
        with self._lock:
            self._clock += 1
            for checkpoint in checkpoints:
                if checkpoint.job_id not in self._stale:
                    self._show(checkpoint)

    def _show(self, checkpoint: Checkpoint) -> None:
        job_id = checkpoint.job_id
        self._learned[job_id] = self._clock
        record = self._records.get(job_id)
        if record is not None and (record.last_checkpoint is None or record.last_checkpoint.id <= checkpoint.id):
            self._records[job_id] = msgspec.structs.replace(record, last_checkpoint=checkpoint)

    # learning

    def mark(self) -> int:
        """What is durable now. To be taken before the snapshot begins that something is learned from."""
        return self._clock

    def due(self) -> Due:
        """What has changed since somebody looked."""
        with self._lock:
            if not self._complete:
                return Due(everything=True)
            return Due(tuple(self._stale))

    def learn_index(self, mark: int, found: Sequence[IndexedJob], asked: Collection[str] | None) -> bool:
        """What a snapshot has of the jobs ``asked`` for, None: all; False when it is too old."""
        with self._lock:
            if mark < self._floor:
                return False
            for row in found:
                self._learn(mark, row, None)
            if asked is None:
                self._complete = mark >= self._missed
                asked = {*self._rows, *self._stale}
            self._settle(mark, asked, {row.id for row in found})
            return True

    def learn(self, mark: int, jobs: Sequence[Job], asked: Collection[str]) -> bool:
        """The records that a snapshot has of the jobs ``asked`` for; False when it is too old."""
        with self._lock:
            if mark < self._floor:
                return False
            for job in jobs:
                self._learn(mark, _row_of(job), job)
            self._settle(mark, asked, {job.id for job in jobs})
            return True

    def _learn(self, mark: int, row: IndexedJob, record: Job | None) -> None:
        if mark < self._learned.get(row.id, self._floor):
            return
        self._learned[row.id] = mark
        if (before := self._rows.get(row.id)) != row:
            self._drop(before)
            self._rows[row.id] = row
            if row.deleted:
                self._deleted.add(row.id)
            else:
                bisect.insort(self._places, row.place)
                self._by_name[row.name] = row.id
        if record is None:
            self._records.pop(row.id, None)
        else:
            self._records[row.id] = record
            self._records.move_to_end(row.id)
            if len(self._records) > RECORDS:
                self._records.popitem(last=False)

    def _settle(self, mark: int, asked: Iterable[str], found: Collection[str]) -> None:
        """What was asked for and not found is gone; what has changed since stays to be looked at again."""
        for job_id in asked:
            if job_id not in found and mark >= self._learned.get(job_id, self._floor):
                self._learned[job_id] = mark
                self._drop(self._rows.pop(job_id, None))
                self._records.pop(job_id, None)
            if self._stale.get(job_id, mark + 1) <= mark:
                del self._stale[job_id]
        if len(self._learned) > 2 * len(self._rows) + UNSEEN:  # of jobs that are gone: older snapshots do not count any more
            self._learned = {job_id: self._learned[job_id] for job_id in self._rows}
            self._floor = self._clock

    def _drop(self, row: IndexedJob | None) -> None:
        if row is None:
            return
        if row.deleted:
            self._deleted.discard(row.id)
            return
        at = bisect.bisect_left(self._places, row.place)
        if at < len(self._places) and self._places[at] == row.place:
            del self._places[at]
        if self._by_name.get(row.name) == row.id:
            del self._by_name[row.name]

    # answering

    def records(self, ids: Iterable[str]) -> dict[str, Job]:
        """Those that are remembered."""
        with self._lock:
            found = {job_id: self._records[job_id] for job_id in ids if job_id in self._records}
            for job_id in found:
                self._records.move_to_end(job_id)
            return found

    def meant_by(self, reference: str, limit: int) -> list[str]:
        """The ids of the jobs that are not deleted and may be meant: that of this id, else of this name, else those whose id
        begins so, newest first."""
        with self._lock:
            if reference in self._rows and reference not in self._deleted:
                return [reference]
            if (named := self._by_name.get(reference)) is not None:
                return [named]
            ids = [job_id for job_id in self._rows if job_id.startswith(reference) and job_id not in self._deleted]
            return sorted(ids, key=lambda job_id: self._rows[job_id].place)[:limit]

    def current(self, reference: str) -> Job | None:
        """The job that is not deleted and has exactly this id, or else this name, if no look is needed to tell that."""
        with self._lock:
            if self._stale or not self._complete or reference in self._deleted:
                return None
            job_id = reference if reference in self._rows else self._by_name.get(reference, "")
            return self._records.get(job_id)

    def has(self, job_id: str) -> bool:
        """Whether there is a job of this id that is not deleted."""
        with self._lock:
            return job_id in self._rows and job_id not in self._deleted

    def named(self, name: str) -> str | None:
        """The id of the job of exactly this name that is not deleted."""
        with self._lock:
            return self._by_name.get(name)

    def any_deleted(self) -> bool:
        """Whether there are jobs that are deleted and not forgotten yet."""
        return bool(self._deleted)

    def page(self, wanted: JobFilter, limit: int, offset: int, after: Place | None) -> list[str]:
        """The ids of one page of jobs that are not deleted."""
        with self._lock:
            places, rows = self._places, self._rows
            begin = 0 if after is None else bisect.bisect_right(places, (-after.at, after.id))
            takes = _chooser(wanted)
            if takes is None:
                return [job_id for _, job_id in places[begin + offset : begin + offset + limit]]
            found: list[str] = []
            for at in range(begin, len(places)):
                if takes(rows[places[at][1]]):
                    found.append(places[at][1])
                    if len(found) >= offset + limit:
                        break
            return found[offset:]

    def count(self, wanted: JobFilter) -> int:
        """How many jobs that are not deleted there are on all pages."""
        with self._lock:
            takes = _chooser(wanted)
            if takes is None:
                return len(self._places)
            return sum(takes(row) for row in self._rows.values() if not row.deleted)


def _row_of(job: Job) -> IndexedJob:
    return IndexedJob(
        id=job.id,
        name=job.name,
        created_at=job.created_at,
        queue=job.queue,
        labels=frozenset(f"{key}={value}" for key, value in job.labels.items()),
        state="" if job.execution is None else str(job.execution.state),
        deleted=job.deleted_at is not None,
    )


def _chooser(wanted: JobFilter) -> Callable[[IndexedJob], bool] | None:
    """Tells which jobs are wanted; None: all."""
    states, name, queue = frozenset(map(str, wanted.states)), (wanted.name or "").lower(), wanted.queue
    labels = frozenset(f"{key}={value}" for key, value in wanted.labels.items())
    if not (states or name or labels) and queue is None:
        return None
    return lambda row: (
        (not states or row.state in states)
        and (not name or name in row.name.lower())
        and (queue is None or row.queue == queue)
        and (not labels or labels <= row.labels)
    )
