"""The library of savepoints: of all jobs, also of deleted ones; verifying; what a restore would use."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import CheckpointKind, SavepointPlace
from runner.replies import CheckpointList, JobPage, Problem, SavepointVerdict
from runner.states import ExecutionState
from tui.screens.dialog import Dialog

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
ORDERS = "0f3a9c1d22aa"
FORMER = "bb0000000005"


def shelve(stage: Any, samples: ModuleType) -> None:
    """Savepoints with and without a directory, one damaged, and one of a deleted job."""
    now, kind = samples.NOW, CheckpointKind.SAVEPOINT
    found = stage.checkpoints[ORDERS]
    place = SavepointPlace(path=f"/data/savepoints/{ORDERS} 790", written_at=now - 3599, verified_at=now - 600)
    found[4] = msgspec.structs.replace(found[4], place=place, requested_by="a savepoint request")
    lost = SavepointPlace(path="/data/savepoints/9d0000000003/44", written_at=now - 9000, trouble="state.bin is missing")
    stage.checkpoints["9d0000000003"] = [
        samples.checkpoint(
            "9d0000000003", 44, 190_000, kind=kind, size=31_000, rows_in=5_002_118, place=lost, description="final"
        )
    ]
    gone = samples.make_job("old-import", ExecutionState.STOPPED, job_id=FORMER, since=400_000)
    former = samples.checkpoint(FORMER, 3, 400_000, kind=kind, size=9_000, rows_in=120_000, description="last state")
    stage.pages["jobs"] = lambda query: JobPage(jobs=(gone,) if query.get("deleted") else (), total=None)
    stage.pages[f"executions/{FORMER}-e1/checkpoints"] = CheckpointList(checkpoints=(former,))


@SIZES
async def test_the_library(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, samples: ModuleType, size: tuple[int, int]
) -> None:
    """What it looks like."""
    shelve(stage, samples)
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("s")
        await page.sees("next restore uses checkpoint #812")
        await page.at_rest()
        screen_is(page, f"savepoints_{size[0]}x{size[1]}")


async def test_verifying(open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType) -> None:
    """V has the daemon read every byte: the row shows that it does, then what it found; one is not read twice at once."""
    shelve(stage, samples)
    point = stage.checkpoints[ORDERS][4]
    path = f"jobs/{ORDERS}/savepoints/790/verify"
    damaged = msgspec.structs.replace(point, place=msgspec.structs.replace(point.place, trouble="state.bin has changed"))
    stage.pages[path] = SavepointVerdict(savepoint=damaged, problems=("state.bin has changed",))
    serve(stage)
    async with open_ui((120, 24)) as page:
        await page.loaded()
        await page.press("s")
        await page.sees("whole 10m ago")
        await page.at_rest()
        stage.hold.clear()
        await page.press("v")
        await page.sees("being read 0s")
        await page.press("v")
        await page.until(lambda: "it is being read already" in page.toasts)
        stage.hold.set()
        await page.until(lambda: "Savepoint #790 of orders-cdc is damaged: state.bin has changed" in page.toasts)
        await page.sees("✗ state.bin has")
        assert [call for call in stage.calls if call[0] == "post"] == [("post", path, {})]


async def test_what_verifying_may_answer(open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType) -> None:
    """A whole one is said to be whole; a refusal has its reason; a savepoint of a deleted job cannot be asked about."""
    shelve(stage, samples)
    point = stage.checkpoints[ORDERS][4]
    path = f"jobs/{ORDERS}/savepoints/790/verify"
    stage.pages[path] = SavepointVerdict(savepoint=point)
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("s")
        await page.sees("□ job deleted")
        await page.press("v")
        await page.until(lambda: "Every byte was read: it is whole." in page.toasts)
        stage.pages[path] = Problem(type="", title="Gone", status=404, detail="there is no savepoint 790", code="not-found")
        await page.press("v")
        await page.until(lambda: "there is no savepoint 790" in page.toasts)
        await page.press("G", "v")
        await page.until(lambda: "old-import is deleted" in page.toasts)
        await page.sees("the job is deleted: flowdeck undelete")
        await page.press("enter")
        await page.until(lambda: "That job is deleted" in page.toasts)
        assert page.dialog == "SavepointsScreen"


async def test_no_savepoints(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """There are none: what they are, and how to take one. A row leads to the savepoints of its job."""
    kept = stage.checkpoints.pop(ORDERS)
    serve(stage)
    async with open_ui((60, 16)) as page:
        await page.loaded()
        await page.press("s")
        await page.sees("no savepoints yet")
        await page.sees("S takes one while the job runs on")
        stage.checkpoints[ORDERS] = kept
        page.app.screen._asked.clear()
        await page.sees("#402")
        await page.press("enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.sees(" 3 Savepoints ")
        assert page.selected.name == "orders-cdc"


async def past_the_guard(page: Any) -> None:
    """Until the dialog takes an answer."""
    await page.until(lambda: isinstance(page.app.screen, Dialog) and not page.app.screen.guarded)


async def test_a_savepoint_is_deleted_only_by_its_number(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType
) -> None:
    """D on the screen of savepoints is about the savepoint: what is kept and lost, and its number is typed. Refused
    with the daemon's reason."""
    shelve(stage, samples)
    stage.effects["delete savepoint 402"] = {
        "does": "forgets the savepoint", "risk": "destructive", "lost": ["the way back to savepoint 402, 90 s old"],
        "kept": ["the job, 4 other restore points", "where a restore begins: checkpoint 812, 4 s old, 1918500000 rows read"],
    }  # fmt: skip
    stage.effects["delete savepoint 790"] = {"allowed": False, "reason": "orders-cdc is running from savepoint 790"}
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("s")
        await page.until(lambda: page.app.screen.table.count() > 2)
        page.app.screen.table.select(f"{ORDERS} 402")
        await page.press("D")
        await page.sees("forgets the savepoint")
        assert "Delete savepoint #402 of orders-cdc" in page.text
        assert "4 other restore points" in page.text
        assert "checkpoint #812, 4 s old, 1.92G rows" in page.text
        await page.sees("type 402 to delete the savepoint")
        await past_the_guard(page)
        await page.press("enter")
        assert (page.dialog, stage.calls) == ("ConfirmScreen", []), "enter alone never means yes"
        await page.press(*"402", "enter")
        await page.until(lambda: stage.calls == [("delete savepoint 402", ORDERS, {})])
        await page.until(lambda: page.dialog == "SavepointsScreen")
        page.app.screen.table.select(f"{ORDERS} 790")
        await page.press("D")
        await page.sees("orders-cdc is running from savepoint 790")
        assert len(stage.calls) == 1


async def test_jobs_are_restored_from_marked_savepoints(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType
) -> None:
    """One question for all of them; each request names its own savepoint. Two of one job, and other actions, are refused."""
    shelve(stage, samples)
    stage.effects["restart"] = lambda _job, body: {"does": f"goes on from {body['restore']}"}
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("s")
        await page.until(lambda: page.app.screen.table.count() > 2)
        table = page.app.screen.table
        for row in ("790", "402"):
            table.select(f"{ORDERS} {row}")
            await page.press("space")
        await page.press("R")
        await page.until(lambda: "a job is restored from one savepoint, not from several" in page.toasts)
        await page.press("D")
        await page.until(lambda: "esc drops the marks" in page.toasts)
        await page.press("escape")
        assert table.marks == set()
        for row in (f"{ORDERS} 790", "9d0000000003 44"):
            table.select(row)
            await page.press("space")
        await page.press("a")
        await page.sees("goes on from 790")
        await page.sees("goes on from 44")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: len(stage.calls) == 2)
        assert {(job, body["restore"]) for _, job, body in stage.calls} == {(ORDERS, "790"), ("9d0000000003", "44")}
