"""Handing in a job file: find it, see what the check says while it is mended, see what it would change, and submit it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from runner.model import Job
from runner.reload import ReloadReport
from spec.errors import FlowdeckError
from tui.actions.submission import Prospect, hand_in, prospect
from tui.data.clean import clean
from tui.data.jobfile import Checked
from tui.data.jobfile_watch import Watch, find_job_files
from tui.data.lane import Answer, Lane
from tui.data.programs import editor
from tui.draw.line import Line, Span, Tone, line
from tui.screens.dialog import Dialog
from tui.screens.submit_words import Key, file_lines, key_line, nearby, short
from tui.widgets.lines import Bar, Lines
from tui.widgets.linetable import Column, LineTable
from tui.widgets.outside import run_outside

_LOOK_SECONDS = 0.5
_NONE = "no job file here or below; flowdeck init makes one"
_TWICE = "from the beginning it reads everything again, and what it has written may be there twice: b once more"
_COLUMNS: tuple[Column[str], ...] = (Column("JOB FILE", 20, lambda row, _now: (Span(short(row)),), stretch=400),)


class SubmitScreen(Dialog[Job]):
    """``path``: the file, when it is chosen already. Its answer is the job as it was handed in, or None."""

    BINDINGS = [
        Binding("escape", "leave", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("f4", "edit", show=False),
        Binding("enter", "choose", show=False),
        Binding("y", "agree", show=False),
        Binding("b", "agree_afresh", show=False),
        Binding("e", "edit", show=False),
        Binding("q", "leave", show=False),
    ]
    CSS = """
    SubmitScreen Vertical#box { width: 96%; height: 92%; max-width: 140; max-height: 44; }
    SubmitScreen #box #words, SubmitScreen #box #keys { width: 1fr; }
    SubmitScreen #files { height: 2; }
    SubmitScreen #about { height: 1fr; width: 1fr; margin-top: 1; }
    SubmitScreen.chosen #search, SubmitScreen.chosen #files { display: none; }
    """

    class Told(Message):
        """An answer of the daemon; posted by a lane's thread."""

        def __init__(self, about: Checked | None, answer: Answer) -> None:
            super().__init__()
            self.about = about
            self.answer = answer

    def __init__(self, reading: Lane, acting: Lane, path: str = "") -> None:
        super().__init__()
        self._reading, self._acting = reading, acting
        self._watch = Watch(Path(nearby(path))) if path else None
        self._files: tuple[str, ...] = ()
        self._checked: Checked | None = None
        self._prospect: Prospect | None = None
        self._looking = False
        self._handing_in = False
        self._trouble = ""
        self._wants_afresh = False

    def compose(self) -> ComposeResult:
        """The search line and the files; below them what is to be said about one of them."""
        with Vertical(id="box"):
            yield Bar(id="words")
            with Horizontal(id="search"):
                yield Input(placeholder="type to find a job file", compact=True)
            table: LineTable[str] = LineTable(_COLUMNS, lambda row: row, id="files")
            table.nothing = "looking for job files…"
            table.can_focus = False
            yield table
            yield Lines(id="about")
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """Look for files, and then again and again at the one that is chosen."""
        self.query_one("#keys", Lines).can_focus = False
        if self._watch is not None:
            self._choose()
        else:
            self.query_one(Input).focus()
            self.run_worker(self._find([str(Path.cwd())]), group="find")
            self._reading.submit(lambda client: client.reload_report(), partial(self._deliver, None))
        self.set_interval(_LOOK_SECONDS, self._look)
        self.call_after_refresh(self._draw)
        self._look()

    @property
    def _table(self) -> LineTable[str]:
        return self.query_one("#files", LineTable)

    @property
    def _is_chosen(self) -> bool:
        return self.has_class("chosen")

    async def _find(self, places: Sequence[str]) -> None:
        found = await asyncio.to_thread(find_job_files, places)
        self._files = tuple(dict.fromkeys((*self._files, *found)))
        self._table.nothing = _NONE
        self._show_files()

    def _show_files(self) -> None:
        wanted = self.query_one(Input).value.casefold().split()
        rows = [path for path in self._files if all(word in short(path).casefold() for word in wanted)]
        if self._files and not rows:
            self._table.nothing = "no job file has that in its name"
        self._table.styles.height = min(max(len(rows), 1), max(self.app.size.height // 3, 3)) + 1
        self._table.show(rows, 0.0)
        self._follow(self._table.current)

    def _follow(self, path: str | None) -> None:
        """Look at another file."""
        if self._is_chosen or path == (str(self._watch.path) if self._watch else None):
            return
        self._watch = Watch(Path(path)) if path else None
        self._checked = self._prospect = None
        self._draw()
        self._look()

    def _look(self) -> None:
        """Whether the file has changed, in a thread."""
        if self._watch is not None and not self._looking and self.is_mounted:
            self._looking = True
            self.run_worker(self._look_at(self._watch), group="look")

    async def _look_at(self, watch: Watch) -> None:
        checked = await asyncio.to_thread(watch.look)
        self._looking = False
        if watch is not self._watch:
            self._look()
        elif checked is not None:
            self._checked, self._prospect, self._trouble, self._wants_afresh = checked, None, "", False
            self._ask()
            self._draw()

    def _ask(self) -> None:
        """What the daemon would make of it."""
        checked = self._checked
        if self._is_chosen and checked is not None and checked.job is not None and checked.request is not None:
            self._reading.submit(prospect(checked.job.name, checked.request), partial(self._deliver, checked))

    def _deliver(self, about: Checked | None, answer: Answer) -> None:
        self.post_message(self.Told(about, answer))

    def on_submit_screen_told(self, message: Told) -> None:
        """Watched directories, what a file would mean, or what became of it."""
        message.stop()
        value = message.answer.value
        if isinstance(value, Job):
            self.dismiss(value)
        elif isinstance(value, ReloadReport):
            self.run_worker(self._find(value.watching), group="find")
        elif message.about is not None and message.about is self._checked:
            self._handing_in = False
            self._prospect = value if isinstance(value, Prospect) else None
            self._trouble = " ".join(part for part in (message.answer.reason, message.answer.hint) if part)
            self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        words = "  type to find it, enter chooses" if not self._is_chosen else ""
        title = f"{short(str(self._watch.path))}" if self._is_chosen and self._watch else "Submit a job file"
        self.query_one("#words", Bar).show([line(Span(title, Tone.STRONG), Span(words, Tone.MUTED))])
        about = self.query_one("#about", Lines)
        lines: list[Line] = []
        if self._watch is not None and about.cells:
            trouble = self._trouble or (_TWICE if self._wants_afresh else "")
            lines = file_lines(self._checked, self._prospect, trouble, about.cells)
        about.show(lines)
        self.query_one("#keys", Lines).show([key_line(self._keys())])

    def _keys(self) -> list[Key]:
        if not self._is_chosen:
            return [("enter", "choose"), ("f4", "edit"), ("esc", "leave")] if self._watch is not None else [("esc", "leave")]
        if self._handing_in:
            return [("", "handing it in…")]
        found = self._prospect if self._prospect is not None and self._prospect.possible else None
        agree = [("y", found.verb)] if found is not None else []
        if found is not None and found.point is not None:
            agree.append(("b", "from the beginning"))
        return [*agree, ("esc", "leave"), ("e", "edit")]

    def _choose(self) -> None:
        self.add_class("chosen")
        self.query_one("#about", Lines).focus()
        self._opened = time.monotonic()
        self._ask()
        self._draw()

    def action_choose(self) -> None:
        """Take the file under the cursor."""
        if not self._is_chosen and self._watch is not None:
            self._choose()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the search line."""
        event.stop()
        self.action_choose()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Every letter searches."""
        event.stop()
        self._show_files()

    def on_line_table_moved(self, event: LineTable.Moved) -> None:
        """The cursor is on another file."""
        event.stop()
        self._follow(event.row_id)

    def on_line_table_opened(self, event: LineTable.Opened) -> None:
        """A double click."""
        event.stop()
        self.action_choose()

    def action_move(self, lines: int) -> None:
        """The cursor moves while the search line keeps the focus."""
        if self._is_chosen:
            self.query_one("#about", Lines).scroll_relative(y=lines, animate=False)
        else:
            self._table.action_move(lines)

    def action_agree(self) -> None:
        """Hand it in, exactly as it was shown."""
        self._hand_in(afresh=False)

    def action_agree_afresh(self) -> None:
        """Hand it in to start from the beginning, although it could go on; asked twice, since it may write everything twice."""
        chosen = self._prospect
        if chosen is None or chosen.point is None or not self._is_chosen or self.guarded:
            return
        if self._wants_afresh:
            self._hand_in(afresh=True)
        self._wants_afresh = not self._handing_in
        self._draw()

    def _hand_in(self, *, afresh: bool) -> None:
        chosen = self._prospect
        if not self._is_chosen or self.guarded or self._handing_in or chosen is None or not chosen.possible:
            return
        self._handing_in = self._acting.submit(hand_in(chosen, afresh=afresh), partial(self._deliver, self._checked))
        self._trouble = "" if self._handing_in else "too many requests are waiting for the daemon already; nothing was done"
        self._draw()

    def action_edit(self) -> None:
        """The file in the person's own editor; what changed is seen at the next look."""
        if self._watch is None:
            return
        try:
            trouble = run_outside(self.app, [*editor(os.environ), str(self._watch.path)])
        except FlowdeckError as error:
            trouble = clean(f"{error.message}: {error.hint}")
        if trouble:
            self.app.notify(trouble, title="No editor", severity="warning", markup=False)
        self._opened = time.monotonic()
        self._draw()
        self._look()

    def action_leave(self) -> None:
        """Hand nothing in."""
        if not self._handing_in:
            self.dismiss(None)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """Made for a size."""
        self.call_after_refresh(self._draw)
