"""Top: what needs attention, with reasons, most urgent first."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from runner.cluster import FleetWorkerList, HealthStatus
from runner.states import ExecutionState

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


def trouble(stage: Any, fleet: ModuleType) -> None:
    """A disk that is nearly full, beside the troubles of the sample jobs."""
    stage.pages["health"] = fleet.sample_health(disk=HealthStatus.DEGRADED)


@SIZES
async def test_top(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, fleet: ModuleType, size: tuple[int, int]
) -> None:
    """What it looks like."""
    trouble(stage, fleet)
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("t")
        await page.sees("daemon: disk")
        await page.at_rest()
        screen_is(page, f"top_{size[0]}x{size[1]}")


async def test_a_row_leads_to_its_job_and_back(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Enter opens the job at the tab that tells why, q comes back to the row; a number chooses another tab."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("t")
        await page.sees("3 reasons to look now")
        await page.press("j", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.sees("unknown option")
        assert page.selected.name == "inventory-delta"
        await page.press("q")
        await page.until(lambda: page.dialog == "TopScreen")
        await page.settled_row("inventory-delta")
        await page.press("5")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.sees("nothing has gone wrong")
        await page.press("escape")
        await page.until(lambda: page.dialog == "TopScreen")
        await page.press("q")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert not page.jobs.has_class("zoomed")


async def test_nothing_needs_anybody(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """All is well: it says so, and what was looked at; the first trouble appears by itself."""
    job = stage.jobs["0f3a9c1d22aa"]
    stage.jobs.clear()
    stage.add(job)
    stage.pages["workers"] = FleetWorkerList(workers=())
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("t")
        await page.sees("nothing needs you")
        assert "1 job: none has failed" in page.text
        stage.change(job.id, ExecutionState.FAILED)
        page.app.feed.nudge()
        await page.sees("✗ FAILED")


async def test_words_narrow_the_reasons(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """/ takes words, ! excludes; what nothing has is said; escape drops them and then leaves."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("t")
        await page.sees("mail-bounces")
        await page.press("slash", *"failed", "enter")
        await page.sees("1 of 4")
        assert "mail-bounces" not in page.text
        await page.press("slash", "z", "z")
        await page.sees("none of 4 has these words")
        await page.press("escape")
        await page.sees("mail-bounces")
        await page.press("escape")
        await page.until(lambda: page.dialog == "JobsScreen")


async def test_it_keeps_what_it_has_without_a_daemon(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The daemon goes away: the rows stay, dimmed and dated; it is back: they live again."""
    daemon = serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("t")
        await page.sees("payments-sync")
        daemon.close()
        await page.until(lambda: page.app.screen.table.stale, "stale rows")
        await page.sees("from 14:13:20")
        assert "payments-sync" in page.text
        daemon.open()
        await page.until(lambda: not page.app.screen.table.stale, "live rows")


async def test_the_smallest_terminal(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any) -> None:
    """On 40x8 the name and the reason are left."""
    serve(stage)
    async with open_ui((40, 8)) as page:
        await page.loaded()
        await page.press("t")
        await page.sees("Top")
        await page.at_rest()
        screen_is(page, "top_40x8")


async def test_actions_on_the_job_of_a_row(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Capital letters act on the job of the row, as in the list of jobs."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("t", "j")
        await page.settled_row("inventory-delta")
        await page.press("S")
        await page.until(lambda: any(call[:2] == ("savepoint", "4e5566778899") for call in stage.calls), "a savepoint")
        await page.until(lambda: "Savepoint of inventory-delta" in page.toasts)
        assert page.dialog == "TopScreen"
