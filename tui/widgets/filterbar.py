"""The second line: how many of the jobs are shown and by which filter; becomes the input when a filter is typed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from runner.model import Job
from tui.data.link import is_current
from tui.data.models import JobView, LinkState
from tui.data.snapshot import Snapshot
from tui.draw.line import Line, Span, Tone, spread
from tui.draw.units import clock_time, plural, span
from tui.query.complete import agreed, completions, hint
from tui.query.filter import Filter
from tui.widgets.lines import Bar

SAFE = r"[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*"
"""What may be typed or pasted: no controls."""
_OFFERED = 1000
_EXAMPLES = "name  state:failed  lag>5s   enter keeps, esc drops"


def filter_line(snapshot: Snapshot, shown: int, chosen: Filter, now: float, cells: int, marked: int = 0) -> Line:
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
    if marked:
        left.append(Span(f"   * {marked:,} marked", Tone.ACCENT_STRONG))
        left += [Span("   esc", Tone.ACCENT_STRONG, "screen.leave"), Span(" drop", Tone.MUTED, "screen.leave")]
    return spread(left, _link_words(snapshot, now), cells)


def _found_line(chosen: Filter, shown: int, total: int, typed: str, cells: int) -> Line:
    """While typing: what is wrong, else what the field means, and how many are shown."""
    if chosen.problem:
        return spread([], [Span(chosen.problem, Tone.AMBER), Span(" ")], cells)
    words = f"{shown:,} of {total:,}"
    meaning = hint(typed)
    return spread([Span(meaning, Tone.FAINT)], [Span(f"  {words} ", Tone.MUTED)], cells)


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


class Completer(Suggester):
    """Offers how the filter may go on: fields, states, and what the jobs have."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.views: Sequence[JobView] = ()

    @property
    def jobs(self) -> Sequence[Job]:
        """The first of the jobs: enough to offer what they have."""
        return [view.job for view in self.views[:_OFFERED]]

    async def get_suggestion(self, value: str) -> str | None:
        """The likeliest whole line, None when there is none."""
        return next((line for line in completions(value, self.jobs) if line.startswith(value)), None)


class FilterBar(Horizontal):
    """One line; :meth:`edit` turns it into an input, enter or escape turn it back. Tab takes what is offered."""

    DEFAULT_CSS = """
    FilterBar { height: 1; background: $background; }
    FilterBar Bar { background: $background; }
    FilterBar Input { display: none; height: 1; border: none; padding: 0; background: $background; width: 1fr; }
    FilterBar .prompt { display: none; width: 3; }
    FilterBar.editing Input { display: block; }
    FilterBar.editing .prompt { display: block; }
    FilterBar .found { display: none; width: 46; max-width: 50%; }
    FilterBar.editing .found { display: block; }
    FilterBar.editing #filter-line { display: none; }
    """
    BINDINGS = [("escape", "leave(True)", "Drop the filter"), Binding("tab", "complete", "Complete", priority=True)]

    class Changed(Message):
        """The filter's text is different."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Editing is over."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._completer = Completer()

    def compose(self) -> ComposeResult:
        """The line, and the input in its place."""
        yield Bar(id="filter-line")
        yield Bar(classes="prompt")
        yield Input(placeholder=_EXAMPLES, restrict=SAFE, compact=True, suggester=self._completer)
        yield Bar(classes="found")

    def draw(self, snapshot: Snapshot, shown: int, chosen: Filter, now: float, marked: int = 0) -> None:
        """Show this moment."""
        bar = self.query_one("#filter-line", Bar)
        bar.show([filter_line(snapshot, shown, chosen, now, self.size.width, marked)])
        self.query_one(".prompt", Bar).show([Line((Span(" / ", Tone.ACCENT_STRONG),))])
        self._completer.views = snapshot.jobs
        found = self.query_one(".found", Bar)
        found.show([_found_line(chosen, shown, len(snapshot.jobs), self._typed, found.cells)])

    @property
    def _typed(self) -> str:
        return self.query_one(Input).value

    def action_complete(self) -> None:
        """Take what is offered; several possibilities are taken as far as they agree."""
        lines = [line for line in completions(self._typed, self._completer.jobs) if line.startswith(self._typed)]
        if lines:
            field = self.query_one(Input)
            common = agreed(lines)
            field.value = common if len(common) > len(self._typed) else lines[0]
            field.cursor_position = len(field.value)

    def edit(self, text: str) -> None:
        """Take input, starting from ``text``."""
        self.add_class("editing")
        field = self.query_one(Input)
        field.value = text
        field.focus()

    @property
    def text(self) -> str:
        """What was typed last."""
        return self._typed.strip()

    def put(self, text: str) -> None:
        """Filter by ``text`` as if it had been typed."""
        self.query_one(Input).value = text
        self.post_message(self.Changed(text))

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
