"""One question about several jobs, and how it went for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from textual.binding import Binding
from textual.message import Message
from textual.widget import Widget

from tui.actions.bulk import AT_ONCE, Batch, Row, Standing
from tui.actions.perform import Outcome, carry_out
from tui.actions.target import Target
from tui.actions.under_way import Begun
from tui.actions.wish import Wish
from tui.data.done import Done
from tui.data.lane import Answer
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import plural
from tui.screens.answering import YesOrNo
from tui.screens.dialog import fact_lines
from tui.screens.following import Following
from tui.widgets.linetable import Column, LineTable

_MOST_ROWS = 10
_FRAME = 14
"""Lines of the dialog besides the rows."""
_SIGNS = {
    Standing.ASKING: ("○", Tone.FAINT),
    Standing.READY: ("○", Tone.TEXT),
    Standing.LEFT_OUT: ("□", Tone.AMBER),
    Standing.WAITING: ("○", Tone.MUTED),
    Standing.ASKED: ("◐", Tone.AMBER),
    Standing.DONE: ("✓", Tone.ACCENT),
    Standing.FAILED: ("✗", Tone.RED),
}
_OPEN = (Standing.WAITING, Standing.ASKED)


def _standing(row: Row, _now: float) -> Iterable[Span]:
    sign, tone = _SIGNS[row.standing]
    return (Span(f"{sign} ", tone), Span(row.standing.value, tone))


COLUMNS: tuple[Column[Row], ...] = (
    Column("", 11, _standing),
    Column("JOB", 12, lambda row, _now: (Span(row.wish.target.name, Tone.STRONG),), stretch=16),
    Column("", 20, lambda row, _now: (Span(row.words, Tone.MUTED),), priority=1, stretch=60),
)


class BulkScreen(YesOrNo[None]):
    """Tries the action dry on every job, at most four at a time; then it takes a yes for those to which it can be done, does
    it, and stays to show each result. ``r`` asks again about those that failed."""

    PACE = 2.0
    PACE_PER_JOB = 0.1
    BINDINGS = [Binding("r", "retry", "Try those that failed again", show=False)]

    class Told(Message):
        """The dry run of one job, of the question of this number; posted by a thread of the lane."""

        def __init__(self, number: int, job_id: str, answer: Answer) -> None:
            super().__init__()
            self.number = number
            self.job_id = job_id
            self.answer = answer

    class Answered(Message):
        """The request about one job was answered; posted by a thread of the lane."""

        def __init__(self, wish: Wish, answer: Answer) -> None:
            super().__init__()
            self.wish = wish
            self.answer = answer

    def __init__(self, wishes: Sequence[Wish], owner: Following) -> None:
        super().__init__()
        self._owner = owner
        self._verb = wishes[0].verb
        self._begin(wishes)

    def _begin(self, wishes: Sequence[Wish]) -> None:
        self._batch = Batch(wishes)
        self._number = getattr(self, "_number", 0) + 1
        self._in_flight: set[str] = set()
        self._asked: set[str] = set()
        self._is_sent = False
        self.question = None

    def middle(self) -> Iterable[Widget]:
        """The jobs."""
        yield LineTable[Row](COLUMNS, lambda row: row.job_id, id="rows")

    def on_mount(self) -> None:
        """Try it on all of them."""
        self.call_after_refresh(self._pump)
        self.set_interval(self.PACE + self.PACE_PER_JOB * len(self._batch.rows), self._try_again)

    # trying

    def _try_again(self) -> None:
        """The numbers grow while somebody thinks."""
        if not self._is_sent and not self._in_flight:
            self._asked.clear()
            self._pump()

    def _pump(self) -> None:
        """Keep as many requests under way as there may be."""
        while len(self._in_flight) < AT_ONCE and self._submit_next():
            pass
        self.draw()

    def _submit_next(self) -> bool:
        if self._is_sent:
            row = self._batch.first(Standing.WAITING, self._in_flight)
            return row is not None and self._send(row.wish)
        row = next((row for row in self._batch.rows if row.job_id not in self._asked), None)
        return row is not None and self._try(row.wish)

    def _try(self, wish: Wish) -> bool:
        number, job_id = self._number, wish.target.job_id

        def deliver(answer: Answer) -> None:
            self.post_message(self.Told(number, job_id, answer))

        if not self._owner.acting.submit(wish.try_dry, deliver):
            return False
        self._in_flight.add(job_id)
        self._asked.add(job_id)
        return True

    def on_bulk_screen_told(self, message: Told) -> None:
        """One more is known."""
        message.stop()
        if message.number != self._number or self._is_sent:
            return
        self._in_flight.discard(message.job_id)
        answer = message.answer
        self._batch.told(message.job_id, answer.value if answer.error is None else None, answer.reason)
        if not self._batch.count(Standing.ASKING):
            self.question = self._batch.question()
        self._pump()

    # doing

    def said_yes(self) -> None:
        """Do it to those to which it can be done."""
        self._number += 1
        self._in_flight.clear()
        self._is_sent = True
        self.question = None
        self._batch.go()
        self.query_one("#rows", LineTable).focus()
        self._pump()

    def _send(self, wish: Wish) -> bool:
        def deliver(answer: Answer) -> None:
            self._owner.post_message(Following.Nudge())
            self.post_message(self.Answered(wish, answer))

        if not self._owner.acting.submit(carry_out(wish), deliver):
            return False
        self._in_flight.add(wish.target.job_id)
        return True

    def on_bulk_screen_answered(self, message: Answered) -> None:
        """One request has come to its end, or has begun something."""
        message.stop()
        wish, outcome = message.wish, message.answer.value
        if not isinstance(outcome, Outcome):
            outcome = Outcome("", message.answer.reason, message.answer.hint, done=False)
        self._in_flight.discard(wish.target.job_id)
        self._batch.answered(wish.target.job_id, outcome)
        if outcome.operation is not None:
            self._owner.follow(Begun(wish, outcome.operation))
        else:
            self._owner.ended_at_once(wish, outcome)
        self._pump()

    def heard(self, done: Done) -> bool:
        """An action has ended; True when it was one of these, so that nobody else has to tell."""
        is_mine = self._batch.ended(done)
        if is_mine:
            self.draw()
        return is_mine

    def action_retry(self) -> None:
        """Ask again about those that failed, as they stand now."""
        failed = self._batch.failed()
        if not failed or self._batch.count(*_OPEN) or self._in_flight:
            return
        now = self._owner.clock()
        views = [(wish, self._owner.snapshot.find(wish.target.job_id)) for wish in failed]
        wishes = [msgspec.structs.replace(wish, target=Target.of(view, now)) for wish, view in views if view is not None]
        if wishes:
            self.forget_answer()
            self._begin(wishes)
            self._pump()

    def said_no(self) -> None:
        """Leave; what has been asked for goes on, what has not is not."""
        unsent = self._batch.count(Standing.WAITING) - len(self._in_flight) if self._is_sent else 0
        if unsent > 0:
            self._owner.toast(f"{plural(unsent, 'job')} not asked for: you left.", severity="warning")
        self.dismiss(None)

    # drawing

    @property
    def problem(self) -> str:
        """Nothing stands in the way of those that are not left out."""
        return ""

    @property
    def is_over(self) -> bool:
        """Every request has come to its end."""
        return self._is_sent and not self._batch.count(*_OPEN)

    def body(self, cells: int) -> list[Line]:
        """What it would do, or how it goes."""
        title = f"{self._verb.capitalize()} {plural(len(self._batch.rows), 'job')}"
        head = [line(Span(title, Tone.STRONG)), Line()]
        if self._is_sent:
            return [*head, self._progress()]
        if self.question is None:
            told = len(self._batch.rows) - self._batch.count(Standing.ASKING)
            return [*head, line(Span(f"asking the daemon… {told} of {len(self._batch.rows)}", Tone.MUTED))]
        return [*head, *fact_lines(self.question.facts, cells)]

    def _progress(self) -> Line:
        count = self._batch.count
        failed, under_way = count(Standing.FAILED), count(*_OPEN)
        spans = [Span(f"{count(Standing.DONE)} done", Tone.ACCENT)]
        spans += [Span(f"   {under_way} under way", Tone.AMBER)] if under_way else []
        spans += [Span(f"   {failed} failed", Tone.RED)] if failed else []
        spans += [Span("   r", Tone.ACCENT_STRONG), Span(" tries those again", Tone.MUTED)] if failed and not under_way else []
        return line(*spans)

    def draw(self) -> None:
        """The words, and the jobs below them."""
        if not self.is_mounted:
            return
        table: LineTable[Row] = self.query_one("#rows", LineTable)
        table.styles.height = min(len(self._batch.rows), _MOST_ROWS, max(self.app.size.height - _FRAME, 2)) + 1
        table.show(self._batch.rows, self._owner.clock())
        super().draw()
