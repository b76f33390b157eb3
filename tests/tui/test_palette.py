"""The palette: screens by name, pairs of a tab and a job, from every screen."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tui.query.pairs import ALIASES, jobs_called, split_pair
from tui.settings.file import Settings


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("log orders", ("logs", "orders")),
        ("CKPT  pay", ("checkpoints", "pay")),
        ("err a b", ("errors", "a b")),
        ("log", ("", "")),
        ("log ", ("", "")),
        ("orders log", ("", "")),
        ("", ("", "")),
    ],
)
def test_pairs(text: str, pair: tuple[str, str]) -> None:
    """The first word names a tab in one of its short forms, the rest a job."""
    assert split_pair(text) == pair


def test_no_word_names_two_tabs() -> None:
    """Every alias belongs to one tab."""
    words = [word for several in ALIASES.values() for word in several]
    assert len(words) == len(set(words))


def test_jobs_that_begin_so_come_first(samples: ModuleType) -> None:
    """Then those that contain it, by name; ids count from their beginning."""
    jobs = samples.sample_jobs()
    assert [job.name for job in jobs_called("se", jobs)] == ["sensor-rollup", "sessions-parquet", "users-full"]
    assert [job.name for job in jobs_called("0f3a", jobs)] == ["orders-cdc"]


async def test_a_screen_and_a_pair(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """`:top` leads to a screen, `:ckpt pay` from there to the checkpoints of a job, and back leads to the screen again."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("colon", *"top")
        await page.sees("go to top")
        await page.press("enter")
        await page.until(lambda: page.dialog == "TopScreen")
        await page.press("colon", *"ckpt", "space", *"pay")
        await page.sees("checkpoints payments-sync")
        await page.press("enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.sees(" 2 Checkpoints ")
        assert page.selected.name == "payments-sync"
        await page.press("q")
        await page.until(lambda: page.dialog == "TopScreen")
        await page.press("colon", *"back", "space", "t")
        await page.sees("back to the jobs")
        await page.press("enter")
        await page.until(lambda: page.dialog == "JobsScreen")


async def test_a_view_is_there_once(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """`:view` has every view, and none of them twice."""
    serve(stage)
    async with open_ui(settings=Settings(views={"slow": "lag>5s", "quick": "in>1k"})) as page:
        await page.loaded()
        await page.press("colon", *"view")
        await page.sees("save view")
        await page.sees("view quick")
        assert [page.text.count(f"view {name}") for name in ("slow", "quick")] == [1, 1]


async def test_a_view_is_found_before_the_way_to_forget_it(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """`:view m` and enter opens the view that was kept; forgetting it is another line, and says that it was done."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("slash", *"state:running", "enter", "b")
        await page.until(lambda: page.dialog == "NamingScreen")
        await page.press(*"mine", "enter", "c", "colon", *"view", "space", "m")
        await page.sees("forget view mine")
        await page.press("enter")
        await page.sees("3 of 11 jobs")
        await page.press("colon", *"forget")
        await page.sees("it is kept no longer")
        await page.press("enter")
        await page.until(lambda: "The view mine is forgotten." in page.toasts)
        assert page.app.views == {}
