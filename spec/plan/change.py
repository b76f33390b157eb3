"""What a change of a job comes to: data for people and programs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class Effect(enum.StrEnum):
    """The class of a change: what it takes to make it, from the least to the most."""

    NONE = "none"
    NEW = "new"
    IGNORE = "ignore"
    LIVE = "live"
    SCALE = "scale"
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
    ``is_plugin``, a whole plugin comes, goes or is replaced, and they are its name. ``in_place``: what runs can take it,
    without a restart."""

    path: str
    action: Action
    effect: Effect
    reason: str
    before: Any = None
    after: Any = None
    is_plugin: bool = False
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All differences, in the order of a job file; ``effect`` is the greatest."""

    effect: Effect
    changes: tuple[Change, ...] = ()

    @property
    def in_place(self) -> bool:
        """Whether an execution can take all of it as it runs."""
        return all(change.in_place for change in self.changes)
