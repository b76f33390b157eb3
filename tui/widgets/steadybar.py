"""Scroll bars that are painted when they look different, not whenever something was scrolled."""

from __future__ import annotations

from typing import ClassVar

from textual.reactive import Reactive
from textual.scrollbar import ScrollBar, ScrollBarRender


class PlainBars(ScrollBarRender):
    """Scroll bars of blanks in reverse: whole cells, for terminals without block characters."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class SteadyBar(ScrollBar):
    """A vertical bar. Of ten thousand lines one more or less is not to be seen in it."""

    position: Reactive[float] = Reactive(0, repaint=False)

    def watch_position(self, old_value: float, new_value: float) -> None:
        """Paint it when its handle is elsewhere."""
        if self._begins(old_value) != self._begins(new_value):
            self.refresh()

    def _begins(self, position: float) -> int:
        """Where the handle begins, in the smallest steps that can be shown; as :meth:`ScrollBarRender.render_bar` reckons."""
        size, hidden = self.size.height, self.window_virtual_size - self.window_size
        if not size or hidden <= 0:
            return 0
        handle = max(1, self.window_size * size / self.window_virtual_size)
        return int((size - handle) * position / hidden * len(self.renderer.VERTICAL_BARS))
