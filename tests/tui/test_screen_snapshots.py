"""What the screens look like, character by character, with a frozen clock. FLOWDECK_UPDATE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


def name(what: str, size: tuple[int, int]) -> str:
    """The file of a snapshot."""
    return f"{what}_{size[0]}x{size[1]}"


@SIZES
async def test_jobs(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]) -> None:
    """The job list with the overview of a running job."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.sees("peak 20")
        await page.settled()
        screen_is(page, name("jobs", size))


async def test_jobs_wide(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any) -> None:
    """On a wide terminal the inspector stands beside the jobs."""
    serve(stage)
    async with open_ui((200, 50)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.sees("peak 20")
        await page.settled()
        screen_is(page, "jobs_200x50")


async def test_jobs_smallest(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any) -> None:
    """The smallest terminal that still shows the list."""
    serve(stage)
    async with open_ui((40, 8)) as page:
        await page.loaded()
        screen_is(page, "jobs_40x8")


@SIZES
async def test_failed(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]) -> None:
    """A failed job: the error and its hint come before the chart."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.sees("→ set primary_keys")
        screen_is(page, name("failed", size))


@SIZES
async def test_restore(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]) -> None:
    """Choosing what to restore from."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("R")
        await page.sees("from the beginning")
        await page.settled()
        screen_is(page, name("restore", size))


@SIZES
async def test_help(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]) -> None:
    """The keys."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("question_mark")
        await page.sees("one line down")
        screen_is(page, name("help", size))


@SIZES
async def test_logs(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]) -> None:
    """The tail of a log."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("4")
        await page.sees("14:13:18")
        screen_is(page, name("logs", size))


@SIZES
@pytest.mark.parametrize(("tab", "words"), [("3", "before the"), ("5", "duplicate key"), ("6", "BUSY")])
async def test_tabs_of_a_job(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int], tab: str, words: str
) -> None:
    """Savepoints, errors and the dataflow of a job."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", tab)
        await page.sees(words)
        await page.settled()
        screen_is(page, name(f"tab{tab}", size))


@SIZES
async def test_spec(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]) -> None:
    """The spec of a job whose file no longer checks."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("inventory-delta")
        await page.press("enter", "7")
        await page.sees("job.mode")
        await page.settled()
        screen_is(page, name("spec", size))
