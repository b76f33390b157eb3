"""The job list with its inspector: the main screen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer

from tui.actions.under_way import UnderWay
from tui.data.daemon import Door
from tui.data.done import DoneList
from tui.data.lane import Lane
from tui.data.link import is_current
from tui.data.models import JobView
from tui.data.sieve import Sieve
from tui.data.snapshot import Snapshot
from tui.query.filter import Filter, parse
from tui.query.order import Arrangement
from tui.screens.copying import Copying
from tui.screens.filing import Filing
from tui.screens.help import HelpScreen
from tui.screens.needing import Needing
from tui.screens.painting import Painting
from tui.screens.timing import Timing
from tui.screens.viewing import Viewing
from tui.settings.commands import COMMANDS, Command
from tui.settings.keymap import Keymap
from tui.tabs.overview import Overview
from tui.tabs.savepoints import Savepoints
from tui.widgets.bindings import bound
from tui.widgets.canvas import Canvas
from tui.widgets.columns import JOB_COLUMNS
from tui.widgets.empty import Empty
from tui.widgets.filterbar import FilterBar
from tui.widgets.header import Header
from tui.widgets.inspector import Inspector
from tui.widgets.keybar import KeyBar, general_hints, job_hints
from tui.widgets.lines import Bar
from tui.widgets.linetable import LineTable

DEBOUNCE = 0.15
"""Seconds the cursor must rest before the inspector follows it."""
_LASTING = 0.5
"""Seconds for which the line of a job stays as it is while the job does."""
_GENERAL = (
    ("job.open", "open", "screen.open"),
    ("palette", "palette", "app.command_palette"),
    ("filter.edit", "filter", "screen.filter"),
    ("actions", "actions", "screen.menu"),
    ("help", "keys", "screen.help"),
    ("view.back", "quit", "screen.back"),
)
_ZOOMED = (
    ("tab.overview", "tabs", "screen.tab(1)"),
    ("actions", "actions", "screen.menu"),
    ("help", "keys", "screen.help"),
    ("view.back", "back", "screen.back"),
)


def _is_mine(command: Command) -> bool:
    """Whether the screen binds the command; the table and the application have theirs."""
    return bool(command.action) and command.id not in {"job.open", "suspend"}


class JobsScreen(Viewing, Filing, Timing, Needing, Copying, Painting[None]):
    """Header, filter line, jobs, inspector, keys. Everything it shows comes from the last snapshot."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-small"), (100, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    AUTO_FOCUS = ""  # the first that could be focused is an input that is not to be seen
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        *(bound(command.id) for command in COMMANDS.values() if _is_mine(command)),
    ]

    class Found(Message):
        """The filter was looked for in many jobs; posted by the thread that did."""

    def __init__(
        self,
        door: Door,
        snapshot: Snapshot,
        tabs: Mapping[str, Callable[[], Canvas]],
        lanes: tuple[Lane, Lane],
        clock: Callable[[], float],
        keymap: Keymap,
        arrangement: Arrangement,
        hidden_columns: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._arrangement = arrangement
        self._hidden_columns = hidden_columns
        self.keymap = keymap
        self.reading, self.acting = lanes
        self.clock = clock
        self.snapshot = snapshot
        self._door = door
        self._tabs = tabs
        self._filter = Filter()
        self._sieve = Sieve(lambda: self.post_message(self.Found()))
        self._resting: Timer | None = None
        self._complete = False
        self.under_way = UnderWay()
        self.done = DoneList()

    def compose(self) -> ComposeResult:
        """Five parts, one above the other; on a wide terminal the inspector is beside the jobs."""
        self.fit()
        yield Header(id="header")
        yield FilterBar(id="filter")
        with Container(id="body"):
            yield LineTable[JobView](JOB_COLUMNS, lambda view: view.id, id="jobs")
            yield Inspector(self._tabs, self.reading, self.clock, id="inspector")
        yield Empty(id="empty")
        yield Bar(id="under-way")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Ages grow even when nothing happens."""
        self._complete = True
        self.set_class(not self.snapshot.jobs, "empty", update=False)  # styles are looked at next, with what is known by now
        self.jobs.lasting = _LASTING
        self.jobs.hide(self._hidden_columns)
        self.jobs.sorted_by, self.jobs.sorted_up = self._arrangement.order.marked
        self.jobs.focus()
        self.set_interval(1.0, self.redraw)

    def on_unmount(self) -> None:
        """Let the thread go."""
        self._sieve.stop()

    def on_jobs_screen_found(self) -> None:
        """Show what was found."""
        self.redraw()

    @property
    def jobs(self) -> LineTable[JobView]:
        """The table."""
        return self.query_one("#jobs", LineTable)

    @property
    def inspector(self) -> Inspector:
        """The inspector."""
        return self.query_one(Inspector)

    @property
    def selected(self) -> JobView | None:
        """The job under the cursor, as it stands now."""
        return self.jobs.current

    @property
    def selected_savepoint(self) -> int | None:
        """The savepoint under the cursor, when the savepoints have the focus."""
        pane = self.inspector.pane
        return pane.current.id if isinstance(pane, Savepoints) and pane.has_focus and pane.current else None

    def saw(self, snapshot: Snapshot) -> None:
        """Draw the newest snapshot."""
        self.snapshot = snapshot
        if self._complete:  # the first snapshot may come before there is anything to draw on
            self.forget_marks()
            self.look_around()
            self.redraw()

    def redraw(self) -> None:
        """Draw everything; only what differs is painted."""
        if not (self._complete and self.app.is_running):
            return
        now = self.clock()
        shown = (sifted := self._sieve.sift(self.snapshot.jobs, self._filter, now, self.snapshot.places)).shown
        stale = not is_current(self.snapshot, now)
        with self.app.batch_update():
            self.set_class(not shown, "empty")
            self.query_one(Header).draw(self.snapshot, now)
            self.query_one(FilterBar).draw(self.snapshot, len(shown), self._filter, now, len(self.jobs.marks))
            self.jobs.stale = stale
            self.jobs.show(shown, now, sifted.places)
            self._inspect(stale=stale)
            self.draw_under_way(now)
            self._draw_keys()
            if not shown:
                self.query_one(Empty).draw(self.snapshot, self._door, self._filter.text, now)
            elif self.focused is None:
                self.call_after_refresh(self._refocus)  # the table was hidden while there was nothing to show
        self.drawn()

    def _refocus(self) -> None:
        if self.focused is None:
            (self._focus_pane if self.has_class("zoomed") else self.jobs.focus)()

    def _inspect(self, *, stale: bool) -> None:
        """Keep showing the inspected job until the cursor rests on another."""
        shown = self.inspector.view
        if self._resting is None or shown is None:
            shown = self.selected
        view = self.snapshot.find(shown.id) if shown else None
        self.inspector.look(view or self.selected, stale=stale)

    def _draw_keys(self) -> None:
        general = _ZOOMED if self.has_class("zoomed") else _GENERAL
        hints = general_hints(self.keymap, general)
        if general is _ZOOMED:
            tabs = [self.keymap.first(one) for one in COMMANDS if one.startswith("tab.")]
            hints[0] = msgspec.structs.replace(hints[0], key=f"{tabs[0]}-{tabs[-1]}")
        self.query_one(KeyBar).draw(job_hints(self.selected, self.keymap), hints)

    @on(LineTable.Moved, "#jobs")
    def follow_cursor(self, event: LineTable.Moved) -> None:
        """Another job is selected: the keys change at once, the inspector after a moment."""
        self._draw_keys()
        if event.lost:
            self._say_lost(event.row_id)
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(DEBOUNCE, self._rested)

    def _rested(self) -> None:
        self._resting = None
        self._inspect(stale=not is_current(self.snapshot, self.clock()))

    def _say_lost(self, now_on: str) -> None:
        view = self.snapshot.find(now_on)
        if view is not None and not self._filter.text:
            self.toast(f"That job is gone. The cursor is on {view.name} now.")

    @on(LineTable.Opened, "#jobs")
    def open_job(self) -> None:
        """The inspector takes the whole screen."""
        self.add_class("zoomed")
        self._draw_keys()
        self.call_after_refresh(self._focus_pane)

    def _focus_pane(self) -> None:
        if self.inspector.pane is not None:
            self.inspector.pane.focus()

    def action_open(self) -> None:
        """As enter on the job."""
        self.jobs.action_open()

    def action_back(self) -> None:
        """Back to the list; on the list, quit."""
        if not self._close_inspector():
            self.app.exit(0)

    def action_leave(self) -> None:
        """Back to the list; on the list, drop the marks, then the filter. Never quits."""
        if not self._close_inspector() and not self.drop_marks() and self._filter.text:
            self.action_clear_filter()

    def _close_inspector(self) -> bool:
        zoomed = self.has_class("zoomed")
        if zoomed or not self.jobs.has_focus:
            self.remove_class("zoomed")
            self.call_after_refresh(self.jobs.focus)
            self._draw_keys()
        return zoomed

    def action_tab(self, number: int) -> None:
        """Show a tab; where the inspector has no room beside the list it takes the screen."""
        if self.selected is None:
            return
        if not self.inspector.display:
            self.open_job()
        self.inspector.choose(number - 1)
        if self.has_class("zoomed"):
            self.call_after_refresh(self._focus_pane)

    def action_window(self, steps: int) -> None:
        """A longer or shorter window in the overview."""
        if isinstance(self.inspector.pane, Overview):
            self.inspector.pane.widen(steps)
            self.inspector.tick()
        else:
            self.toast(f"The time window belongs to the overview: {self.keymap.first('tab.overview')} shows it.")

    def action_window_of(self, seconds: int) -> None:
        """The window that was clicked."""
        if isinstance(self.inspector.pane, Overview):
            self.inspector.pane.window = seconds
            self.inspector.pane.widen(0)
            self.inspector.tick()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).edit(self._filter.text)

    def action_clear_filter(self) -> None:
        """Show everything."""
        self.query_one(FilterBar).clear()
        self._filter = Filter()
        self.redraw()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Filter while typing."""
        self._filter = parse(event.text)
        self.redraw()

    def on_filter_bar_left(self) -> None:
        """Typing is over."""
        self.jobs.focus()
        self.redraw()

    def action_help(self) -> None:
        """The keys."""
        self.app.push_screen(HelpScreen(self.keymap), self._chosen_from_help)

    async def _chosen_from_help(self, action: str | None) -> None:
        """The help runs what was chosen in it."""
        if action:
            await self.run_action(action)

    def go_to(self, job_id: str) -> None:
        """Put the cursor on a job, dropping the filter when that hides it."""
        if not self.jobs.select(job_id):
            self.action_clear_filter()
            self.jobs.select(job_id)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """Everything is made for a size."""
        self.once_laid_out(self.redraw)
