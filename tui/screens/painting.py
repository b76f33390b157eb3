"""When a screen is painted: not before it has something to show, and once for a change of its layout and its look together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from textual.geometry import Size
from textual.screen import Screen

ResultT = TypeVar("ResultT")


class Painting(Screen[ResultT], Generic[ResultT]):
    """Mixed into a screen that calls :meth:`drawn`. Until then its parts are laid out, and the terminal stays as it is: blank
    areas, painted and then painted over, are a tenth of what the first paint costs."""

    is_drawn = False
    """Whether there is something to show."""
    _awaits_layout = False

    def fit(self) -> None:
        """Take the classes that belong to the terminal's size before the parts are laid out, not after that."""
        classes = set()
        for cells, breakpoints in zip(self.app.size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), strict=True):
            classes |= self._get_breakpoint_classes(cells, breakpoints or [])
        self.add_class(*classes, update=False)

    def once_laid_out(self, draw: Callable[[], None]) -> None:
        """Draw when the parts have their sizes: at once when nothing is on the screen yet, however often that is asked for."""
        if self.is_drawn:
            self.call_after_refresh(draw)
        elif not self._awaits_layout:
            self._awaits_layout = True
            self.call_later(draw)

    def drawn(self) -> None:
        """Everything has been drawn for the first time, or again."""
        if not self.is_drawn:
            self.is_drawn = True
            self.refresh()

    def _compositor_refresh(self) -> None:
        if self.is_drawn:
            super()._compositor_refresh()

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's own
        """What has to be painted anyway is painted with the new layout; Textual would paint the screen for each."""
        if self._repaint_required:
            self._repaint_required = False
            self._dirty_widgets.add(self)
        super()._refresh_layout(size, scroll)
