"""The same verbs in another mood: what a command would do, the operation it begins, or the job named by its execution.

``client.dry_run.stop("orders")`` returns what a stop would keep and lose; nothing is done. ``client.background.savepoint(...)``
returns the operation at once. ``client.by_execution.stop(execution_id)`` is refused unless it is the job's newest one.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

from runner.operation import Effects, Operation
from runner.verbs.call import Call
from runner.verbs.changes import ChangeVerbs
from runner.verbs.checkpoints import SavepointDeletion
from runner.verbs.control import ControlVerbs
from runner.verbs.verb import Awaited, Begun, BegunAwaited, Blocking, Tried, TriedAwaited

T = TypeVar("T")


class _View:
    def __init__(self, perform: Callable[[Call[Any]], Any]) -> None:
        self._perform = perform


class DryRun(_View, ControlVerbs, ChangeVerbs, SavepointDeletion, Tried):
    """What each command would do right now."""

    def perform(self, call: Call[Any]) -> Effects:
        """Ask what the call would do."""
        found: Effects = self._perform(call.as_dry_run())
        return found


class AsyncDryRun(_View, ControlVerbs, ChangeVerbs, SavepointDeletion, TriedAwaited):
    """What each command would do right now, to be awaited."""

    def perform(self, call: Call[Any]) -> Coroutine[Any, Any, Effects]:
        """Ask what the call would do."""
        found: Coroutine[Any, Any, Effects] = self._perform(call.as_dry_run())
        return found


class Background(_View, ControlVerbs, Begun):
    """The operation that each command begins."""

    def perform(self, call: Call[Any]) -> Operation:
        """Make the call, and do not wait for what comes of it."""
        found: Operation = self._perform(call.in_background())
        return found


class AsyncBackground(_View, ControlVerbs, BegunAwaited):
    """The operation that each command begins, to be awaited."""

    def perform(self, call: Call[Any]) -> Coroutine[Any, Any, Operation]:
        """Make the call, and do not wait for what comes of it."""
        found: Coroutine[Any, Any, Operation] = self._perform(call.in_background())
        return found


class ByExecution(ControlVerbs, Blocking):
    """The commands to a job that is named by its newest execution."""

    noun: ClassVar[str] = "executions"

    def __init__(self, client: Blocking) -> None:
        self._client = client

    def perform(self, call: Call[T]) -> T:
        """Make the call."""
        return self._client.perform(call)


class AsyncByExecution(ControlVerbs, Awaited):
    """The commands to a job that is named by its newest execution, to be awaited."""

    noun: ClassVar[str] = "executions"

    def __init__(self, client: Awaited) -> None:
        self._client = client

    def perform(self, call: Call[T]) -> Coroutine[Any, Any, T]:
        """Make the call."""
        return self._client.perform(call)
