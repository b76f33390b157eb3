"""The dialogs at every size, character by character: what is confirmed, which generation runs, what is submitted, what is
planned. FLOWDECK_UPDATE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runner.reload import PlannedChange, ReloadPlan
from runner.replies import Problem

ORDERS, GEO = "0f3a9c1d22aa", "ae0000000004"
SIZES = [(40, 8), (80, 24), (120, 36), (200, 50), (250, 80)]
FILE = """env { job.name = "orders-cdc", job.mode = "STREAMING" }
source { FakeSource { plugin_output = "orders", row.num = 6000000, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "orders" } }
"""
PLAN = ReloadPlan(
    job_id=ORDERS, job_name="orders-cdc", generation=7, effect="restart",
    changes=(
        PlannedChange(path="source.orders.row.num", action="change", effect="restart",
                      reason="how many rows there are", before=5_000_000, after=6_000_000),
        PlannedChange(path="env.read_limit.rows_per_second", action="remove", effect="live", reason="how fast it reads",
                      before=200_000),
    ),
)  # fmt: skip


@pytest.fixture
def file(stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of two jobs, which says something else by now."""
    monkeypatch.chdir(tmp_path)
    found = tmp_path / "orders.conf"
    found.write_text(FILE)
    for job_id in (ORDERS, GEO):
        stage.add(msgspec.structs.replace(stage.jobs[job_id], file=str(found)))
        stage.pages[f"jobs/{job_id}/plan"] = PLAN
    stage.effects["restart"] = {"does": "stops it with a savepoint, and starts a new execution from there"}
    return found


async def past_the_guard(page: Any) -> None:
    """Until the screen takes an answer."""
    await page.until(lambda: not page.app.screen.guarded)


async def still(page: Any) -> None:
    """Nothing moves any more."""
    before = ""
    while before != page.text:
        before = page.text
        await page.settled()
        await page.pilot.pause(0.05)


async def asked(page: Any) -> None:
    """The question is there."""
    await page.until(lambda: page.dialog == "ConfirmScreen" and page.app.screen.question is not None)
    await past_the_guard(page)
    await still(page)


@pytest.mark.parametrize("size", SIZES, ids=["x".join(map(str, size)) for size in SIZES])
async def test_dialogs(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, file: Path, size: tuple[int, int]
) -> None:
    """A cancel, a restore of a job whose file differs, from there the file with its plan, and a file that is looked for."""
    serve(stage)
    name = f"{size[0]}x{size[1]}"
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("X")
        await asked(page)
        screen_is(page, f"cancel_{name}")
        await page.press("escape", "R")
        await page.until(lambda: page.dialog == "RestoreScreen" and page.app.screen._table.current is not None)
        await past_the_guard(page)
        await page.press("enter")
        await asked(page)
        screen_is(page, f"restore_file_{name}")
        await page.press("f")
        await page.until(lambda: page.dialog == "SubmitScreen" and page.app.screen._prospect is not None)
        await still(page)
        screen_is(page, f"plan_{name}")
        await page.press("escape")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.press("F")
        await page.until(lambda: page.dialog == "SubmitScreen" and page.app.screen._checked is not None)
        await still(page)
        screen_is(page, f"submit_file_{name}")
        assert {call[0] for call in stage.calls} == {"post"}


async def test_what_runs_is_a_generation(open_ui: Any, stage: Any, serve: Callable[[Any], Any], file: Path) -> None:
    """A start says which one; that the file differs, and how to run that; nothing more once the file says the same, and why
    when it no longer checks."""
    serve(stage)
    async with open_ui((120, 36)) as page:
        await page.loaded()
        await page.go_to("geo-enrich")
        await page.press("A")
        await page.sees("generation 1, the one that ran last")
        await page.sees("orders.conf differs from it now: 2 changes")
        assert "(source.orders.row.num, env.read_limit.rows_per_second), which" in page.text
        await page.sees("f: see what differs, and run the file")
        stage.pages[f"jobs/{GEO}/plan"] = msgspec.structs.replace(PLAN, effect="none", changes=())
        await asyncio.to_thread(file.write_text, f"# the same\n{FILE}")
        await page.until(lambda: "differs from it" not in page.text)
        assert "generation 1, the one that ran last" in page.text
        await asyncio.to_thread(file.write_text, "env { job.name = \n")
        await page.sees("orders.conf as it is now does not check")
        assert page.dialog == "ConfirmScreen"
        plans = len(stage.calls)
        stage.texts[GEO] = FILE  # by hand, with values that the file does not have: then the words count
        await asyncio.to_thread(file.write_text, FILE)
        await page.until(lambda: "does not check" not in page.text)
        assert len(stage.calls) == plans
        refusal = Problem(type="", title="", status=409, detail="somebody else does", code="conflict")
        stage.pages[f"jobs/{GEO}/plan"] = refusal
        await asyncio.to_thread(file.write_text, f"# again\n{FILE}")
        await page.sees("orders.conf cannot be compared with it: somebody else does")
        assert page.app.screen.query_one("#go").disabled is False
