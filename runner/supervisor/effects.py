"""What a command would do to a job right now: the dry run. Every number comes from the records; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from runner.model import Checkpoint, Job
from runner.operation import Effects, Risk, Safer
from runner.requests import RecoverRequest, RestartRequest, StartRequest, StopRequest, WorkersRequest
from runner.states import ExecutionState
from runner.supervisor.commands import Answer, Command, Rule, hint_of, refusal
from runner.supervisor.plan_view import delivery_of
from runner.supervisor.point_words import described, restore_point_of, row_count
from runner.supervisor.restore import LATEST, NONE
from spec.job import JobSpec
from spec.plan.change import Effect, Plan

_PATHS = 8
_EMPTIES = "DROP_DATA"
"""A sink's ``data_save_mode`` by which its target is emptied before the first row of an execution that begins from nothing."""
_UNTOUCHED = frozenset({ExecutionState.CREATED, ExecutionState.QUEUED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the records say of a job: ``point`` is what it can go on from (None: nothing), ``named`` what was asked to be gone
    on from, if that was named, and ``begun_anew`` whether the job has begun from the beginning since that; ``plan`` what a new
    generation changes."""

    job: Job
    spec: JobSpec
    point: Checkpoint | None
    named: Checkpoint | None = None
    begun_anew: bool = False
    usual_seconds: float | None = None
    executions: int = 0
    checkpoints: int = 0
    savepoints: int = 0
    plan: Plan | None = None

    @property
    def is_active(self) -> bool:
        """Whether the newest execution is under way."""
        return self.job.execution is not None and not self.job.execution.state.is_terminal

    @property
    def has_begun(self) -> bool:
        """Whether the newest execution has had workers."""
        return self.job.execution is not None and self.job.execution.started_at is not None

    @property
    def rows_read(self) -> int:
        """By the newest execution and those that it goes on from."""
        return self.job.execution.totals.rows_in if self.job.execution else 0

    @property
    def repeating_sinks(self) -> tuple[str, ...]:
        """Those that do not take part in checkpoints: they may get rows twice."""
        return tuple(sink.id for sink in self.spec.sinks if delivery_of(sink) != "exactly-once")

    @property
    def emptied_sinks(self) -> tuple[str, ...]:
        """Those whose targets are emptied by an execution that begins from the beginning."""
        return tuple(sink.id for sink in self.spec.sinks if sink.options.get("data_save_mode") == _EMPTIES)


@dataclass(slots=True, kw_only=True)
class _Told:
    """What is said of an action that is carried out."""

    does: str = ""
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    safer: list[Safer] = field(default_factory=list)
    point: Checkpoint | None = None
    again: int | None = 0
    risk: Risk = Risk.CONFIRM
    obstacle: str = ""
    """Why it would be refused although the table allows it."""
    way_out: str = ""
    """What to do about that."""


def effects_of(command: Command, rule: Rule, facts: Facts, request: object = None) -> Effects:
    """What ``command`` with this ``request`` would do, where ``rule`` is what the table says of it."""
    job = facts.job
    told = _Told(does=rule.says, point=facts.point)
    if rule.answer is Answer.WORKS and command in _TELLERS:
        _TELLERS[command](told, facts, request)
    elif rule.answer is Answer.NOTHING:
        told.does, told.risk = f"nothing: {rule.says}", Risk.NONE
    refused = rule.answer is Answer.REFUSED or bool(told.obstacle)
    return Effects(
        action=command.value,
        job_id=job.id,
        job_name=job.name,
        execution_id=job.execution.id if job.execution else None,
        state=str(job.execution.state) if job.execution else "NEW",
        allowed=not refused,
        reason=told.obstacle or (refusal(rule, job) if refused else ""),
        hint=told.way_out if told.obstacle else hint_of(rule, job),
        does="nothing" if refused else told.does,
        kept=tuple(told.kept),
        lost=tuple(told.lost),
        safer=tuple(told.safer),
        restore_point=restore_point_of(told.point),
        rows_to_read_again=told.again,
        usual_seconds=None if refused else facts.usual_seconds,
        risk=told.risk,
    )


# ending


def _stop(told: _Told, facts: Facts, request: object) -> None:
    wanted = request if isinstance(request, StopRequest) else StopRequest()
    if _not_started(told, facts):
        return
    if not wanted.savepoint:
        told.does = "stops at once, without a savepoint"
        _broken_off(told, facts)
        return
    told.kept.append(f"everything: {row_count(facts.rows_read)} read so far, and what is read until then")
    told.again = 0
    if wanted.timeout is not None:
        _stop_in_time(told, facts, wanted.timeout)


def _stop_in_time(told: _Told, facts: Facts, timeout: float) -> None:
    if facts.job.execution is not None and facts.job.execution.state is ExecutionState.STOPPING:
        told.obstacle = f"the job {facts.job.name} is being stopped already, and that cannot be given up"
        told.way_out = f"`flowdeck stop {facts.job.name} --no-savepoint` stops it at once"
        return
    told.does = f"takes a savepoint, then stops; runs on when the savepoint fails or takes longer than {timeout:g} s"
    if facts.usual_seconds is not None and facts.usual_seconds > timeout:
        told.safer.append(
            Safer(action="stop", why="without a timeout, or with a longer one: it usually takes longer than this")
        )


def _cancel(told: _Told, facts: Facts, _request: object) -> None:
    if not _not_started(told, facts):
        _broken_off(told, facts)


def _not_started(told: _Told, facts: Facts) -> bool:
    execution = facts.job.execution
    if execution is None or execution.state not in _UNTOUCHED:
        return False
    told.kept.append("everything: it has not started")
    return True


def _broken_off(told: _Told, facts: Facts) -> None:
    told.risk = Risk.DESTRUCTIVE
    told.again = _rows_since(facts, facts.point)
    if facts.point is None:
        told.kept.append("nothing to go on from: the job has no complete checkpoint")
        told.lost.append(f"{row_count(told.again)} read so far: the job can only start from the beginning")
    else:
        told.kept.append(described(facts.point))
        again = f"{row_count(told.again)} read after it: they are read again"
        told.lost.append("nothing: no row was read after it" if told.again == 0 else again)
    _tell_outputs(told, facts)
    if facts.has_begun:
        told.safer.append(Safer(action="stop", why="takes a savepoint first, and loses nothing"))
        if facts.job.execution is not None and facts.job.execution.state is not ExecutionState.PAUSED:
            told.safer.append(Safer(action="pause", why="only stops reading; everything stays where it is"))


def _tell_outputs(told: _Told, facts: Facts) -> None:
    told.kept.append("what checkpoints have committed to the targets")
    if repeating := facts.repeating_sinks:
        names = ", ".join(repeating)
        told.lost.append(f"{names}: at-least-once, so rows written after the checkpoint stay there and come again")


# starting


def _start(told: _Told, facts: Facts, request: object) -> None:
    wanted = request.restore if isinstance(request, StartRequest) else None
    finished = facts.job.execution is None or facts.job.execution.state is ExecutionState.FINISHED
    _begin(told, facts, wanted or (NONE if finished or facts.point is None else LATEST))


def _restart(told: _Told, facts: Facts, request: object) -> None:
    wanted = request if isinstance(request, RestartRequest) else RestartRequest()
    if facts.is_active and wanted.restore == LATEST:
        told.does = "takes a savepoint, stops, and starts a new execution from there"
        told.kept.append(f"everything: {row_count(facts.rows_read)} read so far, and what is read until then")
        told.safer.append(Safer(action="savepoint", why="saves the same and lets the job run on"))
    else:
        _begin(told, facts, wanted.restore)
        if facts.is_active:
            told.safer.append(
                Safer(action="restart", why="without a restore point of its own it goes on exactly where it stopped")
            )
    if wanted.overrides:
        told.does += f", as a new generation with {', '.join(sorted(wanted.overrides))} replaced"


def _begin(told: _Told, facts: Facts, restore: str) -> None:
    """A new execution from ``restore``."""
    generation = facts.job.generation
    if restore == NONE:
        told.does = f"starts generation {generation} from the beginning"
        told.point, told.again = None, facts.rows_read
        if facts.has_begun:
            told.risk = Risk.DESTRUCTIVE
            told.lost.append(f"everything is read again ({row_count(facts.rows_read)} so far){_targets(facts)}")
            if facts.point is not None:
                told.safer.append(Safer(action="restart", why=f"goes on from {described(facts.point)}"))
        return
    point = facts.named if facts.named is not None else facts.point
    told.point = point
    if point is None:
        told.does = f"starts generation {generation} from {restore}"
        told.again = None
        return
    told.does = f"starts generation {generation} from {described(point)}"
    told.kept.append(described(point))
    told.again = _rows_since(facts, point)
    if facts.point is not None and point.id < facts.point.id:
        told.risk = Risk.DESTRUCTIVE
        told.lost.append(f"{row_count(told.again)} read after it; what they have written stays in the targets and comes again")
        told.safer.append(Safer(action="restart", why=f"goes on from the newest: {described(facts.point)}"))

    if facts.begun_anew and (emptied := facts.emptied_sinks):
        told.risk = Risk.DESTRUCTIVE
        told.lost.append(
            f"what {', '.join(emptied)} had written before that point: the job has begun from the beginning since, and emptied"
            " the target"
        )


def _targets(facts: Facts) -> str:
    """What becomes of the rows in the targets when all are read again."""
    emptied, others = facts.emptied_sinks, len(facts.spec.sinks) - len(facts.emptied_sinks)
    told = "; rows in the targets stay and come again" if others else ""
    if emptied:
        told += f"; {', '.join(emptied)}: the target is emptied first, and no older checkpoint brings back what was in it"
    return told


def _recover(told: _Told, facts: Facts, request: object) -> None:
    cleanup = request.cleanup if isinstance(request, RecoverRequest) else RecoverRequest().cleanup
    told.does = f"starts a new execution that reads what is not finished ({cleanup})"
    told.again = _rows_since(facts, facts.point)
    if facts.point is not None:
        told.kept.append(described(facts.point))
    told.safer.append(Safer(action="start", why="goes on with everything that is left"))


# changing what runs


def _steer(told: _Told, facts: Facts, request: object) -> None:
    told.risk = Risk.NONE
    told.kept.append("everything: processes, checkpoints and outputs stay")
    if isinstance(request, WorkersRequest) and facts.job.execution is not None:
        told.does += f"; it has {len(facts.job.execution.worker_pids)} now"


def _savepoint(told: _Told, facts: Facts, _request: object) -> None:
    told.risk = Risk.NONE
    told.kept.append(f"{row_count(facts.rows_read)} read so far can be gone on from until the savepoint is deleted")


def _update(told: _Told, facts: Facts, _request: object) -> None:
    if facts.plan is not None:
        _tell_plan(told, facts, facts.plan)
    told.kept.append("the generations before, and a savepoint to go back to" if facts.is_active else "the generations before")
    if facts.is_active:
        told.safer.append(Safer(action="plan", why="tells what the change takes before anything is touched"))


def _tell_plan(told: _Told, facts: Facts, plan: Plan) -> None:
    paths = ", ".join(change.path for change in plan.changes[:_PATHS]) + (" and others" if len(plan.changes) > _PATHS else "")
    if plan.effect is Effect.NONE:
        told.does, told.risk = "nothing: the text means what the newest generation means", Risk.NONE
    elif not facts.is_active:
        told.does = f"records a new generation, which the next start runs; it changes {paths}"
    elif plan.effect is Effect.BREAKING:
        breaking = [change for change in plan.changes if change.effect is Effect.BREAKING]
        told.obstacle = "; ".join(f"{change.path}: {change.reason}" for change in breaking)
        told.way_out = "stop it, and start it as the new generation from the beginning"
    elif plan.in_place:
        told.does, told.risk = f"goes on as a new generation, without a restart; it changes {paths}", Risk.NONE
    else:
        told.does += f"; it changes {paths}"


# forgetting


def _delete(told: _Told, facts: Facts, _request: object) -> None:
    told.kept.append(f"for now: {_count(facts)}; `undelete` brings them back until they are purged")
    told.kept.append("what was written to the targets")


def _purge(told: _Told, facts: Facts, _request: object) -> None:
    told.risk = Risk.DESTRUCTIVE
    told.kept.append("what was written to the targets")
    told.lost.append(f"{_count(facts)}, for good")
    told.point, told.again = None, None
    if facts.job.deleted_at is None:
        told.safer.append(Safer(action="delete", why="hides the job; it can be brought back"))


_TELLERS: dict[Command, Callable[[_Told, Facts, object], None]] = {
    Command.STOP: _stop,
    Command.CANCEL: _cancel,
    Command.START: _start,
    Command.RESTART: _restart,
    Command.RECOVER: _recover,
    Command.PAUSE: _steer,
    Command.RESUME: _steer,
    Command.WORKERS: _steer,
    Command.SAVEPOINT: _savepoint,
    Command.UPDATE: _update,
    Command.DELETE: _delete,
    Command.PURGE: _purge,
}


def _rows_since(facts: Facts, point: Checkpoint | None) -> int | None:
    """Rows read since the point (None: since the beginning); None when that is not known."""
    if point is None:
        return facts.rows_read
    if point.rows_in is None or point.rows_in > facts.rows_read:
        return None  # of an execution that the newest one does not go on from
    return facts.rows_read - point.rows_in


def _count(facts: Facts) -> str:
    parts: Iterable[tuple[int, str]] = (
        (facts.executions, "execution"),
        (facts.checkpoints, "checkpoint"),
        (facts.savepoints, "savepoint"),
    )
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in parts)
