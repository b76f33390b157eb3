"""Verbs about queues and what waits in them."""

from __future__ import annotations

import msgspec

from runner.model import Queue
from runner.replies import CanceledList, QueueList
from runner.requests import CancelQueuedRequest, QueueRequest
from runner.verbs.call import Call, delete, get, post, put
from runner.verbs.verb import Verb


class QueueVerbs:
    """How many jobs run at the same time, and whose turn is next."""

    @Verb
    def queues(self) -> Call[tuple[Queue, ...]]:
        """Queues that are limited, paused or in use, and the default one, by name."""
        return get(QueueList, "queues").then(lambda reply: reply.queues)

    @Verb
    def queue(self, name: str) -> Call[Queue]:
        """Its limit, and what runs and waits in it."""
        return get(Queue, "queues", name)

    @Verb
    def limit_queue(self, name: str, limit: int | None, *, reason: str | None = None) -> Call[Queue]:
        """Let at most ``limit`` of the queue's jobs run at the same time; None: all."""
        return put(Queue, "queues", name, body=QueueRequest(limit=limit), query={"reason": reason})

    @Verb
    def pause_queue(self, name: str, paused: bool = True, *, reason: str | None = None) -> Call[Queue]:  # noqa: FBT001, FBT002
        """Let none of the queue's jobs start, or let them again. What runs already runs on."""
        body = QueueRequest(limit=msgspec.UNSET, paused=paused)
        return put(Queue, "queues", name, body=body, query={"reason": reason})

    @Verb
    def delete_queue(self, name: str, *, reason: str | None = None) -> Call[None]:
        """Forget its limit and its pause. One that is in use is refused."""
        return delete("queues", name, query={"reason": reason})

    @Verb
    def cancel_queued(
        self, request: CancelQueuedRequest, *, reason: str | None = None, dry_run: bool = False
    ) -> Call[CanceledList]:
        """Cancel executions that wait for their turn; what runs already is left alone, and told. With ``dry_run`` nothing is
        done: the answer lists what would be."""
        return post(CanceledList, "cancel", body=request, query={"reason": reason, "dry_run": dry_run or None})
