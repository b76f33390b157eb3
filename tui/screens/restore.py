"""Choosing what to restore a job from: the first of three steps. Then come what changed in the spec, and the effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from tui.actions.restore import Point, points
from tui.actions.target import Target
from tui.data.lane import Answer, Lane
from tui.draw.glyphs import checkpoint_status
from tui.draw.line import Span, Tone
from tui.draw.units import age, si, size
from tui.screens.dialog import Dialog, key_hints
from tui.screens.restore_spec import step_line
from tui.widgets.lines import Lines
from tui.widgets.linetable import Column, LineTable

_LIMIT = 50
_MOST_ROWS = 12


def _title(row: Point, _now: float) -> Iterable[Span]:
    sign = checkpoint_status(row.checkpoint) if row.checkpoint else Span("○", Tone.AMBER)
    return (Span(f"{sign.text} ", sign.tone), Span(row.title, Tone.STRONG))


def _id(row: Point, _now: float) -> Iterable[Span]:
    return (Span(f"#{row.checkpoint.id}" if row.checkpoint else "", Tone.TEXT),)


def _age(row: Point, now: float) -> Iterable[Span]:
    if row.checkpoint is None:
        return ()
    return (Span(f"{age(now - (row.checkpoint.completed_at or row.checkpoint.triggered_at))} ago", Tone.TEXT),)


def _rows(row: Point, _now: float) -> Iterable[Span]:
    return (Span(si(row.checkpoint.rows_in) if row.checkpoint else "", Tone.MUTED),)


def _size(row: Point, _now: float) -> Iterable[Span]:
    return (Span(size(row.checkpoint.size) if row.checkpoint else "", Tone.MUTED),)


def _spec(row: Point, now_is: int) -> Iterable[Span]:
    if row.checkpoint is None:
        return ()
    tone = Tone.MUTED if row.checkpoint.generation == now_is else Tone.AMBER
    return (Span(f"generation {row.checkpoint.generation}", tone),)


def _note(row: Point, _now: float) -> Iterable[Span]:
    text = row.checkpoint.description if row.checkpoint else "reads everything again"
    return (Span(text.split("\n", 1)[0], Tone.MUTED),)


def _columns(generation: int) -> tuple[Column[Point], ...]:
    """``generation`` is the one that would run."""
    return (
        Column("FROM", 20, _title),
        Column("ID", 6, _id),
        Column("AGE", 8, _age, priority=1, right=True),
        Column("ROWS", 6, _rows, priority=3, right=True),
        Column("SIZE", 8, _size, priority=4, right=True),
        Column("TAKEN BY", 12, lambda row, _now: _spec(row, generation), priority=1),
        Column("NOTE", 6, _note, priority=2, stretch=60),
    )


class RestoreScreen(Dialog[Point | None]):
    """The list of points of one job; None when nothing was chosen."""

    BINDINGS = [Binding("escape,q", "leave", "Leave it", show=False)]

    class Listed(Message):
        """The daemon's answer; posted by the lane's thread."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    def __init__(
        self, target: Target, generation: int, lane: Lane, clock: Callable[[], float], preferred: int | None = None
    ) -> None:
        super().__init__()
        self._generation = generation
        self._preferred = preferred
        self._target = target
        self._lane = lane
        self._clock = clock

    def compose(self) -> ComposeResult:
        """The title, the list, the keys."""
        with Vertical(id="box"):
            yield Lines(id="words")
            table: LineTable[Point] = LineTable(_columns(self._generation), lambda point: point.restore, id="points")
            table.nothing = "asking the daemon…"
            yield table
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """Ask for the checkpoints."""
        for name in ("#words", "#keys"):
            self.query_one(name, Lines).can_focus = False
        self._show(())
        self._table.focus()
        job_id = self._target.job_id
        if not self._lane.submit(lambda client: client.checkpoints(job_id, limit=_LIMIT), self._deliver):
            self._table.nothing = "the daemon is slow and other questions are waiting: leave, and try again"

    @property
    def _table(self) -> LineTable[Any]:
        return self.query_one("#points", LineTable)

    def _deliver(self, answer: Answer) -> None:
        self.post_message(self.Listed(answer))

    def on_restore_screen_listed(self, message: Listed) -> None:
        """The list has come."""
        message.stop()
        if message.answer.error is not None:
            self._table.nothing = message.answer.reason
            self._show(())
        else:
            choices = points(message.answer.value)
            self._show(choices)
            self._prefer(choices)

    def _show(self, choices: tuple[Point, ...]) -> None:
        self.query_one("#words", Lines).show([step_line(self._target.name, 1, self.room(104))])
        self.query_one("#keys", Lines).show([key_hints(("enter", "choose it: nothing is done yet"), ("esc", "leave it"))])
        self._table.styles.height = min(max(len(choices), 1), _MOST_ROWS) + 1
        self._table.show(choices, self._clock())

    def _prefer(self, choices: Iterable[Point]) -> None:
        """The cursor begins on the point that the key was pressed on."""
        wanted = (point for point in choices if point.checkpoint and point.checkpoint.id == self._preferred)
        if (found := next(wanted, None)) is not None:
            self._table.select(found.restore)

    def on_line_table_opened(self, event: LineTable.Opened) -> None:
        """Chosen."""
        event.stop()
        point = self._table.current
        if isinstance(point, Point) and not self.guarded:
            self.dismiss(point)

    def on_line_table_moved(self, event: LineTable.Moved) -> None:
        """Nothing depends on the cursor here."""
        event.stop()

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
