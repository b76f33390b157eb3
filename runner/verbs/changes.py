"""Verbs that change the job itself: a new generation, its name and labels, deleting it. Each can be tried dry."""

from __future__ import annotations

from runner.model import Job
from runner.requests import EditRequest, UpdateRequest
from runner.verbs.call import LONG_SECONDS, Call, delete, patch, post, put
from runner.verbs.verb import Action


class ChangeVerbs:
    """What is kept of a job."""

    @Action
    def update(
        self, reference: str, request: UpdateRequest, *, reason: str | None = None, version: int | None = None
    ) -> Call[Job]:
        """Give the job a new generation. One that runs goes on as that, from a savepoint; the old one does when that fails."""
        path, query = ("jobs", reference), {"reason": reason}
        return put(Job, *path, body=request, query=query, seconds=LONG_SECONDS, version=version)

    @Action
    def edit(self, reference: str, request: EditRequest, *, reason: str | None = None, version: int | None = None) -> Call[Job]:
        """Change the job's name, labels or retention. What it runs is not touched."""
        return patch(Job, "jobs", reference, body=request, query={"reason": reason}, version=version)

    @Action
    def delete(
        self, reference: str, *, purge: bool = False, reason: str | None = None, version: int | None = None
    ) -> Call[None]:
        """Delete a job that does not run. It can be brought back for a while, unless it is purged."""
        query = {"purge": True if purge else None, "reason": reason}
        return delete("jobs", reference, query=query, version=version)

    @Action
    def undelete(self, reference: str, *, reason: str | None = None) -> Call[Job]:
        """Bring a deleted job back, by its id, or by its name when nobody has taken that."""
        return post(Job, "jobs", reference, "undelete", query={"reason": reason})
