"""Keys that arrive in one piece do what they would do one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events
from textual.widgets import Input

SIZE = (80, 24)


def type_at_once(app: Any, keys: str) -> None:
    """As they come from a slow line: all before the first has been dealt with."""
    names = {"/": "slash", ":": "colon", "?": "question_mark", "\r": "enter", "\x1b": "escape"}
    for key in keys:
        app.post_message(events.Key(names.get(key, key), key if key.isprintable() else None))


async def test_a_filter_that_arrives_at_once(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """`/orders` and enter: the letters go into the filter, enter leaves the list filtered, and no other screen opens."""
    serve(stage)
    async with open_ui(SIZE) as page:
        await page.loaded()
        type_at_once(page.app, "/orders\r")
        await page.until(lambda: page.jobs._filter.text == "orders" and page.app.focused is page.jobs.jobs, "the filter")
        await page.sees("orders-cdc")
        assert page.app.screen is page.jobs
        assert "payments-sync" not in page.text


async def test_a_key_behind_the_one_that_leaves_a_field(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The second enter of `/orders`, enter, enter opens the job: the list has the focus again by then."""
    serve(stage)
    async with open_ui(SIZE) as page:
        await page.loaded()
        type_at_once(page.app, "/orders\r\r")
        await page.until(lambda: page.jobs.has_class("zoomed"), "the job in full")
        assert page.selected.name == "orders-cdc"


async def test_words_for_a_screen_that_is_being_opened(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Words typed right behind the key of the help are searched there, though it was not there yet when they came."""
    serve(stage)
    async with open_ui(SIZE) as page:
        await page.loaded()
        type_at_once(page.app, "?audit")
        await page.until(lambda: [found.value for found in page.app.screen.query(Input)] == ["audit"], "what was typed")


async def test_keys_behind_one_that_closes_what_had_them(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Open, close and open something else in one piece: no key is lost, and none waits for ever."""
    serve(stage)
    async with open_ui(SIZE) as page:
        await page.loaded()
        type_at_once(page.app, "?\x1bt")
        await page.sees("reasons to look now")
        type_at_once(page.app, "\x1be")
        await page.until(lambda: type(page.app.screen).__name__ == "EventsScreen", "the events")


async def test_keys_that_are_held_down(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Each of many equal keys counts, and so does the one behind them."""
    serve(stage)
    async with open_ui(SIZE) as page:
        await page.loaded()
        type_at_once(page.app, "g" + "j" * 9 + "k" * 4 + "\r")
        await page.until(lambda: page.jobs.has_class("zoomed"), "the job in full")
        assert page.jobs.jobs._cursor == 5
