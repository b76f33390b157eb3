"""What each command does to a job in each situation: the one table that the service obeys, the dry run tells and the documents
show. How a command is carried out is not in it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from runner.model import Job
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, NotFound


class Command(enum.StrEnum):
    """What may be asked of a job that is known."""

    START = "start"
    STOP = "stop"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RESTART = "restart"
    RECOVER = "recover"
    WORKERS = "workers"
    SAVEPOINT = "savepoint"
    UPDATE = "update"
    EDIT = "edit"
    DELETE = "delete"
    UNDELETE = "undelete"
    PURGE = "purge"


class Situation(enum.StrEnum):
    """How a job stands: without an execution, by the state of its newest one, being replaced (a restart or an upgrade is under
    way, whatever state its execution is in meanwhile), or deleted."""

    NEW = "NEW"
    CREATED = "CREATED"
    QUEUED = "QUEUED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    RESTARTING = "RESTARTING"
    SAVEPOINTING = "SAVEPOINTING"
    STOPPING = "STOPPING"
    CANCELING = "CANCELING"
    FINISHED = "FINISHED"
    STOPPED = "STOPPED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    REPLACING = "REPLACING"
    DELETED = "DELETED"


class Answer(enum.StrEnum):
    """It is done, there is nothing to do, or it is refused. BY_STATE: the state of the execution decides after all."""

    WORKS = "works"
    NOTHING = "nothing"
    REFUSED = "refused"
    BY_STATE = "by state"


@dataclass(frozen=True, slots=True)
class Rule:
    """One cell: the answer, and what it says: what happens, why there is nothing to do, or why not. ``hint``: what to do
    instead; ``{job}`` in it stands for the job's name."""

    answer: Answer
    says: str
    hint: str = ""


_S = Situation
WAITING: Final = (_S.CREATED, _S.QUEUED)
AT_WORK: Final = (_S.STARTING, _S.RUNNING, _S.PAUSED, _S.RESTARTING, _S.SAVEPOINTING)
ENDING: Final = (_S.STOPPING, _S.CANCELING)
OVER: Final = (_S.FINISHED, _S.STOPPED, _S.CANCELED, _S.FAILED)
BROKEN_OFF: Final = (_S.STOPPED, _S.CANCELED, _S.FAILED)
_START = "`flowdeck start {job}` starts it"
_WAIT = "try again once it is over; `flowdeck show {job}` tells"
_DELETED = Rule(Answer.REFUSED, "it is deleted", "`flowdeck undelete {job}` brings it back")
_REPLACING = Rule(Answer.REFUSED, "it is being restarted or upgraded", "try again when that is done")
_BY_STATE = Rule(Answer.BY_STATE, "as its execution's state says; a restart under way is given up by a stop or a cancel")
_IS_ENDING = Rule(Answer.REFUSED, "it is ending", _WAIT)
_IS_OVER = Rule(Answer.REFUSED, "it does not run", _START)
_NEVER_RAN = Rule(Answer.REFUSED, "it has not started", _START)
_DOES_NOT_RUN = Rule(Answer.NOTHING, "it does not run")


def _works(says: str) -> Rule:
    return Rule(Answer.WORKS, says)


def _nothing(says: str) -> Rule:
    return Rule(Answer.NOTHING, says)


def _row(*cells: tuple[Iterable[Situation], Rule], replacing: Rule = _REPLACING, deleted: Rule = _DELETED) -> dict[_S, Rule]:
    """A command's rules; of two for one situation the later one holds."""
    found = {situation: rule for situations, rule in cells for situation in situations}
    return {**found, _S.REPLACING: replacing, _S.DELETED: deleted}


_ALL = tuple(situation for situation in Situation if situation not in {_S.REPLACING, _S.DELETED})
_ACTIVE = (*WAITING, *AT_WORK, *ENDING)
_FROM_LAST = "starts a new execution where the newest complete checkpoint left off; from the beginning when there is none"

