"""What the program remembers from one session to the next, and the views that are kept by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.home import Home
from tui.settings.file import Settings
from tui.settings.memory import NAME, Keeper, Memory, recall


def test_changes_are_written_beside(tmp_path: Path) -> None:
    """Whatever has changed last is in the file after the end; nothing is written when nothing has changed."""
    path = tmp_path / NAME
    keeper = Keeper(path)
    keeper.close()
    assert not path.exists()
    keeper.change(theme="nord")
    keeper.change(window=3600)
    keeper.close()
    assert recall(path) == Memory(theme="nord", window=3600)


async def test_the_next_session_begins_as_the_last_one_ended(
    open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any]
) -> None:
    """Theme, order and window come back."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        page.app.theme = "flowdeck-light"
        await page.press("o", "o", "O", "right_square_bracket")
        await page.pilot.pause()
    assert recall(home.path / NAME).sort == "name"
    async with open_ui() as page:
        await page.loaded()
        assert page.app.theme == "flowdeck-light"
        assert (page.jobs.jobs.sorted_by, page.jobs.jobs.sorted_up) == ("name", False)
        assert page.jobs.inspector.pane.window == 3600
        assert page.app.snapshot.jobs[0].name == "users-full"
    async with open_ui(settings=Settings(theme="flowdeck-distinct-dark")) as page:
        assert page.app.theme == "flowdeck-distinct-dark"


async def test_a_filter_is_kept_under_a_name(open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The palette asks for the name, has the view from then on, and those of the settings file too."""
    serve(stage)
    async with open_ui(settings=Settings(views={"broken": "state:failed"})) as page:
        await page.loaded()
        await page.press("slash", *"state:paused", "enter", "colon", *"save view", "enter")
        await page.until(lambda: page.dialog == "NamingScreen")
        await page.press(*"quiet ones", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.press("c", "colon", *"view broken", "enter")
        await page.until(lambda: page.jobs.jobs.count() == 1 and page.selected.name == "payments-sync")
        await page.press("colon", *"view quietones", "enter")
        await page.until(lambda: page.selected.name == "users-full")
    assert recall(home.path / NAME).views == {"quietones": "state:paused"}
