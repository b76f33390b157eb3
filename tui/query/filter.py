"""The filter line: words that must appear in a job's name or id, ``state:running``, and ``!`` before either to exclude."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import Job
from runner.states import ExecutionState

_GROUPS = {
    "active": frozenset(state for state in ExecutionState if not state.is_terminal),
    "ended": frozenset(state for state in ExecutionState if state.is_terminal),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: a word to find, or the states to be in."""

    text: str
    states: frozenset[ExecutionState] | None = None
    negated: bool = False

    def accepts(self, job: Job) -> bool:
        """Whether ``job`` meets the condition."""
        return self._holds(job) is not self.negated

    def _holds(self, job: Job) -> bool:
        if self.states is not None:
            state = job.execution.state if job.execution else ExecutionState.CREATED
            return state in self.states
        return self.text in job.name.casefold() or self.text in job.id.casefold()


@dataclass(frozen=True, slots=True)
class Filter:
    """All conditions of a filter line; ``problem`` says what in it was not understood."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    problem: str = ""

    def accepts(self, job: Job) -> bool:
        """Whether ``job`` meets every condition."""
        return all(term.accepts(job) for term in self.terms)


def parse(text: str) -> Filter:
    """Read a filter line. Never fails: a ``state:`` that fits no state matches nothing and is reported in ``problem``."""
    terms: list[Term] = []
    problem = ""
    for word in text.casefold().split():
        negated, body = word.startswith("!") and len(word) > 1, word
        if negated:
            body = word[1:]
        if not body.startswith("state:"):
            terms.append(Term(body, negated=negated))
            continue
        states = _states(body.removeprefix("state:"))
        problem = problem or ("" if states else f"no state starts with “{body.removeprefix('state:')}”")
        terms.append(Term(body, states, negated))
    return Filter(text.strip(), tuple(terms), problem)


def _states(prefix: str) -> frozenset[ExecutionState]:
    if prefix in _GROUPS:
        return _GROUPS[prefix]
    return frozenset(state for state in ExecutionState if state.value.casefold().startswith(prefix))
