"""How many workers a job is to have: a number, and what the daemon says of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from tui.actions.model import Question
from tui.actions.target import Target
from tui.actions.telling import question_of
from tui.actions.wish import Verb, Wish
from tui.data.lane import Answer, Lane
from tui.data.snapshot import Snapshot
from tui.draw.line import Line, Span, Tone, line
from tui.screens.dialog import Dialog, GuardedInput, fact_lines, key_hints, problem_lines
from tui.widgets.lines import Lines

_WIDEST = 72
_MOST_DIGITS = 4


class WorkersScreen(Dialog[int | None]):
    """Its answer is the number, None when it is left. Nothing that would be undone by the next number is lost, so that enter
    below a number says yes."""

    BINDINGS = [Binding("escape", "leave", "Leave it", show=False)]

    class Told(Message):
        """The daemon's answer; posted by the lane's thread."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, target: Target, there: int, lane: Lane, key: Callable[[str], str]) -> None:
        super().__init__()
        self._wish = Wish(Verb.WORKERS, target, number=max(there, 1))
        self._there = there
        self._lane = lane
        self._key = key
        self._question: Question | None = None
        self._problem = ""
        self._changed = ""

    def compose(self) -> ComposeResult:
        """The words, the number, the keys."""
        with Vertical(id="box"):
            yield Lines(id="words")
            with Horizontal(id="typing"):
                yield Lines(id="prompt")
                yield GuardedInput(id="typed", compact=True, type="integer", max_length=_MOST_DIGITS)
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """Ask whether it can be changed at all."""
        for name in ("#words", "#prompt", "#keys"):
            self.query_one(name, Lines).can_focus = False
        self.query_one("#typed", Input).focus()
        self.call_after_refresh(self._draw)
        self._ask()

    @property
    def number(self) -> int:
        """What is typed; 0 while that is no number of workers."""
        typed = self.query_one("#typed", Input).value.strip()
        return int(typed) if typed.isascii() and typed.isdigit() else 0

    def _ask(self) -> None:
        wish, key = msgspec.structs.replace(self._wish, number=self.number or self._wish.number), self._key
        if not self._lane.submit(lambda daemon: question_of(wish, wish.try_dry(daemon), key), self._deliver):
            self._problem = "Other questions to the daemon are waiting."

    def _deliver(self, answer: Answer) -> None:
        self.post_message(self.Told(answer))

    def on_workers_screen_told(self, message: Told) -> None:
        """The daemon has said what it would do."""
        message.stop()
        error = message.answer.error
        self._problem = "" if error is None else f"The daemon does not say what it would do: {message.answer.reason}"
        if error is None:
            self._question = message.answer.value
        self._draw()

    def saw(self, snapshot: Snapshot) -> None:
        """The job may be another."""
        self._changed = self._changed or self._wish.target.changed(snapshot.find(self._wish.target.job_id))
        self._draw()

    def on_resize(self) -> None:
        """The words are wrapped to the width."""
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        cells = self.room(_WIDEST)
        there = "1 worker" if self._there == 1 else f"{self._there} workers"
        title = line(Span(f"Workers of {self._wish.target.name}", Tone.STRONG), Span(f"  {there} now", Tone.MUTED))
        asked = [line(Span("asking the daemon…", Tone.MUTED))]
        facts = asked if self._question is None else fact_lines(self._question.facts, cells)
        lines = [title, Line(), *facts, *problem_lines(self._hindrance, cells)]
        words = self.query_one("#words", Lines)
        words.styles.height = len(lines)
        words.show(lines)
        prompt = line(Span("how many are there to be: "))
        self.query_one("#prompt", Lines).styles.width = prompt.width
        self.query_one("#prompt", Lines).show([prompt])
        self.query_one("#keys", Lines).show([key_hints(("enter", "change it"), ("esc", "leave it"))])

    @property
    def _hindrance(self) -> str:
        return f"{self._changed}. Nothing was done." if self._changed else self._problem

    def on_input_changed(self, event: Input.Changed) -> None:
        """The daemon says what this number means."""
        event.stop()
        if self.number:
            self._ask()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter below a number."""
        event.stop()
        question = self._question
        is_possible = question is not None and question.allowed and not self._hindrance
        if self.number and is_possible and not self.guarded:
            self.dismiss(self.number)

    def action_leave(self) -> None:
        """Leave the number as it is."""
        self.dismiss(None)
