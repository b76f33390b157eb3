"""When an action is possible at first sight, and what its dialog says with the daemon's numbers."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import Job
from runner.operation import Effects, Safer
from runner.operation import Risk as Danger
from runner.states import ExecutionState
from tui.actions.bulk import Batch, Standing
from tui.actions.model import Question, Risk
from tui.actions.registry import ACTIONS, verb_of
from tui.actions.restore import points
from tui.actions.target import Target
from tui.actions.telling import question_of, readable, refusal_words, subject
from tui.actions.wish import Verb, Wish
from tui.data.models import JobView

S = ExecutionState


def words(question: Question) -> str:
    """The facts of a dialog, one a line."""
    return "\n".join(f"{fact.label}: {fact.text}" for fact in question.facts)


def key(action: str) -> str:
    """The keys without a remapping."""
    return {"stop": "T", "restore": "R"}.get(action, "")


def effects(view: JobView, **fields: Any) -> Effects:
    """What a daemon may say."""
    plain = {"action": "cancel", "job_id": view.id, "job_name": view.name, "execution_id": view.execution.id}
    return Effects(**{**plain, "state": str(view.state), "allowed": True, **fields})


@pytest.fixture
def orders(samples: ModuleType) -> JobView:
    """A running job with a checkpoint."""
    return JobView(samples.sample_jobs()[0])


def in_state(view: JobView, state: ExecutionState) -> JobView:
    """The same job in another state."""
    execution = msgspec.structs.replace(view.job.execution, state=state)
    return JobView(msgspec.structs.replace(view.job, execution=execution))


OVER = {"restore", "start", "delete"}
AT_WORK = {"savepoint", "pause", "stop", "cancel", "restore", "workers"}


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (S.QUEUED, {"pause", "stop", "cancel", "restore"}),
        (S.STARTING, AT_WORK),
        (S.RUNNING, AT_WORK),
        (S.PAUSED, AT_WORK),
        (S.SAVEPOINTING, AT_WORK - {"savepoint"}),
        (S.STOPPING, {"cancel"}),
        (S.CANCELING, set()),
        (S.FINISHED, OVER),
        (S.FAILED, OVER),
    ],
)
def test_what_looks_possible_in_a_state(orders: JobView, state: ExecutionState, possible: set[str]) -> None:
    """The first guess follows the state; everywhere else there is a reason with the job's name in it."""
    view = in_state(orders, state)
    assert {action.id for action in ACTIONS if not action.refusal(view)} == possible
    assert all("orders-cdc" in action.refusal(view) for action in ACTIONS if action.id not in possible)


def test_the_same_key_takes_a_pause_back(orders: JobView) -> None:
    """A paused job is resumed, and its key says so."""
    pause = next(action for action in ACTIONS if action.id == "pause")
    paused = in_state(orders, S.PAUSED)
    assert (pause.title_of(orders), verb_of(pause, orders)) == ("Pause", Verb.PAUSE)
    assert (pause.title_of(paused), verb_of(pause, paused)) == ("Resume", Verb.RESUME)


def test_the_dialog_says_what_the_daemon_says(orders: JobView, samples: ModuleType) -> None:
    """Every word of the dry run, with its numbers in short, and the keys of what is safer."""
    said = effects(
        orders,
        does="ends now, without a savepoint",
        kept=("checkpoint 812, 3720 s old, 1918500000 rows read", "what checkpoints have committed to the targets"),
        lost=("2500000 rows read after it: they are read again",),
        safer=(Safer(action="stop", why="takes a savepoint first"), Safer(action="restart", why="goes on")),
        rows_to_read_again=2_500_000,
        usual_seconds=0.8,
        risk=Danger.DESTRUCTIVE,
    )
    question = question_of(Wish(Verb.CANCEL, Target.of(orders)), said, key)
    assert (question.title, question.risk, question.word) == ("Cancel orders-cdc", Risk.DESTRUCTIVE, "orders-cdc")
    assert words(question) == (
        "does: ends now, without a savepoint\n"
        "kept: checkpoint #812, 1h 02m old, 1.92G rows read\n"
        "kept: what checkpoints have committed to the targets\n"
        "lost: 2.50M rows read after it: they are read again\n"
        "takes: usually 0.8s\n"
        "better: T stop: takes a savepoint first\n"
        "better: R restart: goes on"
    )
    assert subject(orders, samples.NOW) == "id 0f3a9c1d22aa, generation 7, RUNNING for 3d 04h"


def test_rows_that_are_read_again_without_a_loss(orders: JobView) -> None:
    """Exactly-once outputs lose nothing, but the number is there."""
    question = question_of(Wish(Verb.RESTART, Target.of(orders)), effects(orders, does="x", rows_to_read_again=1200), key)
    assert words(question) == "does: x\nlost: nothing\nagain: 1.20k rows read again"


