"""The second step of a restore: what has changed in the spec since the point was taken, and whether its state still fits."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from tui.actions.restore import Point
from tui.actions.spec_step import SpecStep, compare
from tui.actions.target import Target
from tui.data.lane import Answer, Lane
from tui.draw.cells import truncate, wrap
from tui.draw.findings import change_lines
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import plural
from tui.screens.dialog import Dialog, key_hints
from tui.widgets.lines import Lines

_WIDEST = 84
_FRAME = 6
_LEAST_FOR_STEPS = 50
STEPS = ("point", "spec", "effects")


def step_line(name: str, step: int, cells: int = _WIDEST) -> Line:
    """``Restore orders   1 point   2 spec   3 effects``, with the step that this is standing out; in little room only that."""
    if cells < _LEAST_FOR_STEPS:
        return line(
            Span(f"Restore {truncate(name, cells - 20)} ", Tone.STRONG), Span(f" {step} {STEPS[step - 1]} ", Tone.ACCENT_BADGE)
        )
    spans = [Span(f"Restore {name}  ", Tone.STRONG)]
    for number, word in enumerate(STEPS, 1):
        spans += [Span(" "), Span(f" {number} {word} ", Tone.ACCENT_BADGE if number == step else Tone.MUTED)]
    return Line(tuple(spans))


class RestoreSpecScreen(Dialog[bool]):
    """Its answer: True to go on, False to choose another point."""

    BINDINGS = [
        Binding("escape,q", "leave", "Another point", show=False),
        Binding("enter", "go_on", "Go on", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    class Compared(Message):
        """What has changed; posted by the lane's thread."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, target: Target, point: Point, generation: int, lane: Lane) -> None:
        super().__init__()
        self._target = target
        self._point = point
        self._generation = generation
        self._lane = lane
        self._found: SpecStep | None = None
        self._say = "asking the daemon…"

    def compose(self) -> ComposeResult:
        """The words, the changes, the keys."""
        with Vertical(id="box"):
            yield Lines(id="words")
            yield Lines(id="changes")
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """Compare."""
        for lines in self.query(Lines):
            lines.can_focus = False
        before = self._point.checkpoint.generation if self._point.checkpoint else self._generation
        if not self._lane.submit(compare(self._target.job_id, before, self._generation), self._deliver):
            self._say = "other questions to the daemon are waiting: go back, and try again"
        self.call_after_refresh(self._draw)

    def _deliver(self, answer: Answer) -> None:
        self.post_message(self.Compared(answer))

    def on_restore_spec_screen_compared(self, message: Compared) -> None:
        """It is known now."""
        message.stop()
        if isinstance(message.answer.value, SpecStep):
            self._found = message.answer.value
        else:
            self._say = f"the two specs cannot be compared: {message.answer.reason}"
        self._draw()

    def on_resize(self) -> None:
        """The lines are made for a width."""
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        cells = self.room(_WIDEST)
        words = [step_line(self._target.name, 2, cells), *([] if self.has_class("-low") else [Line()]), *self._words(cells)]
        head, changes = self.query_one("#words", Lines), self.query_one("#changes", Lines)
        head.styles.width = changes.styles.width = cells
        head.styles.height = min(len(words), max(self.app.size.height - 2, 1))
        head.show(words)
        found = change_lines(self._found.changes, cells) if self._found is not None else []
        changes.styles.height = min(len(found), max(self.app.size.height - len(words) - _FRAME, 1)) if found else 0
        changes.show(found)
        self.query_one("#keys", Lines).show([key_hints(("enter", "see the effects"), ("esc", "another point"))])

    def _words(self, cells: int) -> list[Line]:
        found = self._found
        if found is None:
            return [line(Span(part, Tone.MUTED)) for part in wrap(self._say, cells)]
        what = f"{self._point.noun} was taken by generation {found.before}; generation {found.after} would go on from it"
        lines = [line(Span(part)) for part in wrap(what, cells)]
        if self.has_class("-low"):
            lines = []
        if found.misfits:
            lines += [line(Span("✗ its state does not fit", Tone.RED))]
            lines += [line(Span(f"  {part}", Tone.RED)) for reason in found.misfits for part in wrap(reason, cells - 2)]
        else:
            lines += [line(Span("✓ its state fits", Tone.ACCENT))]
        if found.changes:
            lines += [Line(), line(Span(f"{plural(len(found.changes), 'change')} since then", Tone.MUTED))]
        elif found.hidden:
            lines += [line(Span("only a secret value has changed since then", Tone.MUTED))]
        else:
            lines += [line(Span("nothing has changed since then", Tone.MUTED))]
        return lines

    def action_scroll(self, lines: int) -> None:
        """Through the changes."""
        self.query_one("#changes", Lines).scroll_relative(y=lines, animate=False)

    def action_go_on(self) -> None:
        """To the effects."""
        if not self.guarded:
            self.dismiss(result=True)

    def action_leave(self) -> None:
        """Back to the points."""
        self.dismiss(result=False)
