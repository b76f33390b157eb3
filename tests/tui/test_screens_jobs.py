"""The job list: the cursor, the filter, the inspector, the keys."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.states import ExecutionState
from tui.settings.file import Settings
from tui.widgets.filterbar import FilterBar
from tui.widgets.inspector import Inspector
from tui.widgets.linetable import LineTable

S = ExecutionState


async def test_the_cursor_stays_on_its_job(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Jobs that change their place, appear and disappear around it do not move the cursor to another job."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("inventory-delta")
        line = next(row for row in page.text.splitlines() if "▌" in row)
        assert "inventory-delta" in line
        stage.change("0f3a9c1d22aa", S.FAILED)  # moves to the top, above the cursor
        page.app.feed.nudge()
        await page.until(lambda: page.app.snapshot.jobs[0].name == "orders-cdc")
        await page.settled()
        assert page.selected.name == "inventory-delta"
        del stage.jobs["2c90ddfe7711"]
        page.app.feed.nudge()
        await page.until(lambda: page.app.snapshot.total == 10)
        await page.settled()
        assert page.selected.name == "inventory-delta"


async def test_a_vanished_job_is_announced(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The job under the cursor is deleted: the cursor goes to its neighbour, and says so."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("fx-rates")
        del stage.jobs["7b0000000001"]
        page.app.feed.nudge()
        await page.until(lambda: "That job is gone" in page.toasts)
        assert "The cursor is on inventory-delta now." in page.toasts


async def test_moving(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """J k g G and the arrows move; the ends are the ends."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("j", "j", "k", "down")
        assert page.selected.name == page.app.snapshot.jobs[2].name
        await page.press("G", "j")
        assert page.selected.name == "audit-archive"
        await page.press("g", "k")
        assert page.selected.name == "payments-sync"


