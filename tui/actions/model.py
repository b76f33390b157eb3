"""The shape of an action, and of what is said before it is carried out."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

import msgspec

from runner.states import ExecutionState
from tui.data.models import JobView

INSTEAD: Final = ("f", "f4")
"""The keys of a dialog that show the job's file; the second one also while a word is being typed."""


class Risk(enum.IntEnum):
    """How much asking an action needs."""

    INSTANT = 1  # runs at once, a toast says how to undo it
    CONFIRM = 2  # one dialog; y says yes
    DESTRUCTIVE = 3  # one dialog; only typing what it asks for says yes


class Weight(enum.Enum):
    """What a fact in a dialog is about."""

    PLAIN = enum.auto()
    KEPT = enum.auto()
    LOST = enum.auto()
    BETTER = enum.auto()


class Fact(msgspec.Struct, frozen=True):
    """One labelled statement of a dialog."""

    label: str
    text: str
    weight: Weight = Weight.PLAIN


class Question(msgspec.Struct, frozen=True):
    """What the daemon says that an action would do now. ``go`` and ``stay`` are the words on the two buttons, ``word`` is what
    has to be typed for a DESTRUCTIVE one. Of one that is not ``allowed`` the facts say why. ``about``: the execution and its
    state that the daemon was speaking of, None when it speaks of several. ``instead``: the job's file could be run instead."""

    title: str
    facts: tuple[Fact, ...]
    go: str
    stay: str
    risk: Risk
    word: str = ""
    allowed: bool = True
    about: tuple[str | None, str] | None = None
    instead: bool = False


class Action(msgspec.Struct, frozen=True):
    """``refusal`` says why the action is probably not possible for a job as it stands, empty when it is: a first guess, the
    daemon has the last word. ``opens`` marks an action that asks something more before it acts (its title ends in an
    ellipsis), ``in_bar`` one that the key bar shows."""

    id: str
    title: str
    help: str
    risk: Risk
    refusal: Callable[[JobView], str]
    opens: bool = False
    in_bar: bool = True

    def title_of(self, view: JobView | None) -> str:
        """What the action is called for a job as it stands: a pause is taken back by the same key."""
        if self.id == "pause" and view is not None and view.state is ExecutionState.PAUSED:
            return "Resume"
        return self.title