TABLE: Final[dict[Command, dict[Situation, Rule]]] = {
    Command.START: _row(
        ((_S.NEW, _S.FINISHED), _works("starts a new execution from the beginning")),
        ((*WAITING, *AT_WORK), _nothing("it runs already, or is about to")),
        ((_S.PAUSED,), Rule(Answer.REFUSED, "it is paused", "`flowdeck resume {job}` lets it read on")),
        (ENDING, _IS_ENDING),
        (BROKEN_OFF, _works(_FROM_LAST)),
    ),
    Command.STOP: _row(
        ((_S.NEW, *OVER), _DOES_NOT_RUN),
        (WAITING, _works("gives up its place in the queue: it has not started")),
        (AT_WORK, _works("takes a savepoint, then stops; without one it stops at once")),
        ((_S.STOPPING,), _works("goes on with the stop that is under way; without a savepoint it stops at once")),
        ((_S.CANCELING,), _nothing("it ends already, without a savepoint")),
        replacing=_BY_STATE,
    ),
    Command.CANCEL: _row(
        ((_S.NEW, *OVER), _DOES_NOT_RUN),
        (WAITING, _works("gives up its place in the queue: it has not started")),
        ((*AT_WORK, _S.STOPPING), _works("ends now, without a savepoint")),
        ((_S.CANCELING,), _nothing("it is being canceled already")),
        replacing=_BY_STATE,
    ),
    Command.PAUSE: _row(
        ((_S.NEW,), _NEVER_RAN),
        ((*WAITING, *AT_WORK), _works("reads nothing until it is resumed; one that does not read yet is paused once it would")),
        ((_S.PAUSED,), _nothing("it is paused already")),
        (ENDING, _IS_ENDING),
        (OVER, _IS_OVER),
        replacing=_BY_STATE,
    ),
    Command.RESUME: _row(
        ((_S.NEW,), _NEVER_RAN),
        ((*WAITING, *AT_WORK), _works("takes a pause back that has not come about yet")),
        ((_S.RUNNING,), _nothing("it is not paused")),
        ((_S.PAUSED,), _works("reads on")),
        (ENDING, _IS_ENDING),
        (OVER, _IS_OVER),
        replacing=_BY_STATE,
    ),
    Command.RESTART: _row(
        ((_S.NEW,), _works("starts the first execution, from the beginning or a directory: which one has to be said")),
        (WAITING, _works("takes its turn with a new execution")),
        (AT_WORK, _works("takes a savepoint, stops, and starts a new execution from there, or from where it was told")),
        (ENDING, _IS_ENDING),
        (OVER, _works("starts a new execution from the newest complete checkpoint, or from where it was told")),
    ),
    Command.RECOVER: _row(
        ((_S.NEW,), _NEVER_RAN),
        (_ACTIVE, Rule(Answer.REFUSED, "it is not over", "after a failed attempt another one follows by itself")),
        (ENDING, _IS_ENDING),
        (OVER, _works("starts a new execution that reads what is not finished; refused when there is nothing")),
    ),
    Command.WORKERS: _row(
        ((_S.NEW,), _NEVER_RAN),
        (WAITING, Rule(Answer.REFUSED, "it has no workers yet", "ask again when it runs, or set env.workers in the job file")),
        (AT_WORK, _works("workers join, or leave with the next checkpoint, while the job runs on")),
        (ENDING, _IS_ENDING),
        (OVER, _IS_OVER),
        replacing=_BY_STATE,
    ),
    Command.SAVEPOINT: _row(
        ((_S.NEW,), _NEVER_RAN),
        (WAITING, Rule(Answer.REFUSED, "there is nothing to save: it has not started", "ask again when it runs")),
        (AT_WORK, _works("takes a savepoint, as soon as it can, and runs on")),
        (ENDING, _IS_ENDING),
        (OVER, Rule(Answer.REFUSED, "there is nothing to save: it does not run", _START)),
        replacing=_BY_STATE,
    ),
    Command.UPDATE: _row(
        ((_S.NEW, *OVER), _works("records a new generation, which the next start runs")),
        (WAITING, _works("records a new generation, which keeps the turn")),
        (AT_WORK, _works("stops with a savepoint and goes on from it as a new generation; back to the old one if that fails")),
        (ENDING, _works("records a new generation, which the next start runs")),
    ),
    Command.EDIT: _row(
        (_ALL, _works("changes the job's name, labels or retention; what runs is not touched")), replacing=_BY_STATE
    ),
    Command.DELETE: _row(
        ((_S.NEW, *OVER), _works("hides the job and frees its name; it can be brought back until it is purged")),
        (_ACTIVE, Rule(Answer.REFUSED, "it is not over", "`flowdeck cancel {job}` first")),
        (ENDING, _IS_ENDING),
        deleted=_nothing("it is deleted already"),
    ),
    Command.UNDELETE: _row(
        (_ALL, _nothing("it is not deleted")),
        replacing=_nothing("it is not deleted"),
        deleted=_works("brings the job back, unless another one has taken its name"),
    ),
    Command.PURGE: _row(
        ((_S.NEW, *OVER), _works("forgets the job with its generations, executions, checkpoints and savepoints, for good")),
        (_ACTIVE, Rule(Answer.REFUSED, "it is not over", "`flowdeck cancel {job}` first")),
        (ENDING, _IS_ENDING),
        deleted=_works("forgets the job with its generations, executions, checkpoints and savepoints, for good"),
    ),
}


