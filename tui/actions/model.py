"""The shape of an action and of what it says before it is carried out."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from tui.data.models import JobView


class Risk(enum.IntEnum):
    """How much asking an action needs."""

    INSTANT = 1  # runs at once, a toast says what it did
    CONFIRM = 2  # one dialog; y says yes
    DESTRUCTIVE = 3  # one dialog; only its button says yes


class Weight(enum.Enum):
    """What a fact in a dialog is about."""

    PLAIN = enum.auto()
    KEPT = enum.auto()
    LOST = enum.auto()
    BETTER = enum.auto()


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled statement of a dialog."""

    label: str
    text: str
    weight: Weight = Weight.PLAIN


@dataclass(frozen=True, slots=True)
class Effects:
    """Exactly what an action will do to one job now. ``go`` and ``stay`` are the words on the two buttons."""

    title: str
    facts: tuple[Fact, ...]
    go: str
    stay: str
    risk: Risk


@dataclass(frozen=True, slots=True)
class Action:
    """``refusal`` says why the action is not possible for a job as it stands, empty when it is. ``opens`` marks an action
    that asks something more before it acts (its title ends in an ellipsis)."""

    id: str
    key: str
    title: str
    help: str
    risk: Risk
    refusal: Callable[[JobView], str]
    opens: bool = False
