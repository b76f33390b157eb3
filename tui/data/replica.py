"""A copy of the daemon's jobs, kept by what the daemon says of them: their present state once, then every change.

Filled in the thread that listens, read in the one that draws up snapshots. Everything in it is clean: see
:mod:`tui.data.clean`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from runner.model import Event, Job
from tui.data.amend import amended, job_of, tree_of
from tui.data.clean import clean

SNAPSHOT: Final = "snapshot"
CHANGED: Final = "job.changed"
_GONE: Final = frozenset({"job.deleted", "job.purged"})


class Changes(msgspec.Struct, frozen=True):
    """What is different since the last look: jobs that are new or others, the ids of those that have gone. ``whole``: there are
    no jobs but these."""

    jobs: Iterable[Job] = ()
    gone: Iterable[str] = ()
    whole: bool = False


class Replica:
    """The jobs by id. ``complete``: the present state of all of them has been said; until then there is only a part."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._touched: set[str] = set()
        """The ids of the jobs that have changed or gone since the last look."""
        self._looked = False
        self.complete = False

    def hear(self, event: Event) -> bool:
        """Take in what the daemon says; True when it is worth being shown at once: more than counters have changed."""
        with self._lock:
            if event.kind == SNAPSHOT:
                return self._begin(event.data)
            if event.kind == CHANGED and event.job_id is not None:
                return self._change(clean(event.job_id), event.data.get("changes", {}))
            if event.kind in _GONE and event.job_id is not None:
                self._forget(clean(event.job_id))
            return True

    def jobs(self) -> list[Job]:
        """Every job as it stands. What has not changed since the last call is the same object."""
        with self._lock:
            return list(self._jobs.values())

    def changes(self) -> Changes:
        """What has changed since this was last called; everything at first."""
        with self._lock:
            touched, self._touched = self._touched, set()
            if not self._looked:
                self._looked = True
                return Changes(tuple(self._jobs.values()), whole=True)
            changed = tuple(self._jobs[job_id] for job_id in touched if job_id in self._jobs)
            return Changes(changed, tuple(job_id for job_id in touched if job_id not in self._jobs))

    def _begin(self, data: Mapping[str, Any]) -> bool:
        for told in data.get("jobs", ()):
            self._take(job_of(told))
        self.complete = self.complete or not data.get("more", False)
        return self.complete

    def _change(self, job_id: str, changes: Mapping[str, Any]) -> bool:
        known = self._jobs.get(job_id)
        if changes.get("deleted_at") is not None or (known is None and "id" not in changes):
            self._forget(job_id)  # deleted, or the first we hear is a part of it: its next change tells all
            return True
        self._take(amended(known, changes) if known is not None else job_of(tree_of(changes)))
        return any(not path.startswith("execution.totals.") for path in changes)

    def _take(self, job: Job) -> None:
        self._jobs[job.id] = job
        if self._looked:
            self._touched.add(job.id)

    def _forget(self, job_id: str) -> None:
        if self._jobs.pop(job_id, None) is not None and self._looked:
            self._touched.add(job_id)
