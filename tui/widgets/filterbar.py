"""The second line: how many of the jobs are shown and by which filter; becomes the input when a filter is typed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from tui.data.link import is_current
from tui.data.models import LinkState
from tui.data.snapshot import Snapshot
from tui.draw.line import Line, Span, Tone, spread
from tui.draw.units import clock_time, plural, span
from tui.query.filter import Filter
from tui.widgets.lines import Bar

_SAFE = r"[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*"
"""What may be typed or pasted: no controls."""


def filter_line(snapshot: Snapshot, shown: int, chosen: Filter, now: float, cells: int) -> Line:
    """What is shown of what there is; on the right, why it is not current."""
    if snapshot.taken_at is None:
        return Line()
    total = len(snapshot.jobs)
    if not chosen.text:
        left = [Span(f" {plural(snapshot.total, 'job')}", Tone.MUTED)]
    else:
        left = [
            Span(f" {shown:,} of {plural(total, 'job')}  ", Tone.MUTED),
            Span(f" {chosen.text} ", Tone.ACCENT_BADGE, "screen.filter"),
            Span("  c", Tone.ACCENT_STRONG, "screen.clear_filter"),
            Span(" clear", Tone.MUTED, "screen.clear_filter"),
        ]
        if chosen.problem:
            left.append(Span(f"   {chosen.problem}", Tone.AMBER))
    return spread(left, _link_words(snapshot, now), cells)


def _link_words(snapshot: Snapshot, now: float) -> list[Span]:
    if snapshot.taken_at is None:
        return []
    if is_current(snapshot, now):
        up = now - snapshot.status.started_at if snapshot.status else None
        return [Span(f"daemon up {span(up)} ", Tone.FAINT)]
    words = f"what you see is from {clock_time(snapshot.taken_at)} ({span(now - snapshot.taken_at)} ago)"
    if snapshot.link.state is LinkState.RECONNECTING:
        return [Span(f"{words} · ", Tone.MUTED), Span(snapshot.link.message.split("\n", 1)[0], Tone.RED), Span(" ")]
    return [Span(words, Tone.AMBER), Span(" ")]


class FilterBar(Horizontal):
    """One line; :meth:`edit` turns it into an input, enter or escape turn it back."""

    DEFAULT_CSS = """
    FilterBar { height: 1; background: $background; }
    FilterBar Bar { background: $background; }
    FilterBar Input { display: none; height: 1; border: none; padding: 0; background: $background; width: 1fr; }
    FilterBar .prompt { display: none; width: 3; }
    FilterBar.editing Input { display: block; }
    FilterBar.editing .prompt { display: block; }
    FilterBar .found { display: none; width: 34; }
    FilterBar.editing .found { display: block; }
    FilterBar.editing #filter-line { display: none; }
    """
    BINDINGS = [("escape", "leave(True)", "Drop the filter")]

    class Changed(Message):
        """The filter's text is different."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Editing is over."""

    def compose(self) -> ComposeResult:
        """The line, and the input in its place."""
        yield Bar(id="filter-line")
        yield Bar(classes="prompt")
        yield Input(placeholder="name or id   state:running   !not-this   enter keeps, esc drops", restrict=_SAFE, compact=True)
        yield Bar(classes="found")

    def draw(self, snapshot: Snapshot, shown: int, chosen: Filter, now: float) -> None:
        """Show this moment."""
        bar = self.query_one("#filter-line", Bar)
        bar.show([filter_line(snapshot, shown, chosen, now, self.size.width)])
        self.query_one(".prompt", Bar).show([Line((Span(" / ", Tone.ACCENT_STRONG),))])
        found = self.query_one(".found", Bar)
        words = Span(chosen.problem, Tone.AMBER) if chosen.problem else Span(f"{shown:,} of {len(snapshot.jobs):,}", Tone.MUTED)
        found.show([spread([], [words, Span(" ")], found.cells)])

    def edit(self, text: str) -> None:
        """Take input, starting from ``text``."""
        self.add_class("editing")
        field = self.query_one(Input)
        field.value = text
        field.focus()

    def clear(self) -> None:
        """Forget the text."""
        self.query_one(Input).value = ""

    def action_leave(self, drop: bool = False) -> None:  # noqa: FBT001, FBT002 - the binding passes it
        """Back to the line."""
        self.remove_class("editing")
        if drop:
            self.query_one(Input).value = ""
        self.post_message(self.Left())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Every letter filters."""
        event.stop()
        if self.has_class("editing") or not event.value:
            self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps the filter."""
        event.stop()
        self.action_leave()