def situation_of(job: Job, *, replacing: bool) -> Situation:
    """How the job stands; ``replacing``: an operation of several steps works on it."""
    if job.deleted_at is not None:
        return Situation.DELETED
    if replacing:
        return Situation.REPLACING
    return _by_state(job)


def rule_of(command: Command, job: Job, *, replacing: bool) -> Rule:
    """The rule that holds for the job now; its answer is never BY_STATE."""
    rule = TABLE[command][situation_of(job, replacing=replacing)]
    return TABLE[command][_by_state(job)] if rule.answer is Answer.BY_STATE else rule


def permit(command: Command, job: Job, *, replacing: bool) -> bool:
    """Whether there is anything to do. Raises :class:`Conflict` when it is refused, :class:`NotFound` for a deleted job."""
    rule = rule_of(command, job, replacing=replacing)
    if rule.answer is Answer.REFUSED:
        if job.deleted_at is not None:
            raise NotFound(f"the job {job.name} is deleted", hint=hint_of(rule, job))
        raise Conflict(refusal(rule, job), hint=hint_of(rule, job))
    return rule.answer is Answer.WORKS


def refusal(rule: Rule, job: Job) -> str:
    """Why not, as a sentence that names the job and its state."""
    state = "" if job.execution is None else f" is {job.execution.state}"
    return f"the job {job.name}{state}: {rule.says}"


def hint_of(rule: Rule, job: Job) -> str:
    """What to do instead."""
    return rule.hint.replace("{job}", job.id if job.deleted_at is not None else job.name)


def _by_state(job: Job) -> Situation:
    return Situation.NEW if job.execution is None else Situation(ExecutionState(job.execution.state).value)


def as_markdown() -> str:
    """The table for the documents: a line per command and answer, with the situations it holds in."""
    lines = ["| command | when | answer |", "|---|---|---|"]
    for command, rules in TABLE.items():
        grouped: dict[Rule, list[str]] = {}
        for situation in Situation:
            grouped.setdefault(rules[situation], []).append(situation.value)
        lines.extend(f"| `{command}` | {' '.join(situations)} | {_described(rule)} |" for rule, situations in grouped.items())
    return "\n".join(lines) + "\n"


def _described(rule: Rule) -> str:
    hint = f"; {rule.hint.replace('{job}', 'JOB')}" if rule.hint else ""
    return f"{rule.answer}: {rule.says}{hint}"
