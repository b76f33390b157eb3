"""The logs tab: the tail of the newest execution's log, followed until one scrolls up; searched and filtered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.actions import SkipAction
from textual.message import Message

from runner.model import LogLine
from tui.data.daemon import Door
from tui.data.lane import Answer
from tui.data.logstream import LogStream
from tui.data.models import JobView
from tui.draw.line import Line, Span, Tone, line, spread
from tui.tabs.logs_finding import Finding
from tui.tabs.logs_heading import heading_line
from tui.tabs.logs_lines import ROOM_FOR_THOUSANDTHS, Look
from tui.tabs.logs_ring import Ring
from tui.tabs.logs_shown import Sieve
from tui.widgets.keys import key_of
from tui.widgets.pane import Pane, Question

_PAGE = 1000
_PACE = 1.0
_PACE_BESIDE_STREAM = 15.0
_AGAIN = 5.0
"""Seconds before a stream that broke is asked for again."""
_OLDER = "older "
_OVERLAP = 0.001
"""Seconds by which a page of older lines reaches into what is here: a time is no place, what is here already is dropped."""


class Logs(Finding, Pane):
    """At its end it follows; G goes there. Scrolled to its beginning it asks for what was logged before.

    Lines come by a stream of the ``door``; until it stands, and without one, pages are asked for.
    """

    class Streamed(Message):
        """Lines as they are written; None: the stream has ended. Posted by its thread."""

        def __init__(self, source: str, lines: tuple[LogLine, ...] | None) -> None:
            super().__init__()
            self.source = source
            self.lines = lines

    heading = 1
    DEFAULT_CSS = "Logs { overflow-x: auto; }"

    def __init__(self, door: Door | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._door = door
        self._stream: LogStream | None = None
        self._streamed_at = -_AGAIN
        self._view: JobView | None = None
        self._ring = Ring()
        self._widest = 0
        self._source = ""
        self._asked_at = 0.0
        self._unseen = 0
        self._say = ""
        self._moment: float | None = None
        self._jump: float | None = None

    def look(self, view: JobView, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """Another execution has another log."""
        source = f"{view.id} {view.execution.id if view.execution else ''}"
        self._view = view
        if source != self._source:
            self._source, self._asked_at, self._jump = source, 0.0, self._moment
            self._hang_up()
            self._ring, self._widest, self._unseen, self.following = Ring(), 0, 0, self._moment is None
            self._shown.unmark()
            self._say = "asking the daemon…" if view.execution else "this job has not run yet: it has no log"
            self._lay_out()
        self.update()

    def travel(self, moment: float | None) -> None:
        """Go to what was logged at that time; None: to the end."""
        self._moment = self._jump = moment
        if moment is None:
            self.following = True
            self.call_after_refresh(self._to_end)
        elif self._ring.entries and moment >= self._ring.entries[0].at:
            self._go_to_moment()
        self.update()

    def question(self, now: float) -> Question | None:
        """What was logged after what is here; or before it, when somebody has scrolled there or looks at that time."""
        if self._view is None or self._view.execution is None or not self._source:
            return None
        job_id, first = self._view.id, self._ring.entries[0] if self._ring.entries else None
        if first is not None and self._wants_older(first):
            until = first.at + _OVERLAP
            return Question(_OLDER + self._source, lambda client: client.logs(job_id, None, _PAGE, until=until))
        self._stand_by(now)
        if now - self._asked_at < (_PACE if self._stream is None else _PACE_BESIDE_STREAM):
            return None
        after = self._ring.last
        self._asked_at = now
        return Question(self._source, lambda client: client.logs(job_id, after, _PAGE, None, after is None))

    def _wants_older(self, first: LogLine) -> bool:
        """Whether the first lines are on the screen, or what is looked at is before them."""
        before = self._jump is not None and self._jump < first.at
        return self._ring.wants_older and (before or (not self.following and self.scroll_offset.y == 0))

    def told(self, key: str, answer: Answer, now: float) -> None:  # noqa: ARG002 - lines carry their own time
        """Lines have come."""
        if key.removeprefix(_OLDER) != self._source:
            return
        if answer.error is not None:
            self._say = answer.reason
        elif key.startswith(_OLDER):
            self._add_older(answer.value)
        else:
            self._say = "" if self._ring.entries or answer.value else "nothing logged yet"
            self._add(answer.value)
        self.update()

    # the stream

    def _stand_by(self, now: float) -> None:
        """Have what is written from now on sent as it comes, once there is something to go on from."""
        after, view = self._ring.last, self._view
        if self._stream is not None or self._door is None or after is None or view is None or view.state.is_terminal:
            return
        if now - self._streamed_at < _AGAIN:
            return
        source, self._streamed_at = self._source, now
        self._stream = LogStream(self._door, view.id, after, lambda lines: self._hear(source, lines))
        self._stream.start()

    def _hear(self, source: str, lines: tuple[LogLine, ...] | None) -> None:
        self.post_message(self.Streamed(source, lines))

    def on_logs_streamed(self, message: Streamed) -> None:
        """What was written; when the stream has ended, pages are asked for again."""
        message.stop()
        if message.source != self._source:
            return
        if message.lines is None:
            broken_at = self._streamed_at
            self._hang_up()
            self._streamed_at, self._asked_at = broken_at, 0.0
        else:
            self._add(message.lines)
            self.update()

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream.stop()
        self._stream, self._streamed_at = None, -_AGAIN

    def on_hide(self) -> None:
        """Nobody looks."""
        self._hang_up()

    def on_unmount(self) -> None:
        """It is over."""
        self._hang_up()

    def _add(self, entries: Sequence[LogLine]) -> None:
        if not entries:
            return
        if len(entries) >= _PAGE and self._ring.entries:
            self._asked_at = 0.0  # there is more: ask again at once
        if not self._ring.entries:
            self._ring.begins = len(entries) < _PAGE
        before = self._shown.count
        top = self._top_entry()
        new, gone = self._ring.add_newer(entries, keep=not self.following)
        self._lay_out()
        if self._jump is not None:
            self._go_to_moment()
        elif self.following:
            self.call_after_refresh(self._to_end)
        else:
            self._unseen += new if gone else max(self._shown.count - before, 0)
            if gone and top is not None:
                self._keep_at(top)

    def _add_older(self, entries: Sequence[LogLine]) -> None:
        """In front; the reader's place does not move."""
        top = self._top_entry()
        if self._ring.add_older(entries):
            self._lay_out()
            if top is not None:
                self._keep_at(top)
        if self._jump is not None and (not self._ring.wants_older or self._jump >= self._ring.entries[0].at):
            self._go_to_moment()

    def _top_entry(self) -> tuple[int, int] | None:
        """The offset of the entry at the upper edge, and the line of it there."""
        entry = self._shown.entry_at(self.scroll_offset.y)
        if entry is None:
            return None
        return entry.offset, self.scroll_offset.y - self._shown.top(self._shown.number_of(entry.offset))

    def _keep_at(self, top: tuple[int, int]) -> None:
        y = self._shown.top(self._shown.number_of(top[0])) + top[1]
        self.scroll_to(y=y, animate=False, immediate=True)

    def _to_end(self) -> None:
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def _go_to_moment(self) -> None:
        moment, self._jump = self._jump, None
        if moment is not None and self._shown.entries:
            number = self._shown.at_or_after(moment)
            self._shown.marked = self._shown.entries[number].offset
            self.following = False
            self.reveal(number)

    def reveal(self, number: int) -> None:
        """Scroll until the entry is on the screen, a third from its upper edge."""
        y, top = self._shown.top(number), self.scroll_offset.y
        if not top <= y < top + max(self.rows - 1, 1):
            y = max(y - self.rows // 3, 0)
            self.following = self.following and y >= self.max_scroll_y
            self.call_after_refresh(lambda: self.scroll_to(y=y, animate=False, immediate=True))
        self.update()

    def _lay_out(self) -> None:
        self._shown.lay_out(self._ring.entries)
        self.update()

    def change(self, *, sieve: Sieve | None = None, look: Look | None = None) -> None:
        """Draw it otherwise, with the same entry at the upper edge, or still at the end."""
        top = self._top_entry()
        self._shown.sieve, self._shown.look = sieve or self._shown.sieve, look or self._shown.look
        self._widest = 0
        self._lay_out()
        if self.following:
            self.call_after_refresh(self._to_end)
        elif top is not None:
            self._keep_at(top)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up stops following, reaching the end starts it again."""
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y and self._jump is None:
            self.following, self._unseen = True, 0
        elif new_value < old_value:
            self.following = False
        self.update()

    def count(self) -> int:
        """The lines that are shown, or one that says why there are none."""
        return self._shown.count or int(bool(self._nothing))

    @property
    def _nothing(self) -> str:
        if self._ring.entries and not self._shown.entries:
            text, level = key_of(self, "logs.filter"), key_of(self, "logs.level")
            return f"no line here passes the filter: {text} changes it, {level} the level"
        return "" if self._ring.entries else self._say

    def line_at(self, index: int) -> Line:
        """One of them, or why there is none."""
        if not self._shown.count:
            return line(Span(f" {self._nothing}", Tone.MUTED))
        drawn = self._shown.line(index)
        if drawn.width > self._widest and not self._shown.look.wrapped:
            self._widest = drawn.width
        return drawn

    def extent(self) -> int:
        """The widest line that was seen: long ones are scrolled to with the arrow keys."""
        return max(self.cells, self._widest)

    def resized(self) -> None:
        """Wrapped lines are wrapped anew; where there is room times have their thousandths."""
        look = self._shown.look
        fitting = replace(look, wrapped=self.cells if look.wrapped else 0, fine=self.cells >= ROOM_FOR_THOUSANDTHS)
        if fitting != look:
            self.change(look=fitting)

    def heading_line(self, index: int) -> Line:  # noqa: ARG002 - there is one
        """What is being typed, or what is shown and whether it follows."""
        if self._prompt is not None:
            keys = (Span("enter", Tone.ACCENT_STRONG), Span(" keeps it  ", Tone.MUTED))
            leave = (Span("esc", Tone.ACCENT_STRONG), Span(" leaves ", Tone.MUTED))
            return spread(self._prompt.spans(), [*keys, *leave], self.cells)
        return heading_line(
            self._shown, self._ring, self.cells, self._unseen, self._moment, key_of(self, "move.last"), following=self.following
        )

    def action_scroll_right(self) -> None:
        """Half a screen to the right; what fits leaves the key to others."""
        self._scroll_sideways(max(self.cells // 2, 1))

    def action_scroll_left(self) -> None:
        """Half a screen to the left."""
        self._scroll_sideways(-max(self.cells // 2, 1))

    def _scroll_sideways(self, cells: int) -> None:
        if not self.allow_horizontal_scroll:
            raise SkipAction
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False)
