"""The terminal UI of a page: what a page cannot have is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.home import Home
from tui.data.daemon import ReadOnly
from tui.settings.file import DEFAULTS
from tui.web.visit import LOOKING, Visit
from tui.web.visitor import BrowserApp


def logs_in(directory: Path) -> list[Path]:
    """The files of logs that were written there."""
    return sorted(directory.glob("*.log"))


async def test_a_page_that_only_looks_changes_nothing(
    open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, the palette and a click answer with the reason; no file is written; what would slip through meets a client that
    refuses; nothing reaches the daemon."""
    monkeypatch.chdir(tmp_path)
    serve(stage)
    async with open_ui(place=Visit(home.path).place(DEFAULTS), kind=BrowserApp) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        for times, key in enumerate(("S", "T", "X", "F", "E"), 1):
            await page.press(key)
            await page.until(lambda times=times: page.toasts.count("This page is for looking only") == times, key)
        await page.press("colon", *"cancel", "space", *"ord")
        await page.sees("cancel orders-cdc")
        await page.press("enter")
        await page.until(lambda: page.toasts.count("This page is for looking only") == 6, "the palette")
        await page.pilot.click("#keys", offset=(2, 0))
        await page.until(lambda: page.toasts.count("This page is for looking only") == 7, "a click")
        await page.press("4")
        await page.sees("following")
        await page.app.run_action("write", page.jobs.inspector.pane)
        await page.until(lambda: "It would write a file where flowdeck web runs." in page.toasts, "a file")
        with page.app.door.open(5.0) as client, pytest.raises(ReadOnly, match="looking only"):
            client.stop("orders-cdc")
    assert stage.calls == []
    assert logs_in(tmp_path) == []


async def test_a_page_has_no_terminal_to_lend(open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """An editor, a pager and the shell are refused, also in a page that may change jobs."""
    serve(stage)
    async with open_ui(place=Visit(home.path, writes=True).place(DEFAULTS), kind=BrowserApp) as page:
        await page.loaded()
        assert LOOKING not in page.text
        for action, words in (
            ("edit", "An editor needs a terminal."),
            ("pager", "A pager needs a terminal."),
            ("suspend_process", "There is no shell to go back to."),
        ):
            await page.app.run_action(action)
            await page.until(lambda words=words: words in page.toasts, action)
        await page.press("X")
        await page.until(lambda: page.dialog != "JobsScreen", "a dialog")
    assert stage.calls == []
