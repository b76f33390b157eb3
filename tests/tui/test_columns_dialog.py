"""Which columns of the job list are shown: chosen in a dialog, remembered by context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.home import Home
from tui.contexts import Place
from tui.settings.memory import NAME, recall


def heading(page: Any) -> str:
    """The titles above the jobs."""
    return next(row for row in page.text.splitlines() if "STATE" in row and "NAME" in row)


async def test_columns_are_hidden_and_come_back(open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The key h opens the dialog; space hides a column at once and shows it again; STATE stays; the next session has it so,
    another context does not."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        assert "OUT/s" in heading(page)
        await page.press("h", "space")
        await page.until(lambda: "STATE is always shown." in page.toasts)
        await page.press("j", "j", "j", "space", "escape")
        await page.until(lambda: page.dialog == "JobsScreen" and "OUT/s" not in heading(page))
        assert "IN/s" in heading(page)
    assert recall(home.path / NAME).hidden_columns == {"": ("OUT/s",)}
    async with open_ui() as page:
        await page.loaded()
        assert "OUT/s" not in heading(page)
        await page.press("h", "a", "escape")
        await page.until(lambda: page.dialog == "JobsScreen" and "OUT/s" in heading(page))
        await page.press("h", "down", "down", "space", "escape")
        await page.until(lambda: page.dialog == "JobsScreen" and "IN/s" not in heading(page))
    async with open_ui(place=Place(home, name="other")) as page:
        await page.loaded()
        assert "IN/s" in heading(page)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 8)], ids=["80x24", "120x36", "40x8"])
async def test_the_dialog(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]) -> None:
    """Every column with what it says, and whether there is room for it."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("h", *("down",) * 5, "space")
        await page.until(lambda: page.jobs.jobs.hidden == {"ROWS"})
        await page.settled()
        screen_is(page, f"columns_{size[0]}x{size[1]}")
