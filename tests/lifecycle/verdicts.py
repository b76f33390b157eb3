"""Which answers are right: a command must work, may be refused, or changes nothing, by the states in which its job was between
the question and the answer. Where several clients or a dying daemon make that unknowable, every outcome that one of the orders
explains is right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from commands import Answer, Outcome, Verb
from history import SLACK, History

from runner.model import DesiredState
from runner.states import ExecutionState

S = ExecutionState
ENDED = frozenset({S.FINISHED, S.STOPPED, S.CANCELED, S.FAILED, None})
ACTIVE = frozenset(S) - ENDED
ENDING = frozenset({S.STOPPING, S.CANCELING})
WAITING = frozenset({S.CREATED, S.QUEUED})
_OTHER_REFUSALS = frozenset(
    {"usage", "already-exists", "name-taken", "in-progress", "precondition-failed", "store-unavailable", "store-timeout"}
)
_NAMED_STATE = re.compile(rf"\b(?:is|was) ({'|'.join(S)})\b")

LENGTHY = frozenset(
    {
        Verb.SUBMIT,
        Verb.SUBMIT_CHANGED,
        Verb.STORE,
        Verb.START,
        Verb.RESTART,
        Verb.RESTART_NONE,
        Verb.RESTART_SAVEPOINT,
        Verb.RESTART_SET,
        Verb.RECOVER,
        Verb.RECOVER_ERRORS,
        Verb.RECOVER_PENDING,
        Verb.DELETE,
        Verb.UNDELETE,
        Verb.PURGE,
        Verb.REPLACE,
        Verb.MOVE,
    }
)
"""Operations of several steps: while one works on a job, another one may be refused."""

STARTERS = LENGTHY - {Verb.STORE, Verb.DELETE, Verb.UNDELETE, Verb.PURGE, Verb.REPLACE, Verb.MOVE}
"""What wants the job to run."""

ENDERS = frozenset({Verb.STOP, Verb.STOP_NOW, Verb.CANCEL, Verb.CANCEL_QUEUED})
_NEVER_REFUSED = frozenset(
    {
        Verb.STOP,
        Verb.STOP_NOW,
        Verb.CANCEL,
        Verb.LABEL,
        Verb.RETAIN,
        Verb.NAME,
        Verb.LIMIT_QUEUE,
        Verb.PAUSE_QUEUE,
        Verb.CANCEL_QUEUED,
        Verb.SHOW,
    }
)
_STEERING = frozenset({Verb.PAUSE, Verb.RESUME, Verb.ADD_WORKER, Verb.REMOVE_WORKER, Verb.TOTAL_WORKERS})
_OF_QUEUES = frozenset({Verb.LIMIT_QUEUE, Verb.PAUSE_QUEUE, Verb.DELETE_QUEUE, Verb.CANCEL_QUEUED})
_NO_JOB = _OF_QUEUES | {Verb.UNDELETE, Verb.DELETE, Verb.PURGE}

_REFUSABLE: dict[Verb, frozenset[S | None]] = {
    Verb.PAUSE: ENDED | ENDING,
    Verb.RESUME: ENDED | ENDING,
    Verb.ADD_WORKER: ENDED | ENDING | WAITING,
    Verb.REMOVE_WORKER: frozenset([*S, None]),
    Verb.TOTAL_WORKERS: ENDED | ENDING | WAITING,
    Verb.SAVEPOINT: ENDED | ENDING | WAITING | {S.STARTING, S.RESTARTING},
    Verb.RECOVER: frozenset([*S, None]),
    Verb.RECOVER_ERRORS: frozenset([*S, None]),
    Verb.RECOVER_PENDING: frozenset([*S, None]),
    Verb.DELETE: ACTIVE,
    Verb.PURGE: ACTIVE,
    Verb.UNDELETE: frozenset(),
    Verb.SUBMIT: ACTIVE,
    Verb.SUBMIT_CHANGED: ACTIVE,
    Verb.STORE: ACTIVE,
    Verb.START: ENDING | {S.PAUSED},
    Verb.RESTART: ENDING,
    Verb.RESTART_NONE: ENDING,
    Verb.RESTART_SET: ENDED | ENDING | {S.STARTING, S.RESTARTING},
    Verb.KILL_WORKER: frozenset([*S, None]),
}
"""In which states a conflict explains itself, when nothing else happens to the job. Verbs that are missing: in every one."""

_POSSIBLE: dict[Verb, frozenset[S | None]] = {
    Verb.PAUSE: ACTIVE - ENDING,
    Verb.RESUME: ACTIVE - ENDING,
    Verb.ADD_WORKER: ACTIVE - ENDING - WAITING,
    Verb.REMOVE_WORKER: ACTIVE - ENDING - WAITING,
    Verb.TOTAL_WORKERS: ACTIVE - ENDING - WAITING,
    Verb.SAVEPOINT: frozenset({S.RUNNING, S.PAUSED, S.SAVEPOINTING}),
    Verb.RECOVER: ENDED,
    Verb.RECOVER_ERRORS: ENDED,
    Verb.RECOVER_PENDING: ENDED,
    Verb.DELETE: ENDED,
    Verb.PURGE: ENDED,
    Verb.START: frozenset([*S, None]) - ENDING - {S.PAUSED},
    Verb.RESTART: frozenset([*S, None]) - ENDING,
    Verb.RESTART_NONE: frozenset([*S, None]) - ENDING,
    Verb.RESTART_SAVEPOINT: frozenset([*S, None]) - ENDING,
}
"""In which states the command can have succeeded."""


@dataclass(frozen=True, slots=True)
class Disturbed:
    """A time in which something was killed or frozen. ``name``: the job whose file was edited, empty for the whole daemon."""

    begin: float
    end: float
    name: str = ""
    daemon: bool = False
    """The daemon itself was killed, restarted or frozen."""


class Judge:
    """Judges answers by the history. ``disturbances`` grows while the model runs."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.disturbances: list[Disturbed] = []

    def trouble(self, answer: Answer, answers: Sequence[Answer]) -> Iterable[str]:
        """What is wrong with an answer, given all others and a history that has caught up."""
        seen = self._history.seen(answer.command.job.name, answer.asked_at, answer.answered_at)
        match answer.outcome:
            case Outcome.UNKNOWN:
                if not self._disturbed(answer, daemon=True):
                    yield "nobody answers though nothing was done to the daemon"
            case Outcome.REFUSED:
                yield from self._of_refusal(answer, answers, seen)
            case Outcome.DONE:
                yield from self._of_success(answer, answers, seen)

    def overlapping(self, answer: Answer, answers: Sequence[Answer]) -> list[Answer]:
        """Other commands for the same job that may have been carried out at the same time."""
        return [
            other
            for other in answers
            if other is not answer
            and (other.command.job.name == answer.command.job.name or other.command.verb is Verb.CANCEL_QUEUED)
            and other.asked_at <= answer.answered_at + SLACK
            and self._end(other) + SLACK >= answer.asked_at
        ]

    def _end(self, answer: Answer) -> float:
        """When its effects were there at the latest, as far as that is known: restarts go on after their answer."""
        lasting = answer.command.verb in STARTERS and answer.answered_at - answer.asked_at > 4
        return answer.answered_at + (120 if lasting or answer.outcome is Outcome.UNKNOWN else 0)

    def _disturbed(self, answer: Answer, *, daemon: bool = False) -> bool:
        name = answer.command.job.name
        return any(
            found.begin - SLACK <= answer.answered_at and answer.asked_at <= found.end + SLACK
            for found in self.disturbances
            if (found.daemon or not daemon) and found.name in {"", name}
        )

    # refusals

    def _of_refusal(self, answer: Answer, answers: Sequence[Answer], seen: set[S | None]) -> Iterable[str]:
        if answer.status >= 500 and not (answer.status in {503, 504} and self._disturbed(answer, daemon=True)):
            yield f"the daemon failed with {answer.status}"
        if not answer.code or not answer.message:
            yield "the refusal has no code or says nothing"
        if not answer.hint:
            yield "the refusal has no hint"
        for state in _NAMED_STATE.findall(answer.message):
            if S(state) not in seen:
                yield f"it says {state}, but the job was {_listed(seen)}"
        busy = self._disturbed(answer) or any(
            other.command.verb in LENGTHY | ENDERS for other in self.overlapping(answer, answers)
        )
        if answer.code == "not-found":
            yield from self._of_absence(answer)
        elif answer.code == "conflict":
            yield from self._of_conflict(answer, seen, busy=busy)
        elif answer.code not in _OTHER_REFUSALS:
            yield f"{answer.code} is no refusal that the command may have"

    def _of_absence(self, answer: Answer) -> Iterable[str]:
        there = self._history.was_there(answer.command.job.name, answer.asked_at, answer.answered_at)
        numbered = {Verb.RESTART_SAVEPOINT, Verb.DELETE_SAVEPOINT, Verb.KILL_WORKER, Verb.UNDELETE, Verb.BY_EXECUTION}
        numbered |= {Verb.RELOAD_APPLY, Verb.RELOAD_DISCARD}  # of a job that comes from no watched file
        called = self._history.called(answer.command.job.name, answer.asked_at, answer.answered_at)
        if there == {True} and called == {answer.called} and answer.command.verb not in numbered:
            yield "it says that the job is not there, and it is"

    def _of_conflict(self, answer: Answer, seen: set[S | None], *, busy: bool) -> Iterable[str]:
        verb = answer.command.verb
        if verb in _NEVER_REFUSED:
            if not self._disturbed(answer):
                yield "this command is never refused"
        elif "checkpoint" in answer.message and verb in STARTERS:
            pass  # nothing to go on from, or not what the positions mean
        elif not busy and not seen & _REFUSABLE.get(verb, frozenset([*S, None])):
            yield f"it is refused though the job was {_listed(seen)}, and nothing else happened to it"

    # successes

    def _of_success(self, answer: Answer, answers: Sequence[Answer], seen: set[S | None]) -> Iterable[str]:
        verb, name = answer.command.verb, answer.command.job.name
        possible = _POSSIBLE.get(verb)
        if possible is not None and not seen & possible:
            yield f"it worked though the job was {_listed(seen)}"
        there = self._history.was_there(name, answer.asked_at, answer.answered_at)
        if there == {False} and verb not in _NO_JOB:
            yield "it worked on a job that is not there"
        if answer.job is not None:
            yield from self._of_record(answer, answers, seen)
        if verb in ENDERS and answer.job is not None:
            yield from self._of_end(answer)

    def _of_record(self, answer: Answer, answers: Sequence[Answer], seen: set[S | None]) -> Iterable[str]:
        job, verb = answer.job, answer.command.verb
        assert job is not None
        execution = job.execution
        if (execution.state if execution else None) not in seen:
            yield f"it answers {execution.state if execution else None}, but the job was {_listed(seen)}"
        called = self._history.called(answer.command.job.name, answer.asked_at, answer.answered_at)
        if job.name not in called:
            yield f"it answers the name {job.name}, but the job was called {', '.join(sorted(called))}"
        alone = not self.overlapping(answer, answers) and not self._disturbed(answer)
        if not alone or execution is None:
            return
        if verb is Verb.PAUSE and execution.pause is None and not execution.state.is_terminal:
            yield "it is not paused"
        if verb is Verb.RESUME and execution.pause is not None:
            yield "it is still paused"
        wanted = {Verb.STOP: DesiredState.STOPPED, Verb.STOP_NOW: DesiredState.STOPPED, Verb.CANCEL: DesiredState.CANCELED}
        expected = wanted.get(verb, DesiredState.RUNNING if verb in STARTERS else job.desired_state)
        # Who asks for the end of what is ending by itself at that moment may see it end first.
        if job.desired_state is not expected and not execution.state.is_terminal:
            yield f"the job is to be {job.desired_state}"
        slow = answer.answered_at - answer.asked_at > 4
        if verb in STARTERS - {Verb.SUBMIT, Verb.SUBMIT_CHANGED, Verb.START, Verb.RESTART_SET} and not slow:
            created = self._history.created_between(job.id, answer.asked_at, answer.answered_at)
            if not created:
                yield "there is no new execution"

    def _of_end(self, answer: Answer) -> Iterable[str]:
        """Nothing that was told to end works on."""
        execution = answer.job.execution if answer.job else None
        if execution is None:
            return
        later = set(self._history.states_since(execution.id, answer.answered_at + SLACK))
        again = later & {S.RUNNING, S.PAUSED, S.SAVEPOINTING, S.QUEUED, S.STARTING}
        if again:
            yield f"it was told to end, and then it was {_listed(again)}"


