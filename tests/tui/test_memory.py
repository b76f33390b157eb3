"""What the program remembers from one session to the next, and the views that are kept by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.home import Home
from tui.settings import memory
from tui.settings.file import Settings
from tui.settings.memory import NAME, Keeper, Memory, View, recall, remember


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
        await page.press("b")
        await page.until(lambda: "There is nothing to keep" in page.toasts)
        await page.press("slash", *"state:paused", "enter", "o", "o", "O", "colon", *"save view", "enter")
        await page.until(lambda: page.dialog == "NamingScreen")
        await page.press(*"quiet ones", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.press("c", "O", "colon", *"view broken", "enter")
        await page.until(lambda: page.jobs.jobs.count() == 1 and page.selected.name == "payments-sync")
        assert (page.jobs.jobs.sorted_by, page.jobs.jobs.sorted_up) == ("name", True)
        await page.press("t")
        await page.until(lambda: page.dialog == "TopScreen")
        await page.press("colon", "v")
        await page.sees("view broken")
        await page.sees("state:paused, by name, the other way round")
        await page.press("space", *"qui")
        await page.until(lambda: "view broken" not in page.text)
        await page.press("enter")
        await page.until(lambda: page.dialog == "JobsScreen" and page.selected.name == "users-full")
        assert (page.jobs.jobs.sorted_by, page.jobs.jobs.sorted_up) == ("name", False)
    assert recall(home.path / NAME).views == {"quietones": View("state:paused", "name", reverse=True)}


async def test_a_view_is_forgotten(open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A view of former sessions is the text of a filter alone; the palette forgets it."""
    home.path.mkdir(exist_ok=True)
    remember(home.path / NAME, Memory(views={"old": "state:failed"}))
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("colon", *"v", "enter")
        await page.until(lambda: page.jobs.jobs.count() == 1)
        await page.press("colon", *"forget view old", "enter")
        await page.until(lambda: not page.app.views)
    assert recall(home.path / NAME).views == {}


def test_what_changes_while_it_is_written_is_written_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that comes in the middle of a write is not taken for written."""
    path = tmp_path / NAME
    keeper = Keeper(path)

    def write_and_change(place: Path, written: Memory) -> None:
        remember(place, written)
        keeper.memory = Memory(theme="nord", window=60)

    keeper.memory = Memory(theme="nord")
    monkeypatch.setattr(memory, "remember", write_and_change)
    keeper.close()
    monkeypatch.undo()
    keeper.close()
    assert recall(path) == Memory(theme="nord", window=60)
