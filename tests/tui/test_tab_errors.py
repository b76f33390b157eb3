"""The errors tab: from an error to where it happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

ORDERS = "0f3a9c1d22aa"


async def test_from_an_error_to_its_plugin(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The key p shows the plugin of the error in the DAG, on the first visit and later; what belongs to no plugin, and a plugin
    that is gone, are told."""
    latest, failed, died = sorted(stage.errors[ORDERS], key=lambda group: -group.last_at)
    stage.errors[ORDERS] = [
        msgspec.structs.replace(latest, plugin="4"),
        msgspec.structs.replace(failed, plugin="\x1b]52;c;x\x07'[/]"),
        died,
    ]
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "5")
        await page.sees("duplicate key")
        await page.settled()
        await page.press("p")
        await page.sees("BUSY")
        pane = page.jobs.inspector.pane
        await page.until(lambda: pane._chosen == "4")
        await page.press("k", "5")
        await page.until(lambda: page.jobs.inspector.pane is not pane and page.jobs.inspector.pane.has_focus)
        await page.press("p")
        await page.until(lambda: pane._chosen == "4" and page.jobs.inspector.pane is pane)
        await page.press("5")
        await page.until(lambda: page.jobs.inspector.pane is not pane and page.jobs.inspector.pane.has_focus)
        await page.press("j", "p")
        await page.until(lambda: "has no plugin" in page.toasts)
        assert "\x1b" not in page.toasts
        await page.press("5")
        await page.until(lambda: page.jobs.inspector.pane is not pane and page.jobs.inspector.pane.has_focus)
        await page.press("j", "p")
        await page.until(lambda: "This error belongs to no plugin." in page.toasts)