async def test_a_filter_narrows_while_typing(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """/ takes letters (capital ones too: nothing is written), enter keeps the filter, c clears it."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("slash", *"state:RUN", "space", *"SeT")
        assert page.dialog == "JobsScreen"
        assert stage.calls == []
        await page.press(*["backspace"] * 4)
        await page.until(lambda: page.jobs.jobs.count() == 3)
        await page.press("enter")
        await page.sees("3 of 11 jobs")
        assert page.jobs.jobs.has_focus
        await page.press("c")
        await page.until(lambda: page.jobs.jobs.count() == 11)
        assert "of 11" not in page.text


async def test_tab_completes_a_filter(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Tab takes what is offered: the field, then a value; the meaning of the field and what is wrong are shown."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("slash", "l", "a", "g")
        await page.sees("seconds behind its source")
        await page.press("x")
        await page.press(*["backspace"] * 4, *"state", "colon", "f", "a", "tab")
        await page.until(lambda: page.jobs.query_one(FilterBar)._typed == "state:failed", "the whole state")
        assert page.selected is not None
        assert page.selected.name == "payments-sync"
        await page.press("space", *"lag", "greater_than_sign", "x")
        await page.sees("not “x”")


async def test_escape_drops_a_filter(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Escape while typing, or later on the list, shows everything again; it never quits."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("slash", "o", "r", "d", "escape")
        await page.until(lambda: page.jobs.jobs.count() == 11)
        assert not page.jobs.query_one(FilterBar).has_class("editing")
        await page.press("slash", "o", "r", "d", "enter")
        await page.until(lambda: page.jobs.jobs.count() == 1)
        await page.press("escape")
        await page.until(lambda: page.jobs.jobs.count() == 11)
        await page.press("escape")
        assert page.app.is_running


async def test_a_filter_that_hides_everything_says_so(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Nothing matches: the reason and the way out are on the screen."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("slash", "z", "z", "z", "enter")
        await page.sees("the filter hides all 11 jobs")
        await page.press("c")
        await page.sees("orders-cdc")


async def test_the_inspector_follows_the_cursor(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """It shows the selected job's numbers and its last error."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.sees("duplicate key value violates unique constraint")
        await page.sees("→ set primary_keys on the sink")
        await page.go_to("orders-cdc")
        await page.sees("peak 203k/s")
        assert "duplicate key" not in page.text
        assert "1.92G rows, 184 GB" in page.text


async def test_tabs_are_made_on_their_first_visit(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Numbers choose tabs; a tab that was never looked at does not exist."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        inspector = page.jobs.query_one(Inspector)
        assert list(inspector._panes) == ["Overview"]
        await page.go_to("orders-cdc")
        await page.press("2")
        await page.sees("before the schema change")
        await page.sees("worker 2 did not prepare")
        await page.press("4")
        await page.sees("checkpoint #812 committed")
        await page.press("7")
        await page.sees('job.name = "orders-cdc"')
        assert "hunter2" not in page.text
        assert list(inspector._panes) == ["Overview", "Checkpoints", "Logs", "Spec"]


async def test_hot_reload_shows_its_diagnostic(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType, tmp_path: Any
) -> None:
    """The banner names the problem and shows the line of the file on disk with a caret."""
    file = tmp_path / "orders.conf"
    file.write_text(samples.SPEC.replace("row.num", "row.nums"))
    job = stage.jobs["4e5566778899"]
    stage.add(msgspec.structs.replace(job, file=str(file)))
    serve(stage)
    async with open_ui((120, 50)) as page:
        await page.loaded()
        await page.go_to("inventory-delta")
        await page.press("enter", "7")
        await page.sees("the file changed and does not check")
        await page.sees("unknown option “row.nums”")
        await page.sees("^^^^^^^^ FakeSource has no such option")
        await page.sees("help: did you mean “row.num”?")
        assert "row.nums = 5000000" in page.text


async def test_enter_opens_and_q_comes_back(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Enter gives the inspector the screen, q returns to the list, and q there quits with status 0."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("enter")
        await page.until(lambda: not page.jobs.jobs.display)
        await page.press("q")
        await page.until(lambda: page.jobs.jobs.has_focus)
        await page.press("q")
        assert page.app.return_code == 0


async def test_tab_goes_between_list_and_inspector(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Tab moves the focus; j then scrolls what has it, and the cursor of the list stays."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("tab")
        await page.until(lambda: page.jobs.inspector.pane.has_focus)
        before = page.selected.name
        await page.press("j")
        assert page.selected.name == before
        await page.press("tab")
        await page.until(lambda: page.jobs.jobs.has_focus)


async def test_the_window_of_the_chart(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """[ and ] change how far the chart looks back; the daemon is asked for that window."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.sees("-2m30s")
        await page.press("left_square_bracket")
        await page.sees("-30s")
        await page.press("right_square_bracket", "right_square_bracket")
        await page.sees("-30m")


async def test_the_next_problem(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """! goes through the jobs that need someone and says why."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        visited = []
        for _ in range(4):
            await page.press("exclamation_mark")
            visited.append(page.selected.name)
        assert visited == ["inventory-delta", "mail-bounces", "payments-sync", "inventory-delta"]
        assert (
            "mail-bounces: it is restarting (attempt 2): in LocalFile: permission denied: /data/bounces/07.json" in page.toasts
        )
        assert "payments-sync: it failed: in Jdbc, payments.conf:31: duplicate key value violates" in page.toasts


@pytest.mark.parametrize("size", [(200, 50), (120, 36)], ids=["beside", "below"])
async def test_copying_what_is_under_the_cursor(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], size: tuple[int, int]
) -> None:
    """Y copies the selected job's id; with another tab beside the list, which need not have the focus, what that is about. A
    toast says what it was."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("y")
        assert page.app.clipboard == "2c90ddfe7711"
        await page.go_to("orders-cdc")
        for tab, words, copied, told in (
            ("5", "first 1d ago", "amount = “12,50” is not a decimal(12,2)", "Copied the error cast of orders"),
            ("2", "#811", "812", "Copied the number of checkpoint 812"),
            ("3", "weekly", "790", "Copied the number of savepoint 790"),
            ("6", "Sql  93 %", "Sql", "Copied Sql"),
            ("1", "peak", "0f3a9c1d22aa", "Copied the job's id, 0f3a9c1d22aa"),
        ):
            await page.press(tab)
            await page.sees(words)
            await page.settled()
            assert page.jobs.jobs.has_focus
            await page.press("y")
            assert (page.app.clipboard, told in page.toasts) == (copied, True)


async def test_help_is_searchable(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """? lists the keys; typing narrows the list; escape leaves."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("question_mark")
        await page.sees("one line down")
        await page.press(*"savep")
        await page.until(lambda: "one line down" not in page.text)
        assert "keep a point to go back to" in page.text
        await page.press("escape")
        await page.until(lambda: page.dialog == "JobsScreen")


async def test_the_help_runs_what_is_chosen_in_it(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Enter runs the command under the cursor, arrows move it."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("question_mark", *"sort", "down", "up", "enter")
        await page.until(lambda: "Sorted by" in page.toasts)
        assert page.dialog == "JobsScreen"


async def test_jobs_are_sorted_by_a_column(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The key o goes from column to column, O turns the order round; the heading shows it, and the cursor stays on its job."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        page.jobs.action_sort_by("name")
        await page.until(lambda: [view.name for view in page.app.snapshot.jobs] == sorted(_names(page)))
        await page.sees("NAME▲")
        assert page.selected is not None
        assert page.selected.name == "orders-cdc"
        await page.press("O")
        await page.until(lambda: _names(page) == sorted(_names(page), reverse=True))
        await page.press("o")
        await page.sees("IN/s▼")


def _names(page: Any) -> list[str]:
    return [view.name for view in page.app.snapshot.jobs]


async def test_keys_can_be_given_to_other_commands(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A remapped key acts, the old one does not, and the key bar and the help show what holds."""
    serve(stage)
    async with open_ui(settings=Settings(keys={"filter.edit": "f", "job.stop": "f5"})) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.sees("f5 stop")
        await page.press("T", "slash")
        assert page.dialog == "JobsScreen"
        assert not page.jobs.query_one(FilterBar).has_class("editing")
        await page.press("f")
        assert page.jobs.query_one(FilterBar).has_class("editing")
        await page.press("escape", "f5")
        await page.until(lambda: page.dialog == "ConfirmScreen")


async def test_the_palette_finds_jobs(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """: opens the palette; a job's name goes to that job."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("colon")
        await page.sees("show overview")
        await page.press(*"geo-enr")
        await page.sees("go to geo-enrich")
        await page.press("enter")
        await page.until(lambda: page.selected.name == "geo-enrich")


async def test_only_changed_lines_are_painted(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """One job's numbers change: one line of the table is drawn again."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("payments-sync")
        table = page.jobs.jobs
        drawn = page.painted(table)
        job = stage.jobs["5f0a0b0c0d0e"]
        totals = msgspec.structs.replace(job.execution.totals, lag_seconds=99.0)
        stage.add(msgspec.structs.replace(job, execution=msgspec.structs.replace(job.execution, totals=totals)))
        page.app.feed.nudge()
        await page.sees("1m 39s")
        assert drawn == [7]


async def test_the_logs_follow_until_scrolled(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType
) -> None:
    """At the end new lines scroll in; scrolled up they are counted; G follows again."""
    now = [samples.NOW]
    serve(stage)
    async with open_ui(clock=lambda: now[0]) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("4")
        pane = page.jobs.inspector
        await page.until(lambda: pane.pane is not None and pane.pane.max_scroll_y > 0 and pane.pane.is_vertical_scroll_end)
        await page.press("tab", "k", "k")
        await page.sees("not following")
        last = stage.logs["0f3a9c1d22aa"][-1]
        stage.logs["0f3a9c1d22aa"].append(msgspec.structs.replace(last, message="the newest line", offset=last.offset + 50))
        now[0] += 1.5
        await page.sees("1 new below")
        await page.press("G")
        await page.sees("the newest line")
        await page.sees("following")


async def test_a_table_of_ten_thousand_jobs(
    open_ui: Any, empty_stage: Any, serve: Callable[[Any], Any], samples: ModuleType
) -> None:
    """Ten thousand jobs are all there, and the end is one key away."""
    for number in range(10_000):
        empty_stage.add(samples.make_job(f"job-{number:05}", S.STOPPED, job_id=f"{number:012x}", since=60.0 + number))
    serve(empty_stage)
    async with open_ui() as page:
        await page.until(lambda: page.jobs.jobs.count() == 10_000, timeout=60)
        await page.press("G")
        await page.sees("job-09999")
        assert isinstance(page.jobs.jobs, LineTable)
        assert page.app.snapshot.total == 10_000


@pytest.mark.parametrize("size", [(40, 8), (60, 16), (80, 24), (100, 30), (160, 40), (240, 70)])
async def test_every_size_works(open_ui: Any, stage: Any, serve: Callable[[Any], Any], size: tuple[int, int]) -> None:
    """From 40x8 up there is a list with a cursor, and no line is wider than the terminal."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        lines = page.text.splitlines()
        assert len(lines) == size[1]
        assert any("▌" in line and "payments" in line for line in lines)
        for key in ("enter", *"2345671", "q"):
            await page.press(key)
            await page.settled()


async def test_too_small_recovers(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A tiny terminal says what it needs, and everything is back when it grows; a dialog stays open behind it."""
    serve(stage)
    async with open_ui((120, 36)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await page.pilot.resize_terminal(32, 6)
        await page.sees("40x8 needed")
        await page.sees("now 32x6")
        await page.pilot.resize_terminal(120, 36)
        await page.sees("Cancel orders-cdc")
        await page.press("escape")
        await page.sees("sensor-rollup")
