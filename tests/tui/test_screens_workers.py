"""Workers and queues, the machine, and whether the daemon works."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from runner.cluster import FleetWorkerList, HealthStatus
from runner.replies import Problem
from tui.draw.flow import flow
from tui.draw.line import Span

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


@SIZES
async def test_workers_and_queues(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, fleet: ModuleType, size: tuple[int, int]
) -> None:
    """What both tables look like; tab goes from one to the other."""
    stage.pages["health"] = fleet.sample_health(disk=HealthStatus.DEGRADED)
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("w")
        await page.sees("etl-01")
        await page.at_rest()
        screen_is(page, f"workers_{size[0]}x{size[1]}")
        await page.press("tab", "j")
        await page.sees("LONGEST WAIT")
        await page.settled_row("nightly")
        screen_is(page, f"queues_{size[0]}x{size[1]}")


async def test_rows_lead_to_jobs(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A worker leads to its job, a queue to the job whose turn is next; an empty queue to none."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("w")
        await page.sees("inventory-delta")
        await page.press("slash", *"inventory", "enter", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert page.selected.name == "inventory-delta"
        await page.press("q")
        await page.until(lambda: page.dialog == "FleetScreen")
        await page.press("c", "tab", "G", "enter")
        await page.until(lambda: "This row is about no job." in page.toasts)
        await page.press("k", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert page.selected.name == "fx-rates"


async def test_no_worker_and_no_answer(open_ui: Any, stage: Any, serve: Callable[[Any], Any], fleet: ModuleType) -> None:
    """Nothing runs: it says so. A daemon that refuses: its reason, and what was there stays."""
    stage.pages["workers"] = Problem(type="", title="Old", status=404, detail="this daemon lists no workers", code="not-found")
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("w")
        await page.sees("the daemon does not tell")
        await page.sees("this daemon lists no workers")
        stage.pages["workers"] = FleetWorkerList(workers=())
        page.app.screen._asked.clear()
        await page.sees("no worker runs")
        stage.pages["workers"] = FleetWorkerList(workers=fleet.sample_workers())
        page.app.screen._asked.clear()
        await page.sees("sensor-rollup")
        stage.pages["workers"] = Problem(type="", title="No", status=500, detail="it is tired", code="internal")
        page.app.screen._asked.clear()
        await page.sees("it is tired")
        assert "sensor-rollup" in page.text
        assert page.app.screen.table.stale


def test_groups_flow() -> None:
    """Groups are not broken; what has no room is left out; nothing is wider than the screen."""
    groups = [(Span(text),) for text in ("aaaa", "bbbb", "c" * 30, "dd")]
    lines = [line.text for line in flow(groups, 14, 2)]
    assert lines == [" aaaa   bbbb  ", " cccccccccccc…"]
    assert [line.text.rstrip() for line in flow(groups, 40, 1)] == [" aaaa   bbbb   dd"]
    assert flow([], 10, 2) == []
