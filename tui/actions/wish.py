"""What is wanted of one job: it can be tried dry, carried out, and written as a command line."""

from __future__ import annotations

import enum
import shlex
from collections.abc import Callable
from typing import Any

import msgspec

from runner.client import Client
from runner.operation import Effects, Operation
from runner.requests import RestartRequest, WorkersRequest
from tui.actions.target import Target


class Verb(enum.StrEnum):
    """What can be asked of a job; the value is the kind of the operation that it becomes."""

    SAVEPOINT = "savepoint"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CANCEL = "cancel"
    START = "start"
    RESTART = "restart"
    WORKERS = "workers"
    DELETE = "delete"
    UNDELETE = "undelete"
    DELETE_SAVEPOINT = "delete savepoint"


_COMMANDS = {Verb.DELETE: "rm"}
_HARMLESS = frozenset({Verb.SAVEPOINT, Verb.PAUSE, Verb.RESUME, Verb.UNDELETE})
"""What is carried out without a question, on whatever the job has become meanwhile."""


class Wish(msgspec.Struct, frozen=True):
    """``restore`` is where a restart goes on from; ``number`` is how many workers there are to be, or the savepoint's."""

    verb: Verb
    target: Target
    restore: str = "latest"
    number: int = 0

    @property
    def command(self) -> str:
        """The command line that does the same."""
        name = self.target.name or self.target.job_id
        if self.verb is Verb.DELETE_SAVEPOINT:
            return shlex.join(["flowdeck", "savepoints", "delete", f"{name}/{self.number}"])
        words = ["flowdeck", _COMMANDS.get(self.verb, self.verb.value), name]
        if self.verb is Verb.RESTART and self.restore != "latest":
            words += ["--from", self.restore]
        if self.verb is Verb.WORKERS:
            words += ["--total", str(self.number)]
        return shlex.join(words)

    def try_dry(self, daemon: Client) -> Effects:
        """What the daemon says that it would do now. Raises what the client raises."""
        if self.verb is Verb.DELETE_SAVEPOINT:
            return daemon.dry_run.delete_savepoint(self.target.job_id, self.number)
        found: Effects = self._ask(daemon.dry_run, {})
        return found

    def begin(self, daemon: Client) -> Operation | None:
        """Have it done, on the job as the person saw it; None when it is done already. Raises what the client raises."""
        if self.verb is Verb.DELETE_SAVEPOINT:
            daemon.delete_savepoint(self.target.job_id, self.number)
            return None
        version = {} if self.verb in _HARMLESS else {"version": self.target.version}
        if self.is_done_at_once:
            self._ask(daemon, version)
            return None
        found: Operation = self._ask(daemon.background, version)
        return found

    def _ask(self, side: Any, options: dict[str, int]) -> Any:
        """``side`` is the client, its dry runs or what it does in the background: all have the same verbs."""
        request = self._request()
        verb: Callable[..., Any] = getattr(side, "scale" if self.verb is Verb.WORKERS else self.verb.value)
        return verb(self.target.job_id, *(() if request is None else (request,)), **options)

    def _request(self) -> RestartRequest | WorkersRequest | None:
        if self.verb is Verb.RESTART:
            return RestartRequest(restore=self.restore)
        return WorkersRequest(total=self.number) if self.verb is Verb.WORKERS else None

    @property
    def is_done_at_once(self) -> bool:
        """Whether it becomes no operation that goes on after the answer."""
        return self.verb in (Verb.DELETE, Verb.UNDELETE, Verb.DELETE_SAVEPOINT)

    def has_happened(self, daemon: Client) -> bool:
        """Whether things look as they do after what is done at once. Raises what the client raises."""
        if self.verb is Verb.DELETE_SAVEPOINT:
            return all(one.id != self.number for one in daemon.savepoints(self.target.job_id))
        return (daemon.job(self.target.job_id).deleted_at is not None) is (self.verb is Verb.DELETE)
