"""What a terminal shows that is too small for anything else. The work goes on behind it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen

from tui.draw.line import Line, Span, Tone, line
from tui.widgets.empty import centred
from tui.widgets.lines import Lines

LEAST_WIDTH, LEAST_HEIGHT = 40, 8


def is_too_small(width: int, height: int) -> bool:
    """Whether nothing useful fits."""
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


class TooSmallScreen(Screen[None]):
    """Covers everything until there is room again."""

    def compose(self) -> ComposeResult:
        """A few words."""
        yield Lines()

    def on_resize(self) -> None:
        """Say what is needed."""
        width, height = self.app.size
        words: list[Line] = [
            line(Span(f"{LEAST_WIDTH}x{LEAST_HEIGHT} needed", Tone.STRONG)),
            line(Span(f"now {width}x{height}", Tone.MUTED)),
        ]
        lines = self.query_one(Lines)
        self.call_after_refresh(lambda: lines.show(centred(words, width, height)))
