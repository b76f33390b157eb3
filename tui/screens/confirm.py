"""One question about one job before a write: what the daemon says will happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from textual.binding import Binding
from textual.message import Message

from runner.client import Client
from tui.actions.model import INSTEAD, Fact, Question
from tui.actions.target import Target
from tui.actions.telling import subject
from tui.data.lane import Answer, Lane
from tui.data.models import JobView
from tui.data.snapshot import Snapshot
from tui.draw.line import Line, Span, Tone, line
from tui.screens.answering import YesOrNo
from tui.screens.dialog import fact_lines


@dataclass(frozen=True, slots=True)
class Asking:
    """What is to be confirmed: ``ask`` has the daemon say what it would do, ``title`` stands there until it has."""

    title: str
    target: Target
    ask: Callable[[Client], Question]
    head: Callable[[int], Line] | None = None
    """What stands instead of the title, for a width."""
    instead: Callable[[], None] | None = None
    """What the key does that a question may name: something else, after the dialog is left."""


class ConfirmScreen(YesOrNo[Target | None]):
    """Says what the daemon's dry run says, asked anew every two seconds and whenever the job changes. Its answer is the target
    as it was last seen, when confirmed, else None.

    It takes no yes before the daemon has answered, nor when the daemon would refuse, nor when the target is no longer what it
    was at key press.
    """

    BINDINGS = [Binding(",".join(INSTEAD), "instead", "The file", show=False)]
    PACE = 2.0

    class Told(Message):
        """The daemon's answer; posted by the lane's thread."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, asking: Asking, view: JobView, lane: Lane, clock: Callable[[], float]) -> None:
        super().__init__()
        self._asking = asking
        self._target = asking.target
        self._view = view
        self._lane = lane
        self._clock = clock
        self._awaiting = False
        self._again = False
        self._changed = ""
        self._silence = ""

    def on_mount(self) -> None:
        """Ask."""
        self._ask()
        self.set_interval(self.PACE, self._ask)

    def _ask(self) -> None:
        self._again = self._awaiting
        if self._awaiting or self._changed:
            return
        self._awaiting = self._lane.submit(self._asking.ask, self._deliver)
        if not self._awaiting:
            self._silence = "Other questions to the daemon are waiting."

    def _deliver(self, answer: Answer) -> None:
        self.post_message(self.Told(answer))

    def on_confirm_screen_told(self, message: Told) -> None:
        """The daemon has said what it would do."""
        message.stop()
        self._awaiting = False
        if message.answer.error is not None:
            self._silence = f"The daemon does not say what it would do: {message.answer.reason}"
        else:
            self._silence = ""
            self._take(message.answer.value)
        self.draw()
        if self._again:
            self._ask()

    def _take(self, question: Question) -> None:
        if question.about is not None:
            self._changed = self._changed or self._target.differs(*question.about)
        if not self._changed:
            self._target = msgspec.structs.replace(self._target, version=self._view.job.version)
            self.question = question

    def saw(self, snapshot: Snapshot) -> None:
        """The job may have changed: then the daemon is asked again at once."""
        view = snapshot.find(self._target.job_id)
        self._changed = self._changed or self._target.changed(view)
        if view is not None and not self._changed:
            is_news = view.job != self._view.job
            self._view = view
            if is_news and self.is_mounted:
                self._ask()
        self.draw()

    @property
    def problem(self) -> str:
        """The job is another than it was, or the daemon does not answer."""
        return f"{self._changed}. Nothing was done." if self._changed else self._silence

    def body(self, cells: int) -> list[Line]:
        """The job, and what would become of it."""
        question = self.question
        head = self._asking.head
        title = head(cells) if head else line(Span(question.title if question else self._asking.title, Tone.STRONG))
        about = fact_lines((Fact("job", subject(self._view, self._clock())),), cells)
        gap = [] if self.has_class("-low") else [Line()]
        if question is None:
            return [title, *gap, *about, line(Span("asking the daemon…", Tone.MUTED))]
        return [title, *gap, *about, *fact_lines(question.facts, cells)]

    def action_instead(self) -> None:
        """Leave it, and do the other thing."""
        instead, question = self._asking.instead, self.question
        if instead is not None and question is not None and question.instead and not self.guarded:
            self.app.call_later(instead)
            self.dismiss(None)

    def said_yes(self) -> None:
        """The target, as it was last seen."""
        self.dismiss(self._target)
