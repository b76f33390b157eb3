"""The savepoints of all jobs: where they are, whether they are whole, and what a restore would use instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual.message import Message

from runner.model import Checkpoint, CheckpointKind
from runner.replies import SavepointVerdict
from tui.actions.registry import RESTORE
from tui.actions.target import Target
from tui.actions.wish import Verb, Wish
from tui.data.lane import Answer
from tui.data.library import Kept, Library, next_point
from tui.data.link import is_current
from tui.draw.line import Line, Span, Tone, fit_spans, line
from tui.draw.units import UNKNOWN, age, plural, si, size, span
from tui.screens.beside import Beside, Means
from tui.widgets.bindings import bound
from tui.widgets.keybar import Hint
from tui.widgets.linetable import Column, LineTable
from tui.widgets.looking import refuses_writes
from tui.widgets.pane import Question

_LONG_TOAST = 10.0


def place_words(point: Checkpoint, now: float) -> Iterable[Span]:
    """Whether its directory is there and was found to be whole."""
    place = point.place
    if place is None:
        return (Span("in the store", Tone.MUTED),)
    if place.trouble:
        return (Span("✗ ", Tone.RED), Span(place.trouble.split("\n", 1)[0], Tone.RED))
    if place.written_at is None:
        return (Span("◐ being written", Tone.AMBER),)
    if place.verified_at is None:
        return (Span("written", Tone.TEXT),)
    return (Span("✓ ", Tone.ACCENT), Span(f"whole {age(now - place.verified_at)} ago", Tone.TEXT))


def next_words(point: Checkpoint | None, now: float) -> str:
    """``next restore uses checkpoint #812, 4s old, 1.92G rows read``."""
    if point is None:
        return "next restore begins anew: the job has no complete checkpoint"
    noun = "savepoint" if point.kind is CheckpointKind.SAVEPOINT else "checkpoint"
    old = age(now - (point.completed_at or point.triggered_at))
    return f"next restore uses {noun} #{point.id}, {old} old, {si(point.rows_in)} rows read"


