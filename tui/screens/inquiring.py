"""Asking the daemon for what a screen shows: one question at a time, none while the screen is covered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from tui.data.lane import Answer, Lane
from tui.screens.content import Content

if TYPE_CHECKING:
    from textual.screen import Screen

    class _Base(Content, Screen[None]):
        """What it is mixed into."""
else:
    _Base = object


class Inquiring(_Base):
    """Mixed into a screen that has a content."""

    reading: Lane
    clock: Callable[[], float]
    trouble = ""
    """Why the last question was not answered; empty when it was."""
    _awaiting = False
    _asked: dict[str, float]

    class Told(Message):
        """An answer of the daemon; posted by the lane's thread."""

        def __init__(self, key: str, answer: Answer) -> None:
            super().__init__()
            self.key = key
            self.answer = answer

    def redraw(self) -> None:
        """Draw everything."""
        raise NotImplementedError

    def ask(self, now: float) -> None:
        """The first question that is due, unless an answer is awaited."""
        if self._awaiting:
            return
        for question in self.questions(now):
            if now - self._asked.get(question.key, float("-inf")) < self.PACE:
                continue

            def deliver(answer: Answer, key: str = question.key) -> None:
                self.post_message(self.Told(key, answer))

            if self.reading.submit(question.work, deliver):
                self._awaiting = True
                self._asked[question.key] = now
            return

    def on_inquiring_told(self, message: Told) -> None:
        """Keep the answer; a failure leaves the last one, and says so."""
        message.stop()
        self._awaiting = False
        self.trouble = message.answer.reason.split("\n", 1)[0]
        if message.answer.error is None:
            self.told(message.key, message.answer.value, self.clock())
        self.redraw()