def contradictions(answers: Sequence[Answer]) -> Iterable[str]:
    """What grows has not become less between an answer and a question that came after it."""
    done = sorted((answer for answer in answers if answer.outcome is Outcome.DONE), key=lambda answer: answer.asked_at)
    highest: dict[tuple[str, str], tuple[float, int, Answer]] = {}
    by_end = sorted(done, key=lambda answer: answer.answered_at)
    position = 0
    for answer in done:
        while position < len(by_end) and by_end[position].answered_at < answer.asked_at:
            for key, value in _growing(by_end[position]):
                if key not in highest or highest[key][1] < value:
                    highest[key] = (by_end[position].answered_at, value, by_end[position])
            position += 1
        for key, value in _growing(answer):
            known = highest.get(key)
            strictly = key[1] == "savepoint"
            if known is not None and (value < known[1] or (strictly and value == known[1])):
                yield f"{key[1]} {value} after {known[1]}: <{known[2]}> then <{answer}>"


def _growing(answer: Answer) -> Iterable[tuple[tuple[str, str], int]]:
    if answer.job is not None:
        version = getattr(answer.job, "version", None)
        if version is not None:
            yield (answer.job.id, "version"), int(version)
        yield (answer.job.id, "generation"), answer.job.generation
        if answer.job.execution is not None:
            yield (answer.job.execution.id, "attempt"), answer.job.execution.attempt
            yield (answer.job.execution.id, "restarts"), answer.job.execution.restarts
    if answer.checkpoint is not None:
        yield (answer.checkpoint.job_id, "savepoint"), answer.checkpoint.id


def _listed(states: Iterable[S | None]) -> str:
    return ", ".join(sorted(str(state) for state in states)) or "nothing"
