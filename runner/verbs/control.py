"""Verbs that change what a job does. All but the restart with overrides, the update and the savepoint return once the wish is
recorded. Each can be tried dry and done in the background: see :mod:`runner.verbs.views`.

``reason`` goes into the audit trail; with ``version`` the call is refused when the job has changed since it had that version.
"""

from __future__ import annotations

from typing import ClassVar

from runner.model import Checkpoint, Job
from runner.requests import (
    PauseRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StartRequest,
    StopRequest,
    WorkersRequest,
)
from runner.verbs.call import LONG_SECONDS, Call, post
from runner.verbs.verb import Action


class ControlVerbs:
    """Start, stop, pause, restart and the like."""

    noun: ClassVar[str] = "jobs"
    """What ``reference`` names."""

    @Action
    def start(
        self, reference: str, request: StartRequest | None = None, *, reason: str | None = None, version: int | None = None
    ) -> Call[Job]:
        """Start a job that does not run: one that never ran or has finished from the beginning, another one where it left
        off. One that runs is left alone."""
        path = (self.noun, reference, "start")
        return post(Job, *path, body=request or StartRequest(), query={"reason": reason}, version=version)

    @Action
    def stop(
        self, reference: str, request: StopRequest | None = None, *, reason: str | None = None, version: int | None = None
    ) -> Call[Job]:
        """End the job's execution, with a savepoint unless the request says otherwise. With a ``timeout`` it returns once the
        job has stopped, and is refused (409) when it runs on."""
        path, body = (self.noun, reference, "stop"), request or StopRequest()
        seconds = None if body.timeout is None else body.timeout + LONG_SECONDS
        return post(Job, *path, body=body, query={"reason": reason}, seconds=seconds, version=version)

    @Action
    def cancel(self, reference: str, *, reason: str | None = None, version: int | None = None) -> Call[Job]:
        """End the job's execution at once, without a savepoint. What it has committed stays."""
        return post(Job, self.noun, reference, "cancel", query={"reason": reason}, version=version)

    @Action
    def pause(
        self, reference: str, request: PauseRequest | None = None, *, reason: str | None = None, version: int | None = None
    ) -> Call[Job]:
        """Read nothing until it is resumed."""
        path = (self.noun, reference, "pause")
        return post(Job, *path, body=request or PauseRequest(), query={"reason": reason}, version=version)

    @Action
    def resume(self, reference: str, *, reason: str | None = None, version: int | None = None) -> Call[Job]:
        """Let a paused job read on."""
        return post(Job, self.noun, reference, "resume", query={"reason": reason}, version=version)

    @Action
    def scale(
        self, reference: str, request: WorkersRequest, *, reason: str | None = None, version: int | None = None
    ) -> Call[Job]:
        """Change the number of workers while the job runs."""
        return post(Job, self.noun, reference, "workers", body=request, query={"reason": reason}, version=version)

    @Action
    def restart(
        self, reference: str, request: RestartRequest | None = None, *, reason: str | None = None, version: int | None = None
    ) -> Call[Job]:
        """A new execution of the job's newest generation; with overrides it returns once the new generation works."""
        body = request or RestartRequest()
        seconds = LONG_SECONDS if body.overrides else None
        path = (self.noun, reference, "restart")
        return post(Job, *path, body=body, query={"reason": reason}, seconds=seconds, version=version)

    @Action
    def recover(
        self, reference: str, request: RecoverRequest | None = None, *, reason: str | None = None, version: int | None = None
    ) -> Call[Job]:
        """A new execution of a job that is over, which reads only the splits that are not finished, or some of them."""
        path = (self.noun, reference, "recover")
        return post(Job, *path, body=request or RecoverRequest(), query={"reason": reason}, version=version)

    @Action
    def savepoint(
        self, reference: str, request: SavepointRequest | None = None, *, reason: str | None = None, version: int | None = None
    ) -> Call[Checkpoint]:
        """Take a savepoint while the job runs on; returns when it is complete."""
        path, body = (self.noun, reference, "savepoints"), request or SavepointRequest()
        return post(Checkpoint, *path, body=body, query={"reason": reason}, seconds=LONG_SECONDS, version=version)
