"""Verbs that change what a job does. All but the restart with overrides return once the wish is recorded."""

from __future__ import annotations

from runner.model import Job, Queue
from runner.replies import QueueList
from runner.requests import PauseRequest, QueueRequest, RecoverRequest, RestartRequest, StopRequest, WorkersRequest
from runner.verbs.call import LONG_SECONDS, Call, get, post, put
from runner.verbs.verb import Verb


class ControlVerbs:
    """Stop, pause, restart and the like; queues."""

    @Verb
    def stop(self, reference: str, request: StopRequest | None = None) -> Call[Job]:
        """End the job's execution, with a savepoint unless the request says otherwise."""
        return post(Job, "jobs", reference, "stop", body=request or StopRequest())

    @Verb
    def cancel(self, reference: str) -> Call[Job]:
        """End the job's execution at once, without a savepoint. What it has committed stays."""
        return post(Job, "jobs", reference, "cancel")

    @Verb
    def pause(self, reference: str, request: PauseRequest | None = None) -> Call[Job]:
        """Read nothing until it is resumed."""
        return post(Job, "jobs", reference, "pause", body=request or PauseRequest())

    @Verb
    def resume(self, reference: str) -> Call[Job]:
        """Let a paused job read on."""
        return post(Job, "jobs", reference, "resume")

    @Verb
    def scale(self, reference: str, request: WorkersRequest) -> Call[Job]:
        """Change the number of workers while the job runs."""
        return post(Job, "jobs", reference, "workers", body=request)

    @Verb
    def restart(self, reference: str, request: RestartRequest | None = None) -> Call[Job]:
        """A new execution of the job's newest generation; with overrides it returns once the new generation works."""
        request = request or RestartRequest()
        seconds = LONG_SECONDS if request.overrides else None
        return post(Job, "jobs", reference, "restart", body=request, seconds=seconds)

    @Verb
    def recover(self, reference: str, request: RecoverRequest | None = None) -> Call[Job]:
        """A new execution of a job that is over, which reads only the splits that are not finished, or some of them."""
        return post(Job, "jobs", reference, "recover", body=request or RecoverRequest())

    @Verb
    def queues(self) -> Call[tuple[Queue, ...]]:
        """Queues that are limited or in use, and the default one, by name."""
        return get(QueueList, "queues").then(lambda reply: reply.queues)

    @Verb
    def limit_queue(self, name: str, limit: int | None) -> Call[Queue]:
        """Let at most ``limit`` of the queue's jobs run at the same time; None: all."""
        return put(Queue, "queues", name, body=QueueRequest(limit=limit))