def test_a_refusal_takes_no_yes(orders: JobView) -> None:
    """The daemon's reason and hint stand where the effects would."""
    said = effects(
        orders, allowed=False, reason="the job orders-cdc is RUNNING: it is ending", hint="try again once it is over"
    )
    question = question_of(Wish(Verb.STOP, Target.of(orders)), said, key)
    assert not question.allowed
    assert words(question) == "not now: the job orders-cdc is RUNNING: it is ending\ninstead: try again once it is over"
    assert refusal_words(said) == "orders-cdc is RUNNING: it is ending\ntry again once it is over"
    assert refusal_words(effects(orders, does="nothing: it is paused already")) == "orders-cdc is RUNNING: it is paused already"
    assert refusal_words(effects(orders, does="reads on")) == ""


def test_numbers_that_are_no_counts_stay() -> None:
    """Only rows, ages and the numbers of restore points are put in short."""
    assert readable("savepoint 900 is COMMITTED") == "savepoint #900 is COMMITTED"
    assert readable("999 rows, 5 s old, port 54321") == "999 rows, 5 s old, port 54321"


def test_points_leave_out_what_cannot_be_restored(samples: ModuleType) -> None:
    """Failed checkpoints are no choice; the beginning always is."""
    chosen = points(samples.sample_checkpoints("0f3a9c1d22aa"))
    assert [point.restore for point in chosen] == ["latest", "811", "809", "790", "402", "none"]
    assert [point.restore for point in points(())] == ["none"]


def test_a_target_notices_every_change(orders: JobView) -> None:
    """Another state, another execution, or no job at all: the person is told what is different."""
    target = Target.of(orders)
    assert target.changed(orders) == ""
    assert target.changed(in_state(orders, S.FAILED)) == "orders-cdc was RUNNING when you pressed the key and is FAILED now"
    assert target.changed(None) == "orders-cdc no longer exists"
    other: Job = msgspec.structs.replace(orders.job, execution=msgspec.structs.replace(orders.job.execution, id="new"))
    assert "was started again" in target.changed(JobView(other))


@pytest.mark.parametrize("name", ["", "x" * 500, " orders ", "日本語", "a␛]52"])
def test_what_is_hard_to_type_is_not_asked_for(orders: JobView, name: str) -> None:
    """A name that no keyboard types in one go: the id stands for it."""
    assert Target.of(JobView(msgspec.structs.replace(orders.job, name=name))).typed == orders.id


@pytest.mark.parametrize(
    ("verb", "fields", "command"),
    [
        (Verb.SAVEPOINT, {}, "flowdeck savepoint orders-cdc"),
        (Verb.RESTART, {"restore": "790"}, "flowdeck restart orders-cdc --from 790"),
        (Verb.RESTART, {}, "flowdeck restart orders-cdc"),
        (Verb.WORKERS, {"number": 4}, "flowdeck workers orders-cdc --total 4"),
        (Verb.DELETE, {}, "flowdeck rm orders-cdc"),
        (Verb.DELETE_SAVEPOINT, {"number": 790}, "flowdeck savepoints delete orders-cdc/790"),
    ],
)
def test_the_command_line_that_does_the_same(orders: JobView, verb: Verb, fields: dict[str, Any], command: str) -> None:
    """What the terminal UI does teaches the command line, quoted for a shell."""
    assert Wish(verb, Target.of(orders), **fields).command == command
    odd = Target.of(JobView(msgspec.structs.replace(orders.job, name="a b; rm -rf")))
    assert Wish(verb, odd, **fields).command.count("'") == 2


def test_many_jobs_are_summed_up(samples: ModuleType) -> None:
    """The rows of all together, those left out with their reasons, and a word to type that says how many."""
    views = [JobView(job) for job in samples.sample_jobs()[:4]]
    batch = Batch([Wish(Verb.CANCEL, Target.of(view)) for view in views])
    more = {"does": "ends now", "lost": ("2500000 rows",), "risk": Danger.DESTRUCTIVE}
    batch.told(views[0].id, effects(views[0], **more, rows_to_read_again=2_500_000))
    batch.told(views[1].id, effects(views[1], **more, rows_to_read_again=None))
    batch.told(views[2].id, effects(views[2], does="nothing: it does not run"))
    batch.told(views[3].id, effects(views[3], **more | {"state": "RUNNING"}))
    question = batch.question()
    assert (question.go, question.word, question.risk) == ("cancel 2 jobs", "cancel 2", Risk.DESTRUCTIVE)
    assert words(question) == (
        "does: ends now\n"
        "lost: 2.50M rows are read again; 1 do not say how many (2 jobs)\n"
        "not: 2 jobs left out, for the reasons below"
    )
    assert [row.standing for row in batch.rows] == [Standing.READY, Standing.READY, Standing.LEFT_OUT, Standing.LEFT_OUT]
    assert batch.rows[3].words == "users-full was PAUSED when you pressed the key and is RUNNING now"


def test_starting_many_says_what_runs(samples: ModuleType) -> None:
    """Of each a generation, not its file."""
    view = JobView(samples.sample_jobs()[2])
    batch = Batch([Wish(Verb.START, Target.of(view))])
    batch.told(view.id, effects(view, does="starts it"))
    assert "runs: of each its newest generation, whatever its file says by now" in words(batch.question())
