"""The logs tab: the tail of the newest execution's log, followed until one scrolls up."""

from __future__ import annotations

from collections.abc import Sequence

from textual.reactive import var

from runner.model import LogLine
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.cells import fit
from tui.draw.line import Line, Span, Tone, line, spread
from tui.draw.units import clock_time, plural
from tui.widgets.canvas import Canvas
from tui.widgets.pane import Pane, Question

CAPACITY = 10_000
_PAGE = 1000
_SPARE = 1000
_PACE = 1.0
_LEVELS = {
    "error": ("ERROR", Tone.RED, Tone.TEXT),
    "warning": ("WARN", Tone.AMBER, Tone.TEXT),
    "warn": ("WARN", Tone.AMBER, Tone.TEXT),
    "info": ("INFO", Tone.MUTED, Tone.TEXT),
    "debug": ("DEBUG", Tone.FAINT, Tone.MUTED),
    "output": ("OUT", Tone.ACCENT, Tone.TEXT),
}


def log_lines(entry: LogLine) -> list[Line]:
    """One log entry: time, level, plugin, message; further lines of the message are indented."""
    word, sign, tone = _LEVELS.get(entry.level.lower(), (entry.level.upper()[:5], Tone.MUTED, Tone.TEXT))
    first, *rest = entry.message.split("\n")
    head = [Span(f" {clock_time(entry.at)} ", Tone.FAINT), Span(f"{fit(word, 5)} ", sign)]
    if entry.plugin:
        worker = f"/{entry.worker}" if entry.worker else ""
        head.append(Span(f"{entry.plugin}{worker} ", Tone.MUTED))
    return [line(*head, Span(first, tone)), *(line(Span(" " * 16), Span(part, tone)) for part in rest)]


class Logs(Canvas, Pane):
    """A ring of lines. At its end it follows; G goes there."""

    heading = 1
    DEFAULT_CSS = "Logs { overflow-x: auto; }"
    following: var[bool] = var(default=True)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._view: JobView | None = None
        self._lines: list[Line] = []
        self._widest = 0
        self._source = ""
        self._offset: int | None = None
        self._asked_at = 0.0
        self._unseen = 0
        self._say = ""

    def look(self, view: JobView, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """Another execution has another log."""
        source = f"{view.id} {view.execution.id if view.execution else ''}"
        self._view = view
        if source != self._source:
            self._source, self._offset, self._asked_at = source, None, 0.0
            self._lines, self._widest, self._unseen, self.following = [], 0, 0, True
            self._say = "asking the daemon…" if view.execution else "this job has not run yet: it has no log"
        self.update()

    def question(self, now: float) -> Question | None:
        """What was logged after what is here."""
        if self._view is None or self._view.execution is None or now - self._asked_at < _PACE:
            return None
        job_id, after = self._view.id, self._offset
        self._asked_at = now
        return Question(self._source, lambda client: client.logs(job_id, after, _PAGE, None, after is None))

    def told(self, key: str, answer: Answer, now: float) -> None:  # noqa: ARG002 - lines carry their own time
        """New lines have come."""
        if key != self._source:
            return
        if answer.error is not None:
            self._say = answer.reason
        else:
            self._say = "" if self._lines or answer.value else "nothing logged yet"
            self._add(answer.value)
        self.update()

    def _add(self, entries: Sequence[LogLine]) -> None:
        if not entries:
            return
        self._offset = entries[-1].offset
        if len(entries) >= _PAGE and self._lines:
            self._asked_at = 0.0  # there is more: ask again at once
        new = [made for entry in entries for made in log_lines(entry)]
        self._lines.extend(new)
        self._widest = max(self._widest, *(made.width for made in new))
        self._trim()
        self.update()
        if self.following:
            self.call_after_refresh(self._to_end)
        else:
            self._unseen += len(new)

    def _to_end(self) -> None:
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def _trim(self) -> None:
        """Forget the oldest lines; the reader's place does not move."""
        excess = len(self._lines) - CAPACITY
        if excess <= _SPARE:
            return
        del self._lines[:excess]
        if not self.following:
            self.scroll_to(y=max(self.scroll_offset.y - excess, 0), animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up stops following, reaching the end starts it again."""
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y:
            self.following, self._unseen = True, 0
        elif new_value < old_value:
            self.following = False
        self.update()

    def count(self) -> int:
        """The lines in the ring."""
        return len(self._lines) or int(bool(self._say))

    def line_at(self, index: int) -> Line:
        """One of them, or why there is none."""
        return self._lines[index] if self._lines else line(Span(f" {self._say}", Tone.MUTED))

    def extent(self) -> int:
        """The widest line: long ones are scrolled to with the arrow keys."""
        return max(self.cells, self._widest)

    def heading_line(self, index: int) -> Line:  # noqa: ARG002 - there is one
        """Whether it follows."""
        left = [Span(f" {plural(len(self._lines), 'line')}", Tone.MUTED)]
        if len(self._lines) >= CAPACITY:
            left.append(Span(", older ones are in the file", Tone.MUTED))
        if self.following:
            return spread(left, [Span("▼ following ", Tone.ACCENT)], self.cells)
        words = f"{self._unseen:,} new below" if self._unseen else "not following"
        right = [Span(f"{words}  ", Tone.AMBER), Span("G", Tone.ACCENT_STRONG), Span(" follow ", Tone.MUTED)]
        return spread(left, right, self.cells)
