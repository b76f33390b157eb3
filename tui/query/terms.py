"""The conditions that a filter is made of."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from runner.model import Job
from runner.states import ExecutionState
from tui.query.fields import Field, state_of

COMPARISONS: Final = MappingProxyType({">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt})
GROUPS: Final = MappingProxyType(
    {
        "active": frozenset(state for state in ExecutionState if not state.is_terminal),
        "ended": frozenset(state for state in ExecutionState if state.is_terminal),
    }
)
_LONGEST_SEARCHED = 256
"""Characters of a text that a pattern is tried on: matching takes place between two frames of the screen."""


class Term(Protocol):
    """One condition."""

    def accepts(self, job: Job, now: float) -> bool:
        """Whether ``job`` meets it."""
        ...


class Word(msgspec.Struct, frozen=True):
    """The text is part of the job's name or id."""

    text: str

    def accepts(self, job: Job, now: float) -> bool:  # noqa: ARG002 - the protocol's
        """Whether it is."""
        return self.text in job.name.casefold() or self.text in job.id.casefold()


class Pattern(msgspec.Struct, frozen=True):
    """The pattern is found in the job's name, or in the field."""

    pattern: re.Pattern[str]
    field: Field | None = None

    def accepts(self, job: Job, now: float) -> bool:
        """Whether it is."""
        text = job.name if self.field is None else str(self.field.read(job, now) or "")
        return self.pattern.search(text[:_LONGEST_SEARCHED]) is not None


class Contains(msgspec.Struct, frozen=True):
    """The field contains one of the texts, or with ``exact`` is one of them."""

    field: Field
    texts: tuple[str, ...]
    exact: bool = False

    def accepts(self, job: Job, now: float) -> bool:
        """Whether it does."""
        value = str(self.field.read(job, now) or "").casefold()
        return value in self.texts if self.exact else any(text in value for text in self.texts)


class InState(msgspec.Struct, frozen=True):
    """The newest execution is in one of the states."""

    states: frozenset[ExecutionState]

    def accepts(self, job: Job, now: float) -> bool:  # noqa: ARG002 - the protocol's
        """Whether it is."""
        return state_of(job) in self.states


class Compares(msgspec.Struct, frozen=True):
    """The amount of the field stands so to ``amount``. What is not known does not."""

    field: Field
    compare: Callable[[float, float], bool]
    amount: float

    def accepts(self, job: Job, now: float) -> bool:
        """Whether it does."""
        value = self.field.read(job, now)
        return isinstance(value, int | float) and self.compare(value, self.amount)


class Not(msgspec.Struct, frozen=True):
    """The condition does not hold."""

    term: Term

    def accepts(self, job: Job, now: float) -> bool:
        """Whether it does not."""
        return not self.term.accepts(job, now)


class Nothing(msgspec.Struct, frozen=True):
    """What was not understood: no job meets it."""

    def accepts(self, job: Job, now: float) -> bool:  # noqa: ARG002 - the protocol's
        """Never."""
        return False


def states_of(prefix: str) -> frozenset[ExecutionState]:
    """The states of a group, or those that begin with ``prefix``; empty when there is none."""
    if prefix in GROUPS:
        return GROUPS[prefix]
    return frozenset(state for state in ExecutionState if state.value.casefold().startswith(prefix))
