"""Writing: confirmations, races between the key and the yes, refusals, lost replies, a daemon that goes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest
from textual.events import Paste
from textual.widgets import Button, Input

from runner.replies import Problem
from runner.states import ExecutionState
from tui.screens.dialog import Dialog

S = ExecutionState
ORDERS = "0f3a9c1d22aa"


async def past_the_guard(page: Any) -> None:
    """Until the dialog takes an answer."""
    await page.until(lambda: isinstance(page.app.screen, Dialog) and not page.app.screen.guarded)


async def test_savepoint_runs_at_once(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """S asks nothing; toasts say that it began, what it kept, and the command line that does the same."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("S")
        await page.until(lambda: "Savepoint of orders-cdc: done" in page.toasts)
        assert "savepoint #900 is committed\nflowdeck savepoint orders-cdc" in page.toasts
        assert "Taking a savepoint of orders-cdc" in page.toasts
        assert [call[:2] for call in stage.calls] == [("savepoint", ORDERS)]
        [done] = page.jobs.done
        assert (done.command, done.succeeded) == ("flowdeck savepoint orders-cdc", True)


async def test_pause_is_taken_back_by_the_same_key(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """P pauses at once and says how to undo it; on a paused job it resumes."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("P")
        await page.until(lambda: "Pausing orders-cdc. P lets it read on." in page.toasts)
        await page.until(lambda: page.selected.state is S.PAUSED)
        await page.sees("P resume")
        await page.press("P")
        await page.until(lambda: page.selected.state is S.RUNNING)
        assert [call[0] for call in stage.calls] == ["pause", "resume"]


async def test_stop_is_confirmed_with_y(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """T says what the daemon says; y sends the request for the job that was selected, with the version that was seen."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("everything: 1.92G rows read so far")
        assert stage.calls == []
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "Stop of orders-cdc: done" in page.toasts)
        [(verb, job, body)] = stage.calls
        assert (verb, job, body["savepoint"]) == ("stop", ORDERS, True)


