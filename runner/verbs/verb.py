"""How a verb, which is written once as the description of one call, becomes a method of each client.

``Client().job("orders")`` returns a Job, ``AsyncClient().job("orders")`` is awaited for one: a verb is a descriptor that hands
its call to the client it is asked of. Type checkers see the right result for each client, and every tool the signature.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from runner.verbs.call import Call

if TYPE_CHECKING:
    from runner.operation import Effects, Operation

P = ParamSpec("P")
T = TypeVar("T")


class Blocking:
    """Whose verbs return what is answered."""

    def perform(self, call: Call[T]) -> T:
        """Make the call and return what is answered."""
        raise NotImplementedError


class Awaited:
    """Whose verbs are awaited for what is answered."""

    def perform(self, call: Call[T]) -> Coroutine[Any, Any, T]:
        """Make the call; to be awaited for what is answered."""
        raise NotImplementedError


class Tried:
    """Whose verbs return what they would do."""

    def perform(self, call: Call[Any]) -> Effects:
        """Ask what the call would do."""
        raise NotImplementedError


class TriedAwaited:
    """Whose verbs are awaited for what they would do."""

    def perform(self, call: Call[Any]) -> Coroutine[Any, Any, Effects]:
        """Ask what the call would do; to be awaited."""
        raise NotImplementedError


class Begun:
    """Whose verbs return the operation that they begin."""

    def perform(self, call: Call[Any]) -> Operation:
        """Make the call, and do not wait for what comes of it."""
        raise NotImplementedError


class BegunAwaited:
    """Whose verbs are awaited for the operation that they begin."""

    def perform(self, call: Call[Any]) -> Coroutine[Any, Any, Operation]:
        """Make the call, and do not wait for what comes of it; to be awaited."""
        raise NotImplementedError


class Described(Generic[P, T]):
    """What all verbs are: the description of a call, and how it is handed to whom it is asked of."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        @functools.wraps(describe)
        def perform(client: Any, *arguments: P.args, **options: P.kwargs) -> Any:
            return client.perform(describe(client, *arguments, **options))

        self.__doc__ = describe.__doc__
        self._perform = perform

    def _bound(self, client: object) -> Callable[..., Any]:
        return self._perform if client is None else MethodType(self._perform, client)


def described(verb: Callable[..., Any]) -> Callable[..., Call[Any]]:
    """The call that a verb of a class makes, given a client, for another verb that makes it in its own way."""
    call: Callable[..., Call[Any]] = inspect.unwrap(verb)
    return call


class Verb(Described[P, T]):
    """Decorates a method that returns the :class:`Call` which the verb makes; its client performs that call."""

    @overload
    def __get__(self, client: None, owner: object = None) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(self, client: Blocking, owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaited, owner: object = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Blocking | Awaited | None, owner: object = None) -> Callable[..., Any]:
        return self._bound(client)


class Action(Described[P, T]):
    """A verb that does something to a job, which can be tried dry and done in the background, too."""

    @overload
    def __get__(self, client: None, owner: object = None) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(self, client: Blocking, owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaited, owner: object = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, client: Tried, owner: object = None) -> Callable[P, Effects]: ...
    @overload
    def __get__(self, client: TriedAwaited, owner: object = None) -> Callable[P, Coroutine[Any, Any, Effects]]: ...
    @overload
    def __get__(self, client: Begun, owner: object = None) -> Callable[P, Operation]: ...
    @overload
    def __get__(self, client: BegunAwaited, owner: object = None) -> Callable[P, Coroutine[Any, Any, Operation]]: ...
    def __get__(self, client: object, owner: object = None) -> Callable[..., Any]:
        return self._bound(client)
