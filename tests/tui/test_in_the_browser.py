"""The terminal UI of a page: what a page cannot have is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.home import Home
from tui.data.daemon import ReadOnly
from tui.settings.file import DEFAULTS
from tui.web.browser_app import BrowserApp
from tui.web.visit import Visit


def logs_in(directory: Path) -> list[Path]:
    """The files of logs that were written there."""
    return sorted(directory.glob("*.log"))


async def test_a_page_that_only_looks(
    open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, the palette and a click answer with the reason; no file is written, no program started for which there is no
    terminal; what would slip through meets a client that refuses; nothing reaches the daemon."""
    monkeypatch.chdir(tmp_path)
    serve(stage)
    async with open_ui(place=Visit(home.path).place(DEFAULTS), kind=BrowserApp, size=(80, 24)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        for times, key in enumerate(("S", "F"), 1):
            await page.press(key)
            await page.until(lambda times=times: page.toasts.count("This page is for looking only") == times, key)
        await page.press("colon", *"cancel", "space", *"ord")
        await page.sees("cancel orders-cdc")
        await page.press("enter")
        await page.until(lambda: page.toasts.count("This page is for looking only") == 3, "the palette")
        await page.pilot.click("#keys", offset=(2, 0))
        await page.until(lambda: page.toasts.count("This page is for looking only") == 4, "a click")
        await page.press("4")
        await page.sees("following")
        await page.app.run_action("write", page.jobs.inspector.pane)
        await page.until(lambda: "It would write a file where flowdeck web runs." in page.toasts, "a file")
        for action, words in (
            ("edit", "An editor needs a terminal."),
            ("pager", "A pager needs a terminal."),
            ("suspend_process", "There is no shell to go back to."),
        ):
            await page.app.run_action(action)
            await page.until(lambda words=words: words in page.toasts, action)
        with page.app.door.open(5.0) as client, pytest.raises(ReadOnly, match="looking only"):
            client.stop("orders-cdc")
    assert stage.calls == []
    assert logs_in(tmp_path) == []
