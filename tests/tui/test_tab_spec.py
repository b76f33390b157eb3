"""The spec tab: what hot reload makes of a changed file, and a person's word on it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import CheckpointKind, ReloadStatus
from runner.reload import PlannedChange, ReloadState, WatchedFile
from runner.replies import Problem
from tui.draw.hocon import MASK
from tui.tabs.spec_compare import changed_lines
from tui.tabs.spec_lines import banner

JOB = "4e5566778899"
ORDERS = "0f3a9c1d22aa"
CHANGES = (
    PlannedChange(path="source.FakeSource.row.num", action="change", effect="restart", reason="other rows", before=5, after=7),
    PlannedChange(path="env.\x1b]52;c;x\x07", action="add", effect="live", reason="[/]", after="x" * 300),
)


def wait(stage: Any, samples: ModuleType) -> WatchedFile:
    """A change of the file of a job waits."""
    watched = WatchedFile(
        file="inventory.conf", job_id=JOB, job_name="inventory-delta", since=samples.NOW - 5,
        state=ReloadState.PENDING_APPROVAL,
        observed_generation=4, pending_generation=4, effect="restart", changes=CHANGES,
    )  # fmt: skip
    status = ReloadStatus(outcome="pending_approval", at=samples.NOW - 5, message="2 changes need a restart")
    stage.add(msgspec.structs.replace(stage.jobs[JOB], reload=status))
    stage.pages[f"jobs/{JOB}/reload"] = watched
    return watched


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
async def test_a_change_that_waits(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType, screen_is: Any, size: tuple[int, int]
) -> None:
    """What would change is shown; a applies exactly that; a refusal is told, and d leaves the job as it is."""
    watched = wait(stage, samples)
    stage.pages[f"jobs/{JOB}/reload/apply"] = Problem(type="", title="", status=409, detail="a newer one", code="changed")
    stage.pages[f"jobs/{JOB}/reload/discard"] = watched
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("inventory-delta")
        await page.press("enter", "7")
        await page.sees("waits for your word")
        await page.sees("row.num")
        await page.settled()
        screen_is(page, f"reload_{size[0]}x{size[1]}")
        if size[0] > 80:
            return
        await page.press("a")
        await page.until(lambda: "a newer one" in page.toasts)
        await page.press("d")
        await page.until(lambda: len(stage.calls) == 2)
        decision = {"observed_generation": 4, "reason": ""}
        assert [body for _, _, body in stage.calls] == [decision, decision]


async def test_nothing_waits(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The keys say so and ask nothing of the daemon."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "7")
        await page.sees("job.mode")
        await page.press("a")
        await page.until(lambda: "No change of the file waits" in page.toasts)
        assert stage.calls == []


def test_every_state_has_words() -> None:
    """No state of hot reload is shown by its name alone."""
    for state in ReloadState:
        status = ReloadStatus(outcome=state.lower(), at=0.0)
        first = banner(status, None, (), "generation 1 keeps running", 80, ("a", "d"))[0].text
        assert state is ReloadState.SYNCED or f" {state.lower()} at" not in first


async def test_a_spec_is_compared_and_copied(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The key c shows what is new against the generation before, then against that of the newest savepoint, then the text
    again; y copies the text. No secret is shown or copied."""
    job = stage.jobs[ORDERS]
    number = job.execution.generation
    texts = {
        number: 'env { job.name = a }\npassword = "hunter2"\nrow.num = 7',
        number - 1: 'env { job.name = a }\npassword = "letmein"\nrow.num = 5',
        1: "env { job.name = first }",
    }
    for one, text in texts.items():
        stage.texts_of[ORDERS, one] = text
    stage.checkpoints[ORDERS] = [
        msgspec.structs.replace(point, generation=1) if point.kind is CheckpointKind.SAVEPOINT else point
        for point in stage.checkpoints[ORDERS]
    ]
    serve(stage)
    async with open_ui((100, 30)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "7")
        await page.sees("row.num = 7")
        await page.settled()
        await page.press("y")
        assert page.app.clipboard == f"env {{ job.name = a }}\npassword = {MASK}\nrow.num = 7"
        await page.press("c")
        await page.sees(f"generation {number - 1} → generation {number}, which runs")
        assert f" - 2 │ password = {MASK}" in page.text
        assert f" + 2 │ password = {MASK}" in page.text
        assert " + 3 │ row.num = 7" in page.text
        assert " - 3 │ row.num = 5" in page.text
        await page.press("c")
        await page.sees("generation 1 of savepoint #")
        assert " - 1 │ env { job.name = first }" in page.text
        await page.press("c")
        await page.until(lambda: "savepoint #" not in page.text and "row.num = 7" in page.text)
        assert "hunter2" not in page.text


def test_only_what_differs_is_compared() -> None:
    """Lines far from a change are left out; equal texts have no change."""
    old = [f"a = {number}" for number in range(100)]
    new = [*old[:50], "b = 1", *old[51:]]
    found = [one.text.rstrip() for one in changed_lines("\n".join(old), "\n".join(new))]
    assert found[0] == ""
    assert [text[1:2] for text in found[1:]] == [" ", " ", " ", "-", "+", " ", " ", " "]
    assert not list(changed_lines("x", "x"))
