"""Which jobs come from which files, in memory: asked whenever a file changes."""

from __future__ import annotations

from collections import defaultdict

from runner.model import Job
from runner.store.store import Store
from runner.supervisor.reloading.content import file_key

_PAGE = 1000


def every_job(store: Store) -> list[Job]:
    """All jobs that are not deleted."""
    found: list[Job] = []
    while True:
        jobs, total = store.jobs(limit=_PAGE, offset=len(found))
        found.extend(jobs)
        if not jobs or len(found) >= total:
            return found


class FilesOfJobs:
    """By the key of the file. A job comes from one file at most."""

    def __init__(self) -> None:
        self._jobs: defaultdict[str, set[str]] = defaultdict(set)
        self._file_of: dict[str, str] = {}

    def put(self, job: Job) -> None:
        """The job comes from the file that it says, and from no other any more."""
        self.drop(job.id)
        if job.file is not None:
            key = self._file_of[job.id] = file_key(job.file)
            self._jobs[key].add(job.id)

    def drop(self, job_id: str) -> None:
        """The job is gone."""
        key = self._file_of.pop(job_id, None)
        if key is not None:
            self._jobs[key].discard(job_id)
            if not self._jobs[key]:
                del self._jobs[key]

    def jobs_of(self, key: str) -> list[str]:
        """The ids of the jobs that come from the file."""
        return sorted(self._jobs.get(key, ()))

    def keys(self) -> list[str]:
        """Every file that a job comes from."""
        return list(self._jobs)
