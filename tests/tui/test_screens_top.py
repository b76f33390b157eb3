"""Top: what needs attention, with reasons, most urgent first."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from runner.cluster import HealthStatus

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
