"""Carrying actions out against a daemon: done, refused, and the reply that gets lost."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.client import Client
from runner.home import Home
from runner.replies import Problem
from runner.states import ExecutionState
from tui.actions import perform
from tui.actions.restore import points
from tui.actions.target import Target
from tui.data.models import JobView

ORDERS = "0f3a9c1d22aa"


@pytest.fixture
def target(samples: ModuleType) -> Target:
    """The running job, captured."""
    return Target.of(JobView(samples.sample_jobs()[0]))


@pytest.fixture
def client(home: Home, stage: Any, serve: Callable[[Any], Any]) -> Any:
    """A client of the staged daemon."""
    serve(stage)
    with Client(home, timeout=5.0) as made:
        yield made


def test_each_action_sends_one_request(client: Client, stage: Any, target: Target, samples: ModuleType) -> None:
    """One request each, to the captured id, and words about what happened."""
    assert "#900 is kept" in perform.savepoint(target)(client).message
    assert perform.stop(target)(client).message.startswith("It is STOPPING")
    assert perform.cancel(target)(client).message == "It is CANCELING."
    newest, *_ = points(samples.sample_checkpoints(ORDERS))
    assert "from checkpoint #812" in perform.restore(target, newest)(client).message
    assert [(verb, job) for verb, job, _ in stage.calls] == [
        ("savepoints", ORDERS),
        ("stop", ORDERS),
        ("cancel", ORDERS),
        ("restart", ORDERS),
    ]


def test_a_refusal_is_final(client: Client, stage: Any, target: Target) -> None:
    """The daemon's reason and hint reach the person, cleaned; nobody asks again."""
    stage.refuse["stop"] = Problem(
        type="about:blank", title="t", status=409, detail="it is over\x1b]52;c;x", code="conflict", hint="restart it"
    )
    outcome = perform.stop(target)(client)
    assert not outcome.done
    assert outcome.message == "it is over␛]52;c;x"
    assert outcome.hint == "restart it"
    assert len(stage.calls) == 1


@pytest.mark.parametrize(
    ("verb", "made"), [("stop", perform.stop), ("cancel", perform.cancel), ("savepoints", perform.savepoint)]
)
def test_a_lost_reply_is_resolved_by_asking(client: Client, stage: Any, target: Target, verb: str, made: Any) -> None:
    """The connection breaks after the request: the daemon's state says that it happened. It is not sent twice."""
    stage.lose.add(verb)
    outcome = made(target)(client)
    assert outcome.done
    assert "The reply was lost, but it happened" in outcome.message
    assert len(stage.calls) == 1


def test_a_lost_restore_is_resolved_by_its_execution(client: Client, stage: Any, target: Target) -> None:
    """A new execution is the proof of a restore."""
    stage.lose.add("restart")
    outcome = perform.restore(target, points(())[0])(client)
    assert outcome.done
    assert "a new execution is RUNNING" in outcome.message


def test_a_lost_request_that_did_nothing_is_said_to_have_failed(client: Client, stage: Any, target: Target) -> None:
    """The reply is lost and the job is as it was: the person hears that nothing happened."""
    stage.lose.add("stop")
    before = stage.jobs[ORDERS]
    real_change = stage.change
    stage.change = lambda job_id, state, **fields: before
    outcome = perform.stop(target)(client)
    stage.change = real_change
    assert not outcome.done
    assert "as it was" in outcome.message


def test_no_daemon_means_not_sent(home: Home, target: Target) -> None:
    """Nobody listens: the request was certainly not carried out."""
    with Client(home, timeout=1.0) as client:
        outcome = perform.cancel(target)(client)
    assert not outcome.done
    assert outcome.title == "No cancel of orders-cdc"
    assert "no daemon is running" in outcome.message


def test_an_older_savepoint_is_no_proof(client: Client, stage: Any, samples: ModuleType) -> None:
    """After a lost reply only a savepoint newer than the one seen at key press counts."""
    job = stage.jobs[ORDERS]
    late = msgspec.structs.replace(job, last_checkpoint=samples.checkpoint(ORDERS, 2000, 1))
    target = Target.of(JobView(late))
    stage.lose.add("savepoints")
    outcome = perform.savepoint(target)(client)
    assert not outcome.done
    stage.change(ORDERS, ExecutionState.SAVEPOINTING)
    assert "SAVEPOINTING" in perform.savepoint(target)(client).message
