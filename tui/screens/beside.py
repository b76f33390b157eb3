"""What the screens beside the job list share: a title, tables, words to filter by, a question to the daemon at a time, and the
way to the job that a row is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from tui.actions.under_way import UnderWay
from tui.data.daemon import Door
from tui.data.done import DoneList
from tui.data.eventring import EventRing
from tui.data.lane import Lane
from tui.data.link import is_current
from tui.data.snapshot import Snapshot
from tui.draw.line import Line, Span, Tone, line, spread
from tui.draw.units import clock_time, span
from tui.query.words import Words
from tui.screens.content import Content
from tui.screens.inquiring import Inquiring
from tui.screens.roaming import Roaming
from tui.settings.commands import COMMANDS, Group
from tui.settings.keymap import Keymap
from tui.widgets.bindings import bound
from tui.widgets.empty import centred, empty_lines
from tui.widgets.header import Header
from tui.widgets.keybar import Hint, KeyBar, general_hints, job_hints
from tui.widgets.lines import Bar, Lines
from tui.widgets.linetable import LineTable
from tui.widgets.wordbar import WordBar

_OWN = ("actions", "job.undelete", "help", "palette", "filter.edit", "filter.clear", "view.back", "connect", "copy.id")
_GENERAL = (
    ("job.open", "open", "screen.open"),
    ("palette", "palette", "app.command_palette"),
    ("filter.edit", "filter", "screen.filter"),
    ("actions", "actions", "screen.menu"),
    ("help", "keys", "screen.help"),
    ("view.back", "back", "screen.back"),
)
_SCREENS = ("top", "savepoints", "events", "workers")


@dataclass(frozen=True, slots=True)
class Means:
    """What such a screen works with. ``latest`` is the newest snapshot; what is ``under_way`` and ``done`` is shared."""

    door: Door
    reading: Lane
    acting: Lane
    clock: Callable[[], float]
    keymap: Keymap
    events: EventRing
    latest: Callable[[], Snapshot]
    under_way: UnderWay
    done: DoneList


def _bindings() -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Those of the program, of the job under the cursor, and its tabs."""
    tabs = [command for command in COMMANDS.values() if command.id.startswith("tab.")]
    writes = [command for command in COMMANDS.values() if command.group is Group.CHANGE and command.action.startswith("act(")]
    return [
        *(bound(command) for command in _OWN),
        *(bound(f"go.{name}") for name in _SCREENS),
        *(bound(command.id) for command in (*tabs, *writes)),
        Binding("escape", "leave", "Back", show=False),
        Binding("tab", "sheet(1)", "Other table", show=False, priority=True),
    ]


