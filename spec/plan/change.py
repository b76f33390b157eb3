"""What a change of a job comes to: data for people and programs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class Effect(enum.StrEnum):
    """What it takes to make a change, from the least to the most."""

    NONE = "none"
    NEW = "new"
    IN_PLACE = "in place"
    RESCALE = "rescale"
    RESTART = "restart"
    BREAKING = "breaking"

    @property
    def weight(self) -> int:
        """The greatest of several changes decides for all of them."""
        return list(Effect).index(self)


class Action(enum.StrEnum):
    """What happens at a path."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two generations. ``before`` and ``after`` are plain values; None where there is none. When it
    ``is_plugin``, a whole plugin comes, goes or is replaced, and they are its name."""

    path: str
    action: Action
    effect: Effect
    reason: str
    before: Any = None
    after: Any = None
    is_plugin: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All differences, in the order of a job file; ``effect`` is the greatest."""

    effect: Effect
    changes: tuple[Change, ...] = ()
