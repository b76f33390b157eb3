"""The running program as a page object over Textual's pilot."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from tui.app import FlowdeckApp
from tui.data.models import JobView
from tui.screens.jobs import JobsScreen


@dataclass
class Page:
    """The running program as a person sees it."""

    app: FlowdeckApp
    pilot: Pilot[int]

    @property
    def text(self) -> str:
        """The characters on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    @property
    def jobs(self) -> JobsScreen:
        """The main screen, also when a dialog covers it."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, JobsScreen))

    @property
    def selected(self) -> JobView | None:
        """The job under the cursor."""
        return self.jobs.selected

    @property
    def dialog(self) -> str:
        """The class of the screen on top."""
        return "JobsScreen" if isinstance(self.app.screen, JobsScreen) else type(self.app.screen).__name__

    @property
    def toasts(self) -> str:
        """Every toast, newest last."""
        return "\n".join(f"{toast.title}: {toast.message}" for toast in self.app._notifications)

    async def press(self, *keys: str) -> None:
        """Type keys one after the other."""
        for key in keys:
            await self.pilot.press(key)

    async def until(self, condition: Callable[[], Any], what: str = "", timeout: float = 60.0) -> None:
        """Wait for a condition; fails with the screen when it does not come."""
        began = time.monotonic()
        while not condition():
            waited = time.monotonic() - began
            if waited > timeout:
                pytest.fail(f"waited {timeout} s in vain for {what or condition}\n{self.toasts}\n{self.text}")
            await self.pilot.pause(min(max(0.02, waited / 8), 0.2))  # a look costs as much as a screen

    async def sees(self, words: str, timeout: float = 60.0) -> None:
        """Wait for words on the screen."""
        await self.until(lambda: words in self.text, f"“{words}” on the screen", timeout)

    async def loaded(self) -> None:
        """The first snapshot is on the screen, and the inspector has caught up."""
        await self.until(lambda: self.app.snapshot.taken_at is not None, "a snapshot")
        await self.until(lambda: all(_has_trend(view, self.app.clock()) for view in self.app.snapshot.jobs), "trends")
        await self.settled()

    async def settled(self) -> None:
        """Nothing is asked, nothing rests, nothing changes any more."""
        inspector = self.jobs.inspector
        await self.until(lambda: self.jobs._resting is None and not inspector._awaiting, "rest")
        await self.pilot.pause()

    async def at_rest(self) -> None:
        """A screen beside the job list awaits no answer."""
        await self.until(lambda: not getattr(self.app.screen, "_awaiting", False), "every answer")
        await self.pilot.pause()

    async def settled_row(self, words: str) -> None:
        """The cursor is on the row with these words."""
        await self.until(lambda: any("▌" in row and words in row for row in self.text.splitlines()), f"the cursor on {words}")

    async def go_to(self, name: str) -> None:
        """Put the cursor on a job."""
        view = next(view for view in self.app.snapshot.jobs if view.name == name)
        self.jobs.go_to(view.id)
        await self.until(lambda: self.selected is not None and self.selected.name == name, f"the cursor on {name}")
        await self.settled()

    def painted(self, widget: Widget) -> list[int]:
        """The lines of ``widget`` that are painted on the screen from now on."""
        lines: list[int] = []
        original = widget._exchange_repaint_regions

        def noting() -> Any:
            regions = original()
            lines.extend(y for region in regions for y in region.line_range)
            return regions

        widget._exchange_repaint_regions = noting  # type: ignore[method-assign]
        return lines


def _has_trend(view: JobView, now: float) -> bool:
    """Whether the history of a job that has one has come."""
    has_history = not view.state.is_terminal and view.totals.rows_in_per_second is not None
    return not has_history or sum(value is not None for value in view.trend(now)) > 12