class Beside(Roaming, Inquiring, Content, Screen[None]):
    """One of them."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-small"), (100, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]
    BINDINGS = _bindings()

    def __init__(self, means: Means) -> None:
        super().__init__()
        self.means = means
        self.reading, self.acting = means.reading, means.acting
        self.clock, self.keymap = means.clock, means.keymap
        self.under_way, self.done = means.under_way, means.done
        self.snapshot = means.latest()
        self.sheet = 0
        self.words = Words()
        self.tables: tuple[LineTable[Any], ...] = ()
        self._first: dict[int, str] = {}
        self._asked: dict[str, float] = {}
        self._awaiting = False
        self.trouble = ""

    def hints(self, row: Any) -> tuple[Hint, ...]:
        """Keys for the row under the cursor."""
        return job_hints(self.view_of(row), self.keymap) if row is not None else ()

    def compose(self) -> ComposeResult:
        """Five parts, one above the other."""
        yield Header(id="header")
        yield WordBar()
        yield Bar(id="head")
        self.tables = tuple(self.make_tables())
        yield from self.tables
        yield Lines(id="empty")
        yield Bar(id="foot")
        yield Bar(id="under-way")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Ages grow even when nothing happens."""
        self.query_one("#empty", Lines).can_focus = False
        self.set_interval(1.0, self.redraw)
        self.choose(0)

    def on_screen_resume(self) -> None:
        """It is on top again."""
        self.call_after_refresh(self.saw, self.means.latest())

    def saw(self, snapshot: Snapshot) -> None:
        """Draw the newest snapshot."""
        self.snapshot = snapshot
        self.redraw()

    def redraw(self) -> None:
        """Draw everything; only what differs is painted. Asks what is due."""
        if not self.is_shown:
            return
        now = self.clock()
        found = self.rows(now)
        shown = [row for row in found or () if self.words.accept(self.text_of(row))]
        stale = not is_current(self.snapshot, now) or bool(self.trouble)
        with self.app.batch_update():
            self.set_class(not shown, "empty")
            self.query_one(Header).draw(self.snapshot, now)
            self.query_one(WordBar).show(self._title(found, len(shown), now))
            self._draw_head(now, stale=stale)
            self.table.stale = stale
            self._follow(shown)
            self.table.show(shown, now)
            self.draw_row()
            self.draw_under_way(now)
            if not shown:
                self._draw_empty(found, now)
            elif self.focused is None:
                self.call_after_refresh(self.refocus)
        self.ask(now)

    def _follow(self, rows: Sequence[Any]) -> None:
        """The cursor stays at the top when it is there and new rows come in."""
        table = self.table
        if self.FOLLOWS and table.cursor_id and table.cursor_id == self._first.get(self.sheet):
            table.cursor_id = ""
        if rows:
            self._first[self.sheet] = table.identify(rows[0])

    def draw_row(self) -> None:
        """What depends on the row under the cursor."""
        row, now = self.table.current, self.clock()
        foot = self.query_one("#foot", Bar)
        lines = list(self.foot(row, now, self.size.width))[: self.FOOT] if row is not None and self.FOOT else []
        foot.show(lines)
        general = general_hints(self.keymap, _GENERAL)
        if self.SHEETS:
            general.insert(1, Hint("tab", self.SHEETS[1 - self.sheet].lower(), "screen.sheet(1)"))
        self.query_one(KeyBar).draw(self.hints(row), general)

    def _draw_head(self, now: float, *, stale: bool) -> None:
        head = self.query_one("#head", Bar)
        lines = list(self.head(now, max(self.size.width, 1)))
        head.styles.height = len(lines)
        head.set_class(not lines, "none")
        head.stale = stale
        head.show(lines)

    def _title(self, found: Sequence[Any] | None, shown: int, now: float) -> Line:
        left = [Span(f" {self.HEADLINE}  ", Tone.STRONG)]
        for number, title in enumerate(self.SHEETS):
            tone = Tone.ACCENT_BADGE if number == self.sheet else Tone.MUTED
            left += [Span(f" {title} ", tone, f"screen.sheet({number - self.sheet})"), Span(" ")]
        if self.SHEETS:
            left += [Span("tab", Tone.ACCENT_STRONG, "screen.sheet(1)"), Span("  ")]
        if self.words.text:
            left += [
                Span(f" {shown:,} of {len(found or ()):,}  ", Tone.MUTED),
                Span(f" {self.words.text} ", Tone.ACCENT_BADGE, "screen.filter"),
                Span(f"  {self.keymap.first('filter.clear')}", Tone.ACCENT_STRONG, "screen.clear_filter"),
                Span(" clear", Tone.MUTED, "screen.clear_filter"),
            ]
        else:
            left += [Span(" "), *self.summary(now)]
        return spread(left, self._link_words(now), max(self.query_one(WordBar).cells, 1))

    def _link_words(self, now: float) -> list[Span]:
        if self.snapshot.taken_at is not None and not is_current(self.snapshot, now):
            words = f"from {clock_time(self.snapshot.taken_at)}, {span(now - self.snapshot.taken_at)} ago "
            return [Span("  "), Span(words, Tone.AMBER)]
        return [Span(f"  {self.trouble} ", Tone.RED)] if self.trouble else []

    def _draw_empty(self, found: Sequence[Any] | None, now: float) -> None:
        empty = self.query_one("#empty", Lines)
        empty.show(centred(self._why_empty(found, now), empty.cells, empty.rows))

    def _why_empty(self, found: Sequence[Any] | None, now: float) -> Sequence[Line]:
        if self.snapshot.taken_at is None:
            return empty_lines(self.snapshot, self.means.door, "", now, self.keymap)
        if found:
            return [
                line(Span(f"none of {len(found):,} has these words", Tone.STRONG)),
                Line(),
                line(Span("words  ", Tone.MUTED), Span(self.words.text, Tone.ACCENT)),
                Line(),
                line(*self.key("filter.clear", "clear them   ", "screen.clear_filter"), *self.key("filter.edit", "others")),
            ]
        if found is None and self.trouble:
            return [
                line(Span("✗ ", Tone.RED), Span("the daemon does not tell", Tone.STRONG)),
                Line(),
                line(Span(self.trouble)),
                Line(),
                line(*self.key("view.back", "back", "screen.back"), Span("   it is asked again by itself", Tone.MUTED)),
            ]
        return [line(Span("asking the daemon…", Tone.MUTED))] if found is None else self.empty(now)

    def key(self, command: str, words: str, link: str = "") -> tuple[Span, Span]:
        """A key with what it does, for the words of an empty table."""
        return (
            Span(self.keymap.first(command), Tone.ACCENT_STRONG, link),
            Span(f" {words}", Tone.MUTED, link),
        )

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """Everything is made for a size."""
        self.call_after_refresh(self.redraw)
