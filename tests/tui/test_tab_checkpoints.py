"""The checkpoints tab: the last ones as a strip, what the selected one spent its time on, and the list."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import CheckpointStatus
from tui.draw.gantt import bars
from tui.draw.strip import strip

JOB = "0f3a9c1d22aa"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
async def test_the_checkpoints_of_a_job(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]
) -> None:
    """The strip, the phases of the selected one, and for a failed one the reason and the workers that were late."""
    parts = {"aligned_seconds": 0.1, "prepared_seconds": 0.5, "saved_seconds": 0.02, "committed_seconds": 0.28}
    first, second, failed, *rest = stage.checkpoints[JOB]
    stage.checkpoints[JOB] = [
        msgspec.structs.replace(first, slowest_worker=3, **parts), second,
        msgspec.structs.replace(failed, late_workers=(2,), aligned_seconds=60.0), *rest,
    ]  # fmt: skip
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "2")
        await page.sees("slowest   worker 3")
        await page.settled()
        screen_is(page, f"checkpoints_{size[0]}x{size[1]}")
        await page.press("j", "j")
        await page.sees("late: worker 2")
        await page.sees("failed: worker 2 did not prepare")


def test_the_strip_shows_the_newest_on_the_right(samples: ModuleType) -> None:
    """At most sixty, as many as there is room for; a failed one and one under way have signs of their own."""
    made = [samples.checkpoint(JOB, number, 5.0 * number) for number in range(100)]
    made[0] = msgspec.structs.replace(made[0], status=CheckpointStatus.IN_PROGRESS, duration=None)
    made[1] = msgspec.structs.replace(made[1], status=CheckpointStatus.FAILED)
    signs, took = strip(made, 120)
    assert signs.text.split()[2] == "✓" * 58 + "✗◐"
    assert "most 0.8s" in took.text
    assert all(line.width <= 40 for line in strip(made, 40))
    assert strip([], 80) == []


def test_bars_follow_each_other() -> None:
    """Each begins where the one before ends; what was not measured has none, and what took no time is still to be seen."""
    drawn = [line.text for line in bars([("a", 3.0), ("b", None), ("c", 1.0), ("d", 0.0)], 64)]
    starts = [text.find("█") for text in drawn]
    assert starts[1] == -1
    assert starts[2] == drawn[0].rfind("█") + 1
    assert max(map(len, drawn)) <= 64
    assert bars([("a", None)], 10)[0].text.endswith("\N{EN DASH}  ")
