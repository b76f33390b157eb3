"""The names and ids of all jobs as the writer knows them: what asks for a name that is taken is refused without a look."""

from __future__ import annotations

from collections.abc import Iterable


class JobNames:
    """For the writer, as its transaction has them: the ids of all jobs, deleted ones too, and the names of those that are
    not."""

    def __init__(self, jobs: Iterable[tuple[str, str | None]]) -> None:
        self._names: dict[str, str | None] = dict(jobs)
        self._ids = {name: job_id for job_id, name in self._names.items() if name is not None}

    def has(self, job_id: str) -> bool:
        """Whether there is a job of this id, deleted or not."""
        return job_id in self._names

    def owner(self, name: str) -> str | None:
        """The id of the job of this name that is not deleted."""
        return self._ids.get(name)

    def put(self, job_id: str, name: str | None) -> None:
        """The job is there under this name, or deleted (None)."""
        self.drop(job_id)
        self._names[job_id] = name
        if name is not None:
            self._ids[name] = job_id

    def drop(self, job_id: str) -> None:
        """The job is forgotten."""
        name = self._names.pop(job_id, None)
        if name is not None and self._ids.get(name) == job_id:
            del self._ids[name]