class SavepointsScreen(Beside):
    """One row for each, the newest first."""

    NAME: ClassVar[str] = "savepoints"
    HEADLINE: ClassVar[str] = "Savepoints"
    PACE: ClassVar[float] = 5.0
    FOOT: ClassVar[int] = 3
    BINDINGS = [bound("savepoint.verify", "verify"), bound("mark")]

    class Verified(Message):
        """A savepoint was read; posted by the lane's thread."""

        def __init__(self, kept: Kept, answer: Answer) -> None:
            super().__init__()
            self.kept = kept
            self.answer = answer

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._library = Library()
        self._all: tuple[Kept, ...] | None = None
        self._next: dict[str, Checkpoint | None] = {}
        self._since: dict[str, float] = {}
        self._names: dict[str, str] = {}

    @property
    def selected_savepoint(self) -> int | None:
        """The savepoint under the cursor: keys delete it, or restore from it."""
        row = self.table.current if self.tables else None
        return row.savepoint.id if isinstance(row, Kept) else None

    def make_tables(self) -> Sequence[LineTable[Any]]:
        """One table."""
        columns: tuple[Column[Kept], ...] = (
            Column("JOB", 14, self._job, stretch=12),
            Column("SAVEPOINT", 9, lambda row, _now: (Span("◆ ", Tone.ACCENT), Span(f"#{row.savepoint.id}", Tone.STRONG))),
            Column("AGE", 4, _age, right=True),
            Column("SIZE", 8, lambda row, _now: (Span(size(row.savepoint.size)),), priority=3, right=True),
            Column("ROWS IN", 7, lambda row, _now: (Span(si(row.savepoint.rows_in)),), priority=4, right=True),
            Column("STATE", 17, self._state, priority=1, stretch=8),
            Column("DESCRIPTION", 14, _description, priority=2, stretch=30),
            Column("WHERE", 34, _where, priority=5, stretch=200),
        )
        return (LineTable[Kept](columns, lambda row: row.id),)

    def _job(self, row: Kept, _now: float) -> Iterable[Span]:
        if row.deleted_name:
            return (Span(row.deleted_name, Tone.MUTED),)
        return (Span(self.name_of(row), Tone.STRONG),)

    def _state(self, row: Kept, now: float) -> Iterable[Span]:
        if row.deleted_name:
            return (Span("□ job deleted", Tone.MUTED),)
        began = self._since.get(row.id)
        return place_words(row.savepoint, now) if began is None else (Span(f"◐ being read {span(now - began)}", Tone.AMBER),)

    def name_of(self, row: Kept) -> str:
        """The name of its job."""
        return row.deleted_name or self._names.get(row.savepoint.job_id, row.savepoint.job_id)

    def rows(self, now: float) -> Sequence[Kept] | None:  # noqa: ARG002 - the same at any time
        """The newest first."""
        self._names = {view.id: view.name for view in self.snapshot.jobs}
        return self._all

    def text_of(self, row: Kept) -> str:
        """What stands in the row."""
        point = row.savepoint
        place = f"{point.place.path} {point.place.trouble}" if point.place else ""
        deleted = "deleted" if row.deleted_name else ""
        return f"{self.name_of(row)} {point.job_id} #{point.id} {point.description} {place} {deleted}"

    def job_of(self, row: Kept) -> str:
        """Its job."""
        return row.savepoint.job_id

    def tab_of(self, row: Kept) -> str:  # noqa: ARG002 - the same for all
        """The savepoints of its job."""
        return "Savepoints"

    def summary(self, now: float) -> Sequence[Span]:  # noqa: ARG002 - the same at any time
        """How many, and how large they are together."""
        found = self._all or ()
        total = sum(kept.savepoint.size or 0 for kept in found)
        jobs = len({kept.savepoint.job_id for kept in found})
        return (Span(f"{len(found):,} of {plural(jobs, 'job')}, {size(total)}", Tone.MUTED),) if found else ()

    def foot(self, row: Kept, now: float, cells: int) -> Sequence[Line]:
        """From what it was taken, where it is, and what a restore would use."""
        point = row.savepoint
        source = f"imported from {point.origin.job_name} #{point.origin.number}" if point.origin else ""
        parts = (f"generation {point.generation}", point.requested_by, source, point.description.split("\n", 1)[0])
        what = (
            Span(f"  {self.name_of(row)} #{point.id}", Tone.STRONG),
            Span("   " + ", ".join(p for p in parts if p), Tone.MUTED),
        )
        where = (Span("  "), Span(point.place.path if point.place else "in the daemon's store, in no directory of its own"))
        return [Line(fit_spans(spans, cells)) for spans in (what, where, (Span(f"  {self._fate(row, now)}", Tone.ACCENT),))]

    def _fate(self, row: Kept, now: float) -> str:
        job_id = row.savepoint.job_id
        if row.deleted_name:
            return f"the job is deleted: flowdeck undelete {job_id} brings it back with its savepoints"
        return next_words(self._next[job_id], now) if job_id in self._next else "next restore: asking the daemon…"

    def empty(self, now: float) -> Sequence[Line]:  # noqa: ARG002 - the same at any time
        """Nobody has taken one."""
        return [
            line(Span("no savepoints yet", Tone.STRONG)),
            Line(),
            line(Span("A savepoint is a point to restore a job from, kept until it is deleted.", Tone.MUTED)),
            Line(),
            line(*self.key("view.back", "back to the jobs, where", "screen.back")),
            line(*self.key("job.savepoint", "takes one while the job runs on")),
            line(*self.key("job.stop", "stops the job with one")),
        ]

    def hints(self, row: Kept) -> tuple[Hint, ...]:
        """To verify comes first."""
        if row is None:
            return ()
        key = Hint(self.keymap.first("savepoint.verify"), "verify", "screen.verify", dim=bool(self._refusal_of(row)))
        return (key, *(hint for hint in super().hints(row) if "savepoint" in hint.link or "restore" in hint.link))

    def questions(self, now: float) -> Sequence[Question]:  # noqa: ARG002 - the same at any time
        """All of them, and the newest point of the row's job."""
        found = [Question("library", self._library.read)]
        view = self.selected
        if view is not None:
            job_id = view.id
            found.append(Question(f"next {job_id}", lambda client: (next_point(client, job_id),)))
        return found

    def told(self, key: str, value: Any, now: float) -> None:  # noqa: ARG002 - answers carry their own times
        """They have come."""
        if key == "library":
            self._all = value
        else:
            self._next[key.removeprefix("next ")] = value[0]

    def action_mark(self) -> None:
        """Mark the savepoint under the cursor, or take its mark, and go on to the next."""
        row = self.table.current
        if isinstance(row, Kept) and self.table.has_focus:
            self.table.marks ^= {row.id}
            self.table.action_move(1)
            self.redraw()

    def action_leave(self) -> None:
        """Drop the marks; without any, as everywhere."""
        if self.table.marks:
            self._drop_marks()
        else:
            super().action_leave()

    def _drop_marks(self) -> None:
        self.table.marks = set()
        self.redraw()

    @property
    def _marked_rows(self) -> list[Kept]:
        return [row for row in self._all or () if row.id in self.table.marks]

    def action_menu(self) -> None:
        """What can be done to the savepoint's job. To marked savepoints there is one thing to do: it is asked at once."""
        if self._marked_rows:
            self.action_act(RESTORE.id)
        else:
            super().action_menu()

    def action_act(self, action_id: str) -> None:
        """On the marked savepoints, else on the one under the cursor."""
        marked = self._marked_rows
        if not marked or refuses_writes(self):
            super().action_act(action_id)
        elif action_id != RESTORE.id:
            self.toast("Of marked savepoints jobs can be restored, nothing else; esc drops the marks.", severity="warning")
        else:
            self._restore_from(marked)

    def _restore_from(self, marked: Sequence[Kept]) -> None:
        """Every job from its marked savepoint, after one question."""
        from tui.screens.bulk import BulkScreen  # not needed for the first paint

        views = {row.savepoint.job_id: self.snapshot.find(row.savepoint.job_id) for row in marked}
        lacking = next((row for row in marked if views[row.savepoint.job_id] is None), None)
        if lacking is not None or len(views) < len(marked):
            reason = (
                f"{self.name_of(lacking)} is deleted" if lacking else "a job is restored from one savepoint, not from several"
            )
            self.toast(reason, title="No restore", severity="warning")
            return
        wishes = [
            Wish(Verb.RESTART, Target.of(view, self.clock()), restore=str(row.savepoint.id))
            for row in marked
            if (view := views[row.savepoint.job_id]) is not None
        ]
        self.app.push_screen(BulkScreen(wishes, self), lambda _: self._drop_marks())

    def action_verify(self) -> None:
        """Have every byte of the savepoint under the cursor read."""
        if refuses_writes(self):
            return
        row = self.table.current
        refusal = self._refusal_of(row) if row is not None else "no savepoint is selected"
        if refusal or not isinstance(row, Kept):
            self.toast(refusal, title="Not verified", severity="warning")
            return
        job_id, number = row.savepoint.job_id, row.savepoint.id

        def deliver(answer: Answer) -> None:
            self.post_message(self.Verified(row, answer))

        if self.acting.submit(lambda client: client.verify_savepoint(job_id, number), deliver):
            self._since[row.id] = self.clock()
            self.redraw()
        else:
            self.toast("Too many requests are waiting for the daemon already.", severity="error")

    def _refusal_of(self, row: Kept) -> str:
        if row.deleted_name:
            return f"{row.deleted_name} is deleted; flowdeck undelete {row.savepoint.job_id} brings it back"
        if row.id in self._since:
            return "it is being read already"
        return "" if is_current(self.snapshot, self.clock()) else "the daemon does not answer, and what you see is old"

    def on_savepoints_screen_verified(self, message: Verified) -> None:
        """Say what was found, and put it into the row."""
        message.stop()
        kept, verdict = message.kept, message.answer.value
        self._since.pop(kept.id, None)
        title = f"Savepoint #{kept.savepoint.id} of {self.name_of(kept)}"
        if not isinstance(verdict, SavepointVerdict):
            words = f"{message.answer.reason}\n{message.answer.hint}".strip()
            self.toast(words, title=f"{title}: not verified", severity="error", timeout=_LONG_TOAST)
        elif verdict.problems:
            self.toast("\n".join(verdict.problems[:3]), title=f"{title} is damaged", severity="error", timeout=_LONG_TOAST)
            self._replace(kept, verdict.savepoint)
        else:
            self.toast("Every byte was read: it is whole.", title=title)
            self._replace(kept, verdict.savepoint)
        self.redraw()

    def _replace(self, kept: Kept, savepoint: Checkpoint) -> None:
        self._all = tuple(Kept(savepoint) if one.id == kept.id else one for one in self._all or ())


def _age(row: Kept, now: float) -> Iterable[Span]:
    return (Span(age(now - (row.savepoint.completed_at or row.savepoint.triggered_at))),)


def _description(row: Kept, _now: float) -> Iterable[Span]:
    text = row.savepoint.description.split("\n", 1)[0]
    return (Span(text or UNKNOWN, Tone.TEXT if text else Tone.FAINT),)


def _where(row: Kept, _now: float) -> Iterable[Span]:
    place = row.savepoint.place
    return (Span(place.path if place else UNKNOWN, Tone.MUTED if place else Tone.FAINT),)
