"""Carrying actions out against a daemon: begun, refused, and the reply that gets lost."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.client import Client
from runner.home import Home
from runner.operation import OperationOutcome
from runner.replies import Problem
from tui.actions.perform import carry_out
from tui.actions.target import Target
from tui.actions.under_way import Begun, UnderWay, is_slow, look, operation_line
from tui.actions.wish import Verb, Wish
from tui.data.daemon import LookingClient
from tui.data.done import Done, DoneList
from tui.data.models import JobView

ORDERS = "0f3a9c1d22aa"


@pytest.fixture
def target(samples: ModuleType) -> Target:
    """The running job, captured."""
    return Target.of(JobView(samples.sample_jobs()[0]), samples.NOW)


@pytest.fixture
def client(home: Home, stage: Any, serve: Callable[[Any], Any]) -> Any:
    """A client of the staged daemon."""
    serve(stage)
    with Client(home, timeout=5.0) as made:
        yield made


def test_each_action_sends_one_request(client: Client, stage: Any, target: Target) -> None:
    """One request each, to the captured id, answered by the operation that it began."""
    wishes = [
        Wish(Verb.SAVEPOINT, target), Wish(Verb.PAUSE, target), Wish(Verb.RESUME, target), Wish(Verb.WORKERS, target, number=3),
        Wish(Verb.RESTART, target, restore="790"),
    ]  # fmt: skip
    for wish in wishes:
        target = Target.of(JobView(stage.jobs[ORDERS]), target.at)
        operation = carry_out(Wish(wish.verb, target, wish.restore, wish.number))(client).operation
        assert operation is not None
        assert operation.kind == wish.verb
    assert [(verb, job) for verb, job, _ in stage.calls] == [(str(wish.verb), ORDERS) for wish in wishes]
    assert stage.calls[3][2]["total"] == 3
    assert stage.calls[4][2]["restore"] == "790"


def test_a_job_that_changed_since_it_was_seen_is_left_alone(client: Client, stage: Any, target: Target) -> None:
    """What matters carries the version that the person saw; what is harmless does not."""
    stage.add(msgspec.structs.replace(stage.jobs[ORDERS], version=2))
    outcome = carry_out(Wish(Verb.CANCEL, target))(client)
    assert (outcome.done, outcome.message) == (False, "the job has changed meanwhile")
    assert carry_out(Wish(Verb.SAVEPOINT, target))(client).operation is not None
    assert [verb for verb, _, _ in stage.calls] == ["savepoint"]


def test_a_refusal_is_final(client: Client, stage: Any, target: Target) -> None:
    """The daemon's reason and hint reach the person, cleaned; nobody asks again."""
    stage.refuse["stop"] = Problem(
        type="about:blank", title="t", status=409, detail="it is over\x1b]52;c;x", code="conflict", hint="restart it"
    )
    outcome = carry_out(Wish(Verb.STOP, target))(client)
    assert (outcome.done, outcome.message, outcome.hint) == (False, "it is over␛]52;c;x", "restart it")
    assert len(stage.calls) == 1


def test_a_lost_reply_is_resolved_by_asking(client: Client, stage: Any, target: Target) -> None:
    """The connection breaks after the request: the daemon's operation says that it was taken. It is not sent twice."""
    stage.lose.add("stop")
    outcome = carry_out(Wish(Verb.STOP, target))(client)
    assert outcome.message == "The reply was lost, but it was taken."
    assert outcome.operation is not None
    assert len(stage.calls) == 1


def test_an_older_operation_is_no_proof(client: Client, stage: Any, target: Target) -> None:
    """After a lost reply only an operation that began after the key was pressed counts."""
    stage.lose.add("savepoint")
    stage.now -= 60
    outcome = carry_out(Wish(Verb.SAVEPOINT, target))(client)
    assert not outcome.done
    assert "as it was" in outcome.message


def test_no_daemon_means_not_sent(home: Home, target: Target) -> None:
    """Nobody listens: the request was certainly not carried out."""
    with Client(home, timeout=1.0) as client:
        outcome = carry_out(Wish(Verb.CANCEL, target))(client)
    assert (outcome.done, outcome.title) == (False, "No cancel of orders-cdc")
    assert "no daemon is running" in outcome.message


def test_what_only_looks_sends_nothing(home: Home, target: Target) -> None:
    """A client that may change nothing refuses before anything is sent: no reply was lost."""
    with LookingClient(home) as client:
        client.refusal = "the context prod is read-only"
        outcome = carry_out(Wish(Verb.CANCEL, target))(client)
    assert (outcome.done, outcome.message) == (False, "the context prod is read-only")


def test_what_is_under_way_is_followed_to_its_end(client: Client, stage: Any, target: Target, samples: ModuleType) -> None:
    """Phase, elapsed and usual time while it goes on; after twice the usual time the way out; then how it ended."""
    stage.slow.add("savepoint")
    wish = Wish(Verb.SAVEPOINT, target)
    under_way = UnderWay()
    under_way.add(Begun(wish, carry_out(wish)(client).operation))
    assert under_way.hear(look(under_way.ids, client), samples.NOW) == []
    [operation] = under_way.open()
    line = operation_line(operation, samples.NOW + 6, "X").text
    assert line == " ◐ savepoint orders-cdc  asked for  6s  usually 4.0s"
    assert is_slow(operation, samples.NOW + 9)
    assert operation_line(operation, samples.NOW + 9, "X").text.endswith("stuck? X cancels")
    stage.finish(OperationOutcome.FAILED, phase="it was not done")
    [done] = under_way.hear(look(under_way.ids, client), samples.NOW)
    assert (done.command, done.succeeded, done.message) == ("flowdeck savepoint orders-cdc", False, "it was not done")
    assert under_way.open() == ()


def test_the_list_of_what_was_done_is_bounded(samples: ModuleType) -> None:
    """The newest stay."""
    kept = DoneList()
    for number in range(300):
        kept.add(Done(samples.NOW + number, "id", "name", "stop", "flowdeck stop name", OperationOutcome.SUCCEEDED))
    assert len(kept) == 200
    assert [done.at for done in kept][-1] == samples.NOW + 299
