"""Deep work without deep recursion.

A step is a generator that yields the steps it needs and receives their results. :func:`run` drives a step and everything it
asks for on an explicit stack, so that nesting in a hostile file costs memory of the heap, never the interpreter's stack.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Step: TypeAlias = Generator["Step[Any]", Any, T]


def ready(result: T) -> Step[T]:
    """A step that is done already."""
    return result
    yield  # makes this a generator


def run(first: Step[T]) -> T:
    """Drive ``first`` to its end and return its result."""
    stack: list[Step[Any]] = [first]
    result: Any = None
    while stack:
        try:
            needed = stack[-1].send(result)
        except StopIteration as stop:
            stack.pop()
            result = stop.value
        else:
            stack.append(needed)
            result = None
    return result  # type: ignore[no-any-return]  # the last value is that of `first`
