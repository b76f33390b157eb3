"""Writing: confirmations, races between the key and the yes, refusals, lost replies, a daemon that goes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest
from textual.widgets import Button

from runner.replies import Problem
from runner.states import ExecutionState
from tui.screens.dialog import Dialog

S = ExecutionState
ORDERS = "0f3a9c1d22aa"


async def past_the_guard(page: Any) -> None:
    """Until the dialog takes an answer."""
    await page.until(lambda: isinstance(page.app.screen, Dialog) and not page.app.screen.guarded)


async def test_savepoint_runs_at_once(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """S asks nothing; toasts say that it began and what it kept."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("S")
        await page.until(lambda: "#900 is kept (1.92G rows read, 42.0 MB, in 0.8s)" in page.toasts)
        assert "Taking a savepoint of orders-cdc" in page.toasts
        assert [call[:2] for call in stage.calls] == [("savepoints", ORDERS)]


async def test_stop_is_confirmed_with_y(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """T says what is kept and that nothing is lost; y sends the request for the job that was selected."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await page.sees("everything: 1.92G rows read so far")
        assert stage.calls == []
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "It is STOPPING" in page.toasts)
        [(verb, job, body)] = stage.calls
        assert (verb, job, body["savepoint"]) == ("stop", ORDERS, True)


async def test_cancel_is_only_confirmed_by_its_button(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The safe answer has the focus: enter and y do not cancel; tab and enter do."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await page.sees("about 2.50M rows read since #812: a restore reads them again")
        await past_the_guard(page)
        assert page.app.focused.id == "stay"
        await page.press("y")
        assert page.dialog == "ConfirmScreen"
        await page.press("enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert stage.calls == []
        await page.press("X")
        await past_the_guard(page)
        await page.press("tab", "enter")
        await page.until(lambda: "Canceling orders-cdc" in page.toasts)
        assert [call[:2] for call in stage.calls] == [("cancel", ORDERS)]


async def test_pasted_keys_do_not_confirm(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that come with the one that opened the dialog are no answer."""
    monkeypatch.setattr(Dialog, "GUARD_SECONDS", 60.0)  # so that a slow machine still types within it
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T", "y", "y", "tab", "enter")
        assert page.dialog == "ConfirmScreen"
        assert stage.calls == []


async def test_the_job_ends_while_the_dialog_is_open(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The dialog says what changed and takes no yes any more."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await past_the_guard(page)
        stage.change(ORDERS, S.FAILED)
        page.app.feed.nudge()
        await page.sees("orders-cdc was RUNNING when you pressed the key and is FAILED now")
        assert page.app.screen.query_one("#go", Button).disabled
        await page.press("y", "tab", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert stage.calls == []


async def test_another_execution_disarms(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The same state in another execution is not what the person saw."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await past_the_guard(page)
        stage.change(ORDERS, S.RUNNING, id="another")
        page.app.feed.nudge()
        await page.sees("was started again meanwhile")
        await page.press("y")
        assert stage.calls == []


async def test_the_numbers_in_a_dialog_are_current(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """While the dialog is open its numbers follow the job."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await page.sees("about 2.50M rows")
        totals = msgspec.structs.replace(stage.jobs[ORDERS].execution.totals, rows_in=1_922_500_000)
        stage.change(ORDERS, S.RUNNING, totals=totals)
        page.app.feed.nudge()
        await page.sees("about 4.00M rows")


async def test_the_list_may_move_behind_the_dialog(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Jobs change places behind the dialog: the request goes to the job that was captured."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("T")
        await past_the_guard(page)
        stage.change("5f0a0b0c0d0e", S.FAILED)
        del stage.jobs["2c90ddfe7711"]
        page.app.feed.nudge()
        await page.until(lambda: page.app.snapshot.total == 10)
        await page.press("y")
        await page.until(lambda: stage.calls)
        assert stage.calls[0][:2] == ("stop", ORDERS)


async def test_restore_from_a_savepoint(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """R lists the points; the chosen one is confirmed once, and its id is sent."""
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
        await page.sees("starts generation 7 from savepoint #790")
        await page.sees("602M rows read after #790")
        await past_the_guard(page)
        await page.press("right", "enter")
        await page.until(lambda: "Restoring orders-cdc" in page.toasts)
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
        await page.sees("the running execution stops with a savepoint")
        await page.press("escape")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert stage.calls == []


@pytest.mark.parametrize(("key", "words"), [("S", "only a running or paused job"), ("T", "it is FAILED"), ("X", "is over")])
async def test_a_disabled_action_says_why(open_ui: Any, stage: Any, serve: Callable[[Any], Any], key: str, words: str) -> None:
    """A key that is not possible answers with the reason and sends nothing."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("payments-sync")
        await page.press(key)
        await page.until(lambda: words in page.toasts)
        assert page.dialog == "JobsScreen"
        assert stage.calls == []


async def test_a_refusal_of_the_daemon_is_shown(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The daemon's reason and hint are in the toast."""
    stage.refuse["savepoints"] = Problem(
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
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "The reply was lost, but it happened: the job is STOPPING" in page.toasts)
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
        await page.sees("no daemon", timeout=30)
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
        await page.pilot.click(offset=(lines[-1].index("T stop"), len(lines) - 1))
        await page.sees("Stop orders-cdc")
