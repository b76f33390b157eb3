"""When an action is possible, and what its dialog says, with the job's own numbers."""

from __future__ import annotations

from types import ModuleType

import msgspec
import pytest

from runner.model import Job
from runner.states import ExecutionState
from tui.actions.effects import cancel_effects, restore_effects, stop_effects
from tui.actions.model import Effects, Risk
from tui.actions.registry import CANCEL, RESTORE, SAVEPOINT, STOP
from tui.actions.restore import points
from tui.actions.target import Target
from tui.data.models import JobView

S = ExecutionState


def words(effects: Effects) -> str:
    """The facts of a dialog, one a line."""
    return "\n".join(f"{fact.label}: {fact.text}" for fact in effects.facts)


@pytest.fixture
def orders(samples: ModuleType) -> JobView:
    """A running job with a checkpoint."""
    return JobView(samples.sample_jobs()[0])


def in_state(view: JobView, state: ExecutionState) -> JobView:
    """The same job in another state."""
    execution = msgspec.structs.replace(view.job.execution, state=state)
    return JobView(msgspec.structs.replace(view.job, execution=execution))


def without_checkpoint(view: JobView) -> JobView:
    """The same job before its first checkpoint."""
    return JobView(msgspec.structs.replace(view.job, last_checkpoint=None))


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (S.CREATED, {"stop", "cancel"}),
        (S.QUEUED, {"stop", "cancel"}),
        (S.STARTING, {"stop", "cancel"}),
        (S.RUNNING, {"savepoint", "stop", "cancel", "restore"}),
        (S.PAUSED, {"savepoint", "stop", "cancel", "restore"}),
        (S.RESTARTING, {"stop", "cancel"}),
        (S.SAVEPOINTING, {"stop", "cancel"}),
        (S.STOPPING, {"cancel"}),
        (S.CANCELING, set()),
        (S.FINISHED, {"restore"}),
        (S.STOPPED, {"restore"}),
        (S.CANCELED, {"restore"}),
        (S.FAILED, {"restore"}),
    ],
)
def test_what_is_possible_in_a_state(orders: JobView, state: ExecutionState, possible: set[str]) -> None:
    """An action is offered exactly where the state machine allows it; everywhere else there is a reason."""
    view = in_state(orders, state)
    assert {action.id for action in (SAVEPOINT, STOP, CANCEL, RESTORE) if not action.refusal(view)} == possible
    for action in (SAVEPOINT, STOP, CANCEL, RESTORE):
        if refusal := action.refusal(view):
            assert "orders-cdc" in refusal
            assert state.value in refusal or "already" in refusal


def test_cancel_says_what_is_kept_and_lost(orders: JobView, samples: ModuleType) -> None:
    """The last checkpoint with its age, the rows since, and the safer way."""
    effects = cancel_effects(orders, samples.NOW)
    assert effects.risk is Risk.DESTRUCTIVE
    assert words(effects) == (
        "job: id 0f3a9c1d22aa, generation 7, RUNNING for 3d 04h\n"
        "does: stops now, without a savepoint\n"
        "kept: checkpoint #812, 4s old, 1.92G rows read, 42.0 MB\n"
        "lost: about 2.50M rows read since #812: a restore reads them again\n"
        "better: T stops with a savepoint and loses nothing (last one: 0.8s)"
    )


def test_cancel_without_a_checkpoint_loses_everything(orders: JobView, samples: ModuleType) -> None:
    """No checkpoint: nothing is kept, and it says so."""
    said = words(cancel_effects(without_checkpoint(orders), samples.NOW))
    assert "kept: nothing: this job has no checkpoint yet" in said
    assert "about 1.92G rows read so far; it can only start from the beginning" in said


def test_rows_since_are_unknown_when_the_checkpoint_does_not_say(orders: JobView, samples: ModuleType) -> None:
    """A number that is not known is not made up."""
    vague = msgspec.structs.replace(orders.job.last_checkpoint, rows_in=None)
    view = JobView(msgspec.structs.replace(orders.job, last_checkpoint=vague))
    assert "an unknown number of rows read since #812" in words(cancel_effects(view, samples.NOW))


