"""How a verb, which is written once as the description of one call, becomes a method of each client.

``Client().job("orders")`` returns a Job, ``AsyncClient().job("orders")`` is awaited for one: a verb is a descriptor that hands
its call to the client it is asked of. Type checkers see the right result for each client, and every tool the signature.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from runner.verbs.call import Call

if TYPE_CHECKING:
    from runner.async_client import AsyncClient
    from runner.client import Client

P = ParamSpec("P")
T = TypeVar("T")


class Verb(Generic[P, T]):
    """Decorates a method that returns the :class:`Call` which the verb makes; its client performs that call."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        @functools.wraps(describe)
        def perform(client: Any, *arguments: P.args, **options: P.kwargs) -> Any:
            return client.perform(describe(client, *arguments, **options))

        self.__doc__ = describe.__doc__
        self._perform = perform

    @overload
    def __get__(self, client: None, owner: object = None) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(self, client: Client, owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncClient, owner: object = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Client | AsyncClient | None, owner: object = None) -> Callable[..., Any]:
        return self._perform if client is None else MethodType(self._perform, client)
