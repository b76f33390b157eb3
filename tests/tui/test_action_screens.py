"""The menu of actions, marked jobs, workers, deleting and taking it back, and what is under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.operation import OperationOutcome
from runner.replies import Problem
from runner.states import ExecutionState
from tui.actions.target import Target
from tui.actions.wish import Verb, Wish
from tui.data.models import JobView
from tui.screens.dialog import Dialog
from tui.settings.file import Settings
from tui.settings.keymap import Keymap
from tui.widgets.keybar import general_hints, job_hints, keybar_line

S = ExecutionState
ORDERS = "0f3a9c1d22aa"
NAMES = ["orders-cdc", "inventory-delta", "sensor-rollup"]


async def past_the_guard(page: Any) -> None:
    """Until the dialog takes an answer."""
    await page.until(lambda: isinstance(page.app.screen, Dialog) and not page.app.screen.guarded)


async def mark_three(page: Any) -> None:
    """Mark the running jobs by a filter, and drop it."""
    await page.press("slash", *"state:running", "enter", "asterisk", "c")
    await page.sees("3 marked")


async def test_the_menu_says_why_not_and_runs(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Every action with its key and the daemon's reason where it is not possible; an action's own key runs it."""
    stage.effects["start"] = {"does": "nothing: it runs already, or is about to", "risk": "none"}
    stage.effects["delete"] = {"allowed": False, "reason": "it is not over", "hint": "`flowdeck cancel orders-cdc` first"}
    serve(stage)
    async with open_ui((100, 30)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("a")
        await page.sees("not now: it is not over")
        assert "S    savepoint    keep a point to go back to; the job runs on" in page.text
        assert "A    start        not now: it runs already, or is about to" in page.text
        assert "D    delete       not now: it is not over" in page.text
        await past_the_guard(page)
        await page.press("down", "T")
        await page.sees("takes a savepoint, then stops")
        await page.press("escape", "a")
        await past_the_guard(page)
        row = next(number for number, line in enumerate(page.text.splitlines()) if "keep a point to go back to" in line)
        await page.pilot.click(offset=(30, row))
        await page.until(lambda: stage.calls)
        assert stage.calls[0][:2] == ("savepoint", ORDERS)


async def test_the_menu_of_marked_jobs_is_about_all_of_them(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """With marked jobs the menu names them and their states, refuses what none of them can do, and asks about all of them."""
    serve(stage)
    async with open_ui((100, 30)) as page:
        await page.loaded()
        await mark_three(page)
        await page.go_to("audit-archive")
        await page.press("a")
        await page.sees("3 marked jobs  3 RUNNING")
        assert "M    workers…     not now: they are changed job by job" in page.text
        assert "D    delete       not now: none of 3: " in page.text
        stage.change(ORDERS, ExecutionState.PAUSED)
        await page.sees("2 RUNNING, 1 PAUSED")
        await page.press("escape", "slash", *"nothing", "enter", "colon", *"cancel 3")
        await page.sees("cancel 3 marked jobs")
        await page.press("escape", "a")
        await past_the_guard(page)
        await page.press("T")
        await page.sees("Stop 3 jobs")
        assert page.dialog == "BulkScreen"
        assert all(name in page.text for name in NAMES)


async def test_workers_are_changed_by_a_number(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The dialog says how many there are; a number and enter change it, enter alone does not."""
    stage.effects["workers"] = lambda _job, body: {"does": f"workers join until there are {body['total']}", "risk": "none"}
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("M")
        await page.sees("4 workers now")
        await past_the_guard(page)
        await page.press("enter", "6")
        await page.sees("until there are 6")
        assert stage.calls == []
        await page.press("enter")
        await page.until(lambda: "flowdeck workers orders-cdc --total 6" in page.toasts)
        assert stage.calls == [("workers", ORDERS, {"total": 6, "add": None, "remove": None, "reason": ""})]


async def test_a_deleted_job_comes_back(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """D hides a job that is over; its toast says which key brings it back, and that does."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("geo-enrich")
        await page.press("D")
        await page.sees("does the delete")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "U brings it back.\nflowdeck rm geo-enrich" in page.toasts)
        await page.until(lambda: page.app.snapshot.total == 10)
        await page.press("U")
        await page.until(lambda: page.app.snapshot.total == 11)
        assert [call[0] for call in stage.calls] == ["delete", "undelete"]


async def test_a_savepoint_is_deleted_by_its_number(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """D on a savepoint says what is lost with it, and wants its number typed."""
    lost = ["the way back to savepoint 790, 3600 s old, 1320000000 rows read: before the schema change"]
    stage.effects["delete savepoint 790"] = {"lost": lost, "risk": "destructive"}
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "3")
        await page.sees("before the schema change")
        await page.until(lambda: page.jobs.selected_savepoint == 790)
        await page.press("D")
        await page.sees("the way back to savepoint #790, 1h 00m old, 1.32G rows read")
        await past_the_guard(page)
        await page.press(*"790", "enter")
        await page.until(lambda: "flowdeck savepoints delete orders-cdc/790" in page.toasts)
        assert [one.id for one in stage.checkpoints[ORDERS] if one.id == 790] == []


async def test_marks_are_shown_and_dropped(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Space marks a row and goes on, the star marks what the filter shows; escape drops them."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("space")
        await page.sees("1 marked")
        row = next(line for line in page.text.splitlines() if "orders-cdc" in line and "RUNNING" in line)
        assert row.startswith(" *● RUNNING")
        await page.press("escape")
        await page.until(lambda: "marked" not in page.text)
        await mark_three(page)
        await page.press("escape")
        assert page.jobs.marked == []


async def test_many_jobs_are_canceled_with_one_word(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """One question with the names and the sum; the word says how many; each result has its row; what failed is tried again."""
    lost = {"lost": ["1000000 rows read after it: they are read again"], "rows_to_read_again": 1_000_000}
    stage.effects["cancel"] = {**lost, "does": "ends now, without a savepoint", "risk": "destructive"}
    stage.refuse["cancel"] = Problem(type="about:blank", title="t", status=409, detail="the disk is full", code="conflict")
    serve(stage)
    async with open_ui((100, 30)) as page:
        await page.loaded()
        await mark_three(page)
        await page.press("X")
        await page.sees("3.00M rows are read again (3 jobs)")
        assert all(name in page.text for name in NAMES)
        await past_the_guard(page)
        assert "○ would      sensor-rollup                 1.00M rows read after it" in page.text
        assert "type cancel 3 to cancel 3 jobs:" in page.text
        await page.press("enter", *"cancel", "space", "2", "enter")
        assert stage.calls == []
        await page.press("backspace", "3", "enter")
        await page.sees("3 failed")
        assert "the disk is full" in page.text
        stage.refuse.clear()
        await page.press("r")
        await page.sees("type cancel 3")
        await page.press(*"cancel", "space", "3", "enter")
        await page.sees("3 done")
        await page.sees("close  esc")
        assert len(stage.calls) == 6
        assert {job for _, job, _ in stage.calls} == {job.id for job in stage.jobs.values() if job.name in NAMES}
        await page.press("escape")
        assert {done.command for done in page.jobs.done} == {f"flowdeck cancel {name}" for name in NAMES}


async def test_one_of_many_that_changes_is_left_out(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A job that ended meanwhile is left out with the reason; the others are stopped."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await mark_three(page)
        stage.effects["stop"] = lambda job, _body: {"state": "FAILED"} if job.id == ORDERS else {}
        await page.press("T")
        await page.sees("orders-cdc was RUNNING when you")
        assert "1 job left out" in page.text
        await past_the_guard(page)
        await page.press("y")
        await page.sees("2 done")
        assert {job for _, job, _ in stage.calls} == {"4e5566778899", "5f0a0b0c0d0e"}


async def test_what_is_under_way_stands_above_the_keys(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: Any
) -> None:
    """Phase, elapsed and usual time; the way out when it takes too long; a toast when it has failed."""
    now = [samples.NOW]
    stage.slow.add("savepoint")
    serve(stage)
    async with open_ui(clock=lambda: now[0]) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("S")
        await page.sees("savepoint orders-cdc  asked for  0s  usually 4.0s")
        now[0] += 9
        page.app.feed.nudge()
        await page.sees("9s  usually 4.0s  stuck? X cancels")
        stage.finish(OperationOutcome.FAILED, phase="worker 2 did not prepare")
        page.app.feed.nudge()
        await page.until(lambda: "Savepoint of orders-cdc: failed: worker 2 did not prepare" in page.toasts)
        await page.until(lambda: "usually" not in page.text)


async def test_starting_what_is_over(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A asks with the daemon's words, and starts."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("geo-enrich")
        await page.press("A")
        await page.sees("does the start")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "flowdeck start geo-enrich" in page.toasts)
        assert stage.calls[0][:2] == ("start", "ae0000000004")


async def test_other_screens_act_through_the_job_list(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """What is begun on the screen of what needs attention is followed to its end, too."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("t")
        await page.until(lambda: page.dialog == "TopScreen" and page.app.screen.selected is not None)
        name = page.app.screen.selected.name
        page.app.screen.carry_out(Wish(Verb.SAVEPOINT, Target.of(page.app.screen.selected, stage.now)))
        await page.until(lambda: f"flowdeck savepoint {name}" in page.toasts)
        assert [done.job_name for done in page.jobs.done] == [name]


async def test_the_menu_and_undelete_work_beside_the_list(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """On another screen a opens the menu of the row's job; what was deleted on the list comes back there."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("audit-archive")
        await page.press("D")
        await page.sees("does the delete")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: page.jobs.under_way.last_deleted is not None)
        await page.press("t")
        await page.until(lambda: page.dialog == "TopScreen" and page.app.screen.table.current is not None)
        await page.press("a")
        await page.until(lambda: page.dialog == "MenuScreen")
        await page.sees("payments-sync")
        await page.press("escape", "U")
        await page.until(lambda: any(call[0] == "undelete" for call in stage.calls))


def test_the_key_bar_keeps_what_matters(samples: Any) -> None:
    """At 80 columns actions, filter, help and back are there; the narrower it is, the fewer, and never half a hint."""
    keymap = Keymap()
    left = job_hints(JobView(samples.sample_jobs()[0]), keymap)
    commands = [("palette", "palette", "x"), ("filter.edit", "filter", "x"), ("actions", "actions", "x"), ("help", "keys", "x")]
    right = general_hints(keymap, [*commands, ("view.back", "quit", "x")])
    wide = keybar_line(left, right, 120).text
    assert "P pause" in wide
    assert ": palette" in wide
    middle = keybar_line(left, right, 80).text
    for words in ("T stop", "R restore…", "/ filter", "a actions", "? keys", "q quit"):
        assert words in middle, middle
    narrow = keybar_line(left, right, 40).text
    assert "? keys" in narrow
    assert "q quit" in narrow
    for cells in range(20, 130):
        made = keybar_line(left, right, cells)
        assert made.width == cells
        assert "…" not in made.text.replace("restore…", "").replace("cancel…", "")


async def test_words_show_the_persons_own_keys(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Remapped keys stand in sentences too."""
    keys = {"job.savepoint": "f5", "filter.clear": "f6", "actions": "f7", "move.last": "f8", "logs.search": "f9"}
    stage.checkpoints.clear()
    serve(stage)
    async with open_ui(settings=Settings(keys=keys)) as page:
        await page.loaded()
        await page.go_to("inventory-delta")
        await page.press("3")
        await page.sees("f5 takes one while the job runs")
        assert "f7 actions" in page.text
        await page.press("slash", *"nothing", "enter")
        await page.sees("f6 clear it")
        await page.press("f6")
        await page.go_to("orders-cdc")
        await page.press("enter", "4")
        await page.sees("following")
        await page.until(lambda: page.jobs.inspector.pane.has_focus)
        await page.press("n")
        await page.until(lambda: "Nothing is searched for: f9 does." in page.toasts)
        await page.press("g")
        await page.sees("f8 follow")