def test_rows_since_a_checkpoint_of_an_earlier_execution(orders: JobView, samples: ModuleType) -> None:
    """After a restore everything this execution read is beyond the checkpoint it came from."""
    older = msgspec.structs.replace(orders.job.last_checkpoint, execution_id="another", rows_in=5)
    view = JobView(msgspec.structs.replace(orders.job, last_checkpoint=older))
    assert "about 1.92G rows read since #812" in words(cancel_effects(view, samples.NOW))


def test_stop_of_a_waiting_job_gives_up_its_turn(orders: JobView, samples: ModuleType) -> None:
    """A job that has not started promises no savepoint."""
    said = words(stop_effects(in_state(orders, S.QUEUED), samples.NOW))
    assert "gives up its place in the queue" in said
    assert "savepoint" not in said


def test_stop_loses_nothing(orders: JobView, samples: ModuleType) -> None:
    """Stopping takes a savepoint: y is enough to confirm it."""
    effects = stop_effects(orders, samples.NOW)
    assert effects.risk is Risk.CONFIRM
    assert "takes a savepoint (last one: 0.8s), then stops" in words(effects)
    assert "lost: nothing" in words(effects)


def test_restoring_the_newest_point_of_an_ended_job(orders: JobView, samples: ModuleType) -> None:
    """What was read after the checkpoint is read again, exactly once in the output."""
    view = in_state(orders, S.FAILED)
    newest, *_ = points(samples.sample_checkpoints(orders.id))
    effects = restore_effects(view, newest, samples.NOW)
    assert effects.risk is Risk.CONFIRM
    assert effects.go == "restore #812"
    assert "starts generation 7 from checkpoint #812" in words(effects)
    assert "again: 2.50M rows read after #812" in words(effects)


def test_restoring_backwards_is_destructive(orders: JobView, samples: ModuleType) -> None:
    """An older point, or none, writes rows again that are in the target already."""
    view = in_state(orders, S.STOPPED)
    *_, oldest, beginning = points(samples.sample_checkpoints(orders.id))
    older = restore_effects(view, oldest, samples.NOW)
    assert older.risk is Risk.DESTRUCTIVE
    assert "what they already wrote stays in the target and comes again" in words(older)
    over = restore_effects(view, beginning, samples.NOW)
    assert over.risk is Risk.DESTRUCTIVE
    assert "everything is read again (1.92G rows so far)" in words(over)


def test_restoring_a_running_job_stops_it_first(orders: JobView, samples: ModuleType) -> None:
    """The running execution ends with a savepoint, and the newest point is that one."""
    newest, *_ = points(samples.sample_checkpoints(orders.id))
    said = words(restore_effects(orders, newest, samples.NOW))
    assert "first: the running execution stops with a savepoint" in said
    assert "starts generation 7 from that savepoint" in said


def test_points_leave_out_what_cannot_be_restored(samples: ModuleType) -> None:
    """Failed checkpoints are no choice; the beginning always is."""
    chosen = points(samples.sample_checkpoints("0f3a9c1d22aa"))
    assert [point.restore for point in chosen] == ["latest", "811", "809", "790", "402", "none"]
    assert [point.restore for point in points(())] == ["none"]


def test_a_target_notices_every_change(orders: JobView, samples: ModuleType) -> None:
    """Another state, another execution, or no job at all: the person is told what is different."""
    target = Target.of(orders)
    assert target.changed(orders) == ""
    assert target.changed(in_state(orders, S.FAILED)) == (
        "orders-cdc was RUNNING when you pressed the key and is FAILED now"
    )  # fmt: skip
    assert target.changed(None) == "orders-cdc no longer exists"
    other: Job = msgspec.structs.replace(orders.job, execution=msgspec.structs.replace(orders.job.execution, id="new"))
    assert "was started again" in target.changed(JobView(other))
