"""Verbs about the daemon itself and the keys to it."""

from __future__ import annotations

from runner.audit import AuditPage
from runner.model import ApiKey, DaemonStatus
from runner.replies import KeyList, NewKey, ShutdownReply
from runner.requests import KeyRequest, RotateRequest
from runner.transport import Query
from runner.verbs.call import Call, delete, get, post
from runner.verbs.observation import Time
from runner.verbs.verb import Verb


class DaemonVerbs:
    """The daemon and its keys."""

    @Verb
    def status(self) -> Call[DaemonStatus]:
        """The daemon and its processes."""
        return get(DaemonStatus, "status")

    @Verb
    def shutdown(self) -> Call[int]:
        """Ask the daemon to end; returns its process id without waiting."""
        return post(ShutdownReply, "shutdown").then(lambda reply: reply.pid)

    @Verb
    def keys(self) -> Call[tuple[ApiKey, ...]]:
        """The keys that open the daemon over TCP, by name; without the secrets, which nobody has any more."""
        return get(KeyList, "keys").then(lambda reply: reply.keys)

    @Verb
    def add_key(self, request: KeyRequest) -> Call[NewKey]:
        """Make a key; the answer is the only one that has it."""
        return post(NewKey, "keys", body=request)

    @Verb
    def rotate_key(self, name: str, request: RotateRequest | None = None) -> Call[NewKey]:
        """Give a key a new secret, which only the answer has; the old one opens nothing any more."""
        return post(NewKey, "keys", name, "rotate", body=request or RotateRequest())

    @Verb
    def audit(
        self,
        job: str | None = None,
        *,
        who: str | None = None,
        action: str | None = None,
        since: Time | None = None,
        until: Time | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Call[AuditPage]:
        """Who did what, newest first; ``after`` is ``next`` of the page before."""
        query: Query = {
            "job": job,
            "who": who,
            "action": action,
            "since": since,
            "until": until,
            "limit": limit,
            "after": after,
        }
        return get(AuditPage, "audit", query=query)

    @Verb
    def remove_key(self, name: str) -> Call[None]:
        """From now on the key opens nothing."""
        return delete("keys", name)
