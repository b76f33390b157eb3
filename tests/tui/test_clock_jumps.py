"""The clock of the machine is set while the terminal UI looks on: what is on the screen stays sensible."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

JUMPS = {"an hour back": -3600.0, "an hour on": 3600.0, "into 1970": -1_700_000_000.0}
AXIS = re.compile(r"[╰─] ?-\d+\w+ ─")
NEGATIVE = re.compile(r"(?<![\w.-])-\d+(\.\d+)? ?(ms|s|m|h|d)\b")


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
async def test_no_time_runs_backwards(open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: Any, jump: float) -> None:
    """On every screen: no negative age, no crash, and the daemon that answers is LIVE."""
    now = [samples.NOW]
    serve(stage)
    async with open_ui(clock=lambda: now[0]) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        now[0] += jump
        page.app.feed.nudge()
        for key in ("1", "2", "t", "s", "e", "w"):
            await page.press(key)
            await page.sees("LIVE")
            await page.at_rest()
            assert not NEGATIVE.search(AXIS.sub("", page.text)), page.text
            if not key.isdigit():
                await page.press("escape")