async def test_no_yes_before_the_daemon_has_answered(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Until the dry run has come the dialog says that it asks, and y does nothing."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        stage.hold.clear()
        await page.press("T")
        await page.sees("asking the daemon…")
        await past_the_guard(page)
        await page.press("y")
        assert (page.dialog, stage.calls) == ("ConfirmScreen", [])
        stage.hold.set()
        await page.sees("takes a savepoint, then stops")


async def test_a_dry_run_that_refuses_takes_no_yes(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The daemon's reason and hint are in the dialog."""
    stage.effects["stop"] = {"allowed": False, "reason": "it is being upgraded", "hint": "try again when that is done"}
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("it is being upgraded")
        assert "try again when that is done" in page.text
        await past_the_guard(page)
        await page.press("y", "tab", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert stage.calls == []


async def test_a_dry_run_that_fails_takes_no_yes(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Without the daemon's word nothing is confirmed; once it speaks again the dialog goes on."""
    serve(stage)
    stage.effects["stop"] = {"risk": "no such risk"}
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("The daemon does not say what it would do")
        await past_the_guard(page)
        await page.press("y")
        assert (page.dialog, stage.calls) == ("ConfirmScreen", [])
        stage.effects["stop"] = {}
        page.app.screen._ask()
        await page.sees("does the stop")
        await page.press("y")
        await page.until(lambda: stage.calls)


async def test_cancel_wants_the_name_typed(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Neither enter nor y nor the button cancel; the job's name and enter do."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await page.sees("2.50M rows read after it: they are read again")
        await page.sees("type orders-cdc to cancel the job:")
        assert "T stop: takes a savepoint first" in page.text
        await past_the_guard(page)
        await page.press("enter", "y", "enter")
        assert page.dialog == "ConfirmScreen"
        assert page.app.screen.query_one("#go", Button).disabled
        await page.press("backspace", *"orders-cd", "enter")
        assert (page.dialog, stage.calls) == ("ConfirmScreen", [])
        await page.press("c", "enter")
        await page.until(lambda: "flowdeck cancel orders-cdc" in page.toasts)
        assert [call[:2] for call in stage.calls] == [("cancel", ORDERS)]


async def test_pasted_keys_do_not_confirm(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes with the key that opened the dialog is no answer, neither y nor a pasted name."""
    monkeypatch.setattr(Dialog, "GUARD_SECONDS", 60.0)  # so that a slow machine still types within it
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("takes a savepoint, then stops")
        await page.press("y", "y", "tab", "enter", "escape", "X")
        await page.sees("type orders-cdc")
        page.app.focused.post_message(Paste("orders-cdc"))
        await page.press("o", "enter")
        assert page.app.screen.query_one("#typed", Input).value == ""
        assert (page.dialog, stage.calls) == ("ConfirmScreen", [])


async def test_a_name_can_be_pasted(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Once the dialog listens, a pasted name is there once, and means yes."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await page.sees("type orders-cdc")
        await past_the_guard(page)
        page.app.focused.post_message(Paste("orders-cdc"))
        await page.until(lambda: page.app.screen.query_one("#typed", Input).value == "orders-cdc")
        await page.press("enter")
        await page.until(lambda: [call[:2] for call in stage.calls] == [("cancel", ORDERS)])


async def test_the_job_ends_while_the_dialog_is_open(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The dialog says what changed and takes no yes any more."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await page.sees("type orders-cdc")
        await past_the_guard(page)
        await page.press(*"orders-cdc")
        stage.change(ORDERS, S.FAILED)
        page.app.feed.nudge()
        await page.sees("orders-cdc was RUNNING when you pressed the key and is FAILED now")
        assert page.app.screen.query_one("#go", Button).disabled
        await page.press("enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert stage.calls == []


async def test_another_execution_disarms(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The same state in another execution is not what the person saw, even when only the dry run knows."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        stage.effects["stop"] = {"execution_id": "another"}
        await page.press("T")
        await page.sees("was started again meanwhile")
        await past_the_guard(page)
        await page.press("y")
        assert stage.calls == []


async def test_the_numbers_in_a_dialog_are_current(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """While the dialog is open the daemon is asked again with every change of the job."""
    stage.effects["cancel"] = lambda job, _body: {
        "lost": [f"{job.execution.totals.rows_in - 1_918_500_000} rows read after it"]
    }
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await page.sees("2.50M rows")
        totals = msgspec.structs.replace(stage.jobs[ORDERS].execution.totals, rows_in=1_922_500_000)
        stage.change(ORDERS, S.RUNNING, totals=totals)
        page.app.feed.nudge()
        await page.sees("4.00M rows")


async def test_the_buttons_are_as_wide_as_their_words(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """When a newer answer of the daemon changes nothing but the words on a button, all of them are on the screen."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("keep running  esc")
        dialog = page.app.screen
        dialog.question = msgspec.structs.replace(dialog.question, stay="let it run on for a good while")
        dialog.draw()
        await page.sees("let it run on for a good while  esc")


async def test_the_list_may_move_behind_the_dialog(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Jobs change places behind the dialog: the request goes to the job that was captured."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("takes a savepoint, then stops")
        await past_the_guard(page)
        stage.change("5f0a0b0c0d0e", S.FAILED)
        del stage.jobs["2c90ddfe7711"]
        page.app.feed.nudge()
        await page.until(lambda: page.app.snapshot.total == 10)
        await page.press("y")
        await page.until(lambda: stage.calls)
        assert stage.calls[0][:2] == ("stop", ORDERS)


async def test_restore_from_a_savepoint(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """R lists the points; the daemon says what exactly this one means, and its id is sent."""
    stage.effects["restart"] = lambda _job, body: {"does": f"starts a new execution from {body['restore']}"}
    serve(stage)
    stage.change(ORDERS, S.FAILED)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("R")
        await page.sees("before the schema change")
        await page.sees("from the beginning")
        await past_the_guard(page)
        await page.press("down", "down", "down", "enter")
        await page.sees("from 790")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "flowdeck restart orders-cdc --from 790" in page.toasts)
        [(verb, job, body)] = stage.calls
        assert (verb, job, body["restore"]) == ("restart", ORDERS, "790")


async def test_leaving_the_restore_list_does_nothing(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Escape anywhere on the way leaves the job alone."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("R")
        await page.sees("before the schema change")
        await past_the_guard(page)
        await page.press("enter")
        await page.sees("does the restart")
        await page.press("escape")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert stage.calls == []


async def test_a_disabled_action_answers_with_the_daemons_reason(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A key that is not possible asks the daemon why, and sends nothing."""
    stage.effects["savepoint"] = {"allowed": False, "reason": "there is nothing to save", "hint": "`flowdeck start` starts it"}
    stage.effects["cancel"] = {"does": "nothing: it does not run", "risk": "none"}
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("payments-sync")
        await page.press("S")
        await page.until(lambda: "payments-sync is FAILED: there is nothing to save\n`flowdeck start` starts it" in page.toasts)
        await page.press("X")
        await page.until(lambda: "No cancel: payments-sync is FAILED: it does not run" in page.toasts)
        assert page.dialog == "JobsScreen"
        assert stage.calls == []


async def test_a_refusal_of_the_daemon_is_shown(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The daemon's reason and hint are in the toast."""
    stage.refuse["savepoint"] = Problem(
        type="about:blank", title="t", status=409, detail="the disk is full", code="conflict", hint="make room"
    )
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("S")
        await page.until(lambda: "the disk is full" in page.toasts)
        assert "make room" in page.toasts


async def test_a_lost_reply_is_not_repeated(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The connection breaks after the request: the daemon is asked what happened, once."""
    stage.lose.add("stop")
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("takes a savepoint, then stops")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "The reply was lost, but it was taken." in page.toasts)
        assert len(stage.calls) == 1


async def test_a_daemon_that_goes_and_comes_back(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The last data stays, dated; writing is refused with the reason; everything continues when the daemon is back."""
    daemon = serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        daemon.close()
        page.app.feed.nudge()
        await page.sees("RECONNECTING")
        await page.sees("what you see is from 14:13:20")
        assert "orders-cdc" in page.text
        assert page.jobs.jobs.stale
        await page.press("T")
        await page.until(lambda: "the daemon does not answer" in page.toasts)
        assert page.dialog == "JobsScreen"
        daemon.open()
        await page.press("r")
        await page.sees("● LIVE")
        assert not page.jobs.jobs.stale
        assert page.selected.name == "orders-cdc"


async def test_a_daemon_that_hangs_goes_stale(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType
) -> None:
    """No answer: the badge counts the seconds while keys still work at once."""
    now = [samples.NOW]
    serve(stage)
    async with open_ui(clock=lambda: now[0]) as page:
        await page.loaded()
        stage.hold.clear()
        now[0] += 12
        await page.sees("STALE 12s")
        await page.press("j", "j", "question_mark")
        await page.sees("one line down")
        await page.press("escape")
        stage.hold.set()
        await page.sees("● LIVE")


async def test_no_daemon_is_explained(open_ui: Any, home: Any) -> None:
    """A home that cannot be used: why, what to do, and a way to try again."""
    home.path.mkdir(mode=0o700)
    (home.path / "daemon.lock").mkdir()  # a directory where the lock should be: no daemon can start here
    async with open_ui((100, 30), start_daemon=True) as page:
        await page.sees("no daemon", timeout=60)
        await page.sees("try now")
        assert "NO DAEMON" in page.text
        await page.press("S")
        assert "no job is selected" in page.toasts
        await page.press("q")
        assert page.app.return_code == 0


async def test_no_jobs_says_how_to_begin(open_ui: Any, empty_stage: Any, serve: Callable[[Any], Any], home: Any) -> None:
    """An empty daemon shows the exact command lines, for the home that is open."""
    serve(empty_stage)
    async with open_ui((80, 24)) as page:
        await page.sees("flowdeck submit FILE")
        assert f"export FLOWDECK_HOME={home.path}"[:60] in page.text


async def test_clicks_do_what_keys_do(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Rows, tabs and the key bar can be clicked."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        lines = page.text.splitlines()
        row = next(number for number, line in enumerate(lines) if "orders-cdc" in line)
        await page.pilot.click(offset=(20, row))
        await page.until(lambda: page.selected.name == "orders-cdc")
        tabs = next(number for number, line in enumerate(lines) if "2 Checkpoints" in line)
        await page.settled()
        await page.pilot.click(offset=(page.text.splitlines()[tabs].index("2 Checkpoints") + 2, tabs))
        await page.sees("before the schema change")
        heading = next(number for number, line in enumerate(lines) if "OUT/s" in line)
        for sign in ("OUT/s▼", "OUT/s▲"):
            await page.pilot.click(offset=(lines[heading].index("OUT/s") + 1, heading))
            await page.sees(sign)
        await page.pilot.click(offset=(lines[-1].index("T stop"), len(lines) - 1))
        await page.sees("Stop orders-cdc")


def spec(interval: float, path: str) -> dict[str, Any]:
    """A resolved spec that reads a file."""
    return {
        "name": "orders-cdc",
        "env": {"checkpoint": {"interval": interval}},
        "sources": [{"id": "a", "name": "LocalFile", "kind": "source", "index": 0, "options": {"path": path}, "output": "a"}],
        "transforms": [],
        "sinks": [{"id": "b", "name": "Console", "kind": "sink", "index": 0, "options": {}, "inputs": ["a"]}],
    }


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50), (40, 8)], ids=["80x24", "120x36", "200x50", "40x8"])
async def test_a_restore_has_three_steps(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]
) -> None:
    """A point of another generation: what has changed and whether the state fits, then the effects; escape goes a step back."""
    stage.specs = {(ORDERS, 5): spec(5.0, "/data/a.csv"), (ORDERS, 7): spec(1.0, "/data/b.csv")}
    stage.effects["restart"] = {"allowed": False, "reason": "the state does not fit", "hint": "start it from the beginning"}
    serve(stage)
    name = f"{size[0]}x{size[1]}"
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("R")
        await page.until(lambda: page.dialog == "RestoreScreen" and page.app.screen._table.current is not None)
        await past_the_guard(page)
        await page.press("down", "down", "down", "down", "enter")
        await page.until(lambda: page.dialog == "RestoreSpecScreen" and page.app.screen._found is not None)
        await page.settled()
        screen_is(page, f"restore_spec_{name}")
        assert page.app.screen._found.misfits
        await page.press("escape")
        await page.until(lambda: page.dialog == "RestoreScreen" and page.app.screen._table.current is not None)
        await page.until(lambda: page.app.screen._table.current.noun == "savepoint #402")
        await past_the_guard(page)
        await page.press("enter")
        await page.until(lambda: page.dialog == "RestoreSpecScreen")
        await past_the_guard(page)
        await page.press("enter")
        await page.until(lambda: page.dialog == "ConfirmScreen" and page.app.screen.question is not None)
        await page.settled()
        screen_is(page, f"restore_effects_{name}")
        assert stage.calls == []


async def test_specs_that_cannot_be_compared_hold_up_nobody(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The step says so; the daemon's dry run, which comes next, decides."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("R")
        await page.until(lambda: page.dialog == "RestoreScreen" and page.app.screen._table.current is not None)
        await past_the_guard(page)
        page.app.screen._table.select("402")
        await page.press("enter")
        await page.sees("the two specs cannot be compared")
        await past_the_guard(page)
        await page.press("enter")
        await page.sees("does the restart")
