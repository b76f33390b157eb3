"""After a request: what is under way, how it ended, and the command line that does the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.message import Message

from runner.operation import OperationOutcome
from tui.actions.perform import Outcome, carry_out
from tui.actions.telling import readable
from tui.actions.under_way import Begun, UnderWay, look, operation_line
from tui.actions.wish import Verb, Wish
from tui.data.done import Done, DoneList
from tui.data.lane import Answer, Lane
from tui.data.snapshot import Snapshot
from tui.draw.line import Line, Span, Tone, line
from tui.settings.keymap import Keymap
from tui.widgets.lines import Bar

if TYPE_CHECKING:
    from textual.screen import Screen

    _Base = Screen[None]
else:
    _Base = object

_LONG_TOAST = 10.0
_MOST_LINES = 3


@runtime_checkable
class Listening(Protocol):
    """What a screen has that tells itself how its actions end."""

    def heard(self, done: Done) -> bool:
        """An action has ended; True when the screen tells it, so that nobody else has to."""
        ...


class Following(_Base):
    """Mixed into the screens that act. ``under_way`` and ``done`` are shared by all of them, and belong to the event loop."""

    clock: Callable[[], float]
    snapshot: Snapshot
    reading: Lane
    acting: Lane
    keymap: Keymap
    under_way: UnderWay
    done: DoneList
    _looking = False

    class Acted(Message):
        """A request has been answered; posted by the lane's thread."""

        def __init__(self, wish: Wish, outcome: Outcome) -> None:
            super().__init__()
            self.wish = wish
            self.outcome = outcome

    class Seen(Message):
        """What the daemon says of what is under way; posted by the lane's thread."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    class Nudge(Message, namespace="acting"):
        """Something was changed: look at the daemon now."""

    def toast(self, words: str, *, title: str = "", severity: str = "information", timeout: float = 4.0) -> None:
        """A few words that go away by themselves. Never markup."""
        level = "error" if severity == "error" else "warning" if severity == "warning" else "information"
        self.notify(words, title=title, severity=level, timeout=timeout, markup=False)  # type: ignore[arg-type]

    # doing

    def carry_out(self, wish: Wish) -> None:
        """Send the request, and follow what comes of it."""

        def deliver(answer: Answer) -> None:
            outcome = answer.value
            if not isinstance(outcome, Outcome):
                outcome = Outcome("That did not work", answer.reason, answer.hint, done=False)
            self.post_message(self.Acted(wish, outcome))

        if not self.acting.submit(carry_out(wish), deliver):
            self.toast("Too many requests are waiting for the daemon already. Nothing was done.", severity="error")

    def on_following_acted(self, message: Acted) -> None:
        """Follow it, or say that it is done or was not, and look."""
        message.stop()
        wish, outcome = message.wish, message.outcome
        self.post_message(self.Nudge())
        if outcome.operation is not None:
            if outcome.message != "asked for":
                self.toast(outcome.message, title=outcome.title)
            self.follow(Begun(wish, outcome.operation))
            return
        done = self.ended_at_once(wish, outcome)
        if outcome.done:
            self._tell(done)
        else:
            words = f"{outcome.message}\n{outcome.hint}" if outcome.hint else outcome.message
            self.toast(words, title=outcome.title, severity="error", timeout=_LONG_TOAST)

    def ended_at_once(self, wish: Wish, outcome: Outcome) -> Done:
        """Put down what was answered with its end."""
        how = OperationOutcome.SUCCEEDED if outcome.done else OperationOutcome.FAILED
        target = wish.target
        done = Done(
            self.clock(), target.job_id, target.name, wish.verb.value, wish.command, how, outcome.message.split("\n", 1)[0]
        )
        self.done.add(done)
        if outcome.done and wish.verb in (Verb.DELETE, Verb.UNDELETE):
            self.under_way.last_deleted = wish if wish.verb is Verb.DELETE else None
        return done

    def follow(self, begun: Begun) -> None:
        """Tell how it ends, when it does."""
        self.under_way.add(begun)
        self.look_around()
        self.draw_under_way(self.clock())

    # looking

    def look_around(self) -> None:
        """Ask how far things are, when there is something to ask about."""
        is_worth_it = self.under_way.ids or self.under_way.open() or self.snapshot.tally.changing
        if self._looking or not is_worth_it:
            return
        self._looking = self.reading.submit(partial(look, self.under_way.ids), self._deliver_seen)

    def _deliver_seen(self, answer: Answer) -> None:
        self.post_message(self.Seen(answer))

    def on_following_seen(self, message: Seen) -> None:
        """Draw it, and tell what has ended. A daemon that does not answer is asked again."""
        message.stop()
        self._looking = False
        if message.answer.error is None:
            for done in self.under_way.hear(message.answer.value, self.clock()):
                self.done.add(done)
                if not any(screen.heard(done) for screen in self.app.screen_stack if isinstance(screen, Listening)):
                    self._tell(done)
        self.draw_under_way(self.clock())

    def draw_under_way(self, now: float) -> None:
        """The lines above the keys; none when nothing is under way."""
        bar = self.query_one("#under-way", Bar)
        found = self.under_way.open()
        lines: list[Line] = [operation_line(one, now, self.keymap.first("job.cancel")) for one in found[:_MOST_LINES]]
        if len(found) > _MOST_LINES:
            lines[-1] = line(Span(f" ◐ and {len(found) - _MOST_LINES + 1:,} more", Tone.MUTED))
        bar.display = bool(lines)
        bar.styles.height = len(lines)
        bar.show(lines)

    # telling

    def _tell(self, done: Done) -> None:
        """A toast with the command line that does the same."""
        words = [readable(done.message)] if done.message and done.message != "done" else []
        if done.action == Verb.DELETE and done.succeeded:
            words.append(f"{self.keymap.first('job.undelete')} brings it back.")
        words.append(done.command)
        how = {OperationOutcome.SUCCEEDED: "done", OperationOutcome.FAILED: "failed"}.get(done.outcome, "nobody knows")
        severity = "information" if done.succeeded else "error"
        title = f"{done.action.capitalize()} of {done.job_name}: {how}"
        self.toast("\n".join(words), title=title, severity=severity, timeout=6.0 if done.succeeded else _LONG_TOAST)
