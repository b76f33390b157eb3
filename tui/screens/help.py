"""The keys, searchable."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.actions.registry import ACTIONS
from tui.draw.line import Line, Span, Tone, line
from tui.screens.dialog import Dialog
from tui.widgets.lines import Bar, Lines

_KEY_CELLS = 14


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One line of the list."""

    group: str
    key: str
    words: str


KEYS = (
    KeyHelp("move", "j k ↑ ↓", "one line down or up"),
    KeyHelp("move", "g G", "first and last line; in the logs G follows the end"),
    KeyHelp("move", "pgup pgdn", "a page up or down"),
    KeyHelp("move", "enter", "open the job: the inspector takes the whole screen"),
    KeyHelp("move", "q esc", "back; q on the job list quits (jobs run on)"),
    KeyHelp("move", "tab", "from the list to the inspector and back"),
    KeyHelp("move", "!", "next job that needs you"),
    KeyHelp("look", "1 2 3 4", "Overview, Checkpoints, Logs, Spec"),
    KeyHelp("look", "[ ]", "shorter or longer time window: 1m, 5m, 1h"),
    KeyHelp("look", "← →", "scroll sideways in logs and spec"),
    KeyHelp("find", "/", "filter: name state:failed lag>5s /regex/; ! excludes"),
    KeyHelp("find", "c", "clear the filter"),
    KeyHelp("find", ": ctrl+p", "palette: every command and every job by name"),
    KeyHelp("find", "y", "copy the job's id"),
    *(KeyHelp("change", action.key, f"{action.title.lower()}: {action.help}") for action in ACTIONS),
    KeyHelp("program", "?", "this list"),
    KeyHelp("program", "r", "connect again now"),
    KeyHelp("program", "ctrl+z", "back to the shell for a while; fg comes back here"),
)


def help_lines(search: str) -> list[Line]:
    """The keys whose line contains ``search``, under their groups."""
    wanted = search.casefold().strip()
    found = [one for one in KEYS if wanted in f"{one.key} {one.words} {one.group}".casefold()]
    lines: list[Line] = []
    group = ""
    for one in found:
        if one.group != group:
            group = one.group
            lines += [*([Line()] if lines else []), line(Span(_TITLES[group], Tone.MUTED))]
        lines.append(line(Span(f"  {one.key:<{_KEY_CELLS}}", Tone.ACCENT_STRONG), Span(one.words)))
    return lines or [line(Span(f"no key does “{search}”", Tone.MUTED))]


_TITLES = {
    "move": "MOVE",
    "look": "LOOK",
    "find": "FIND",
    "change": "CHANGE A JOB  capital letters write, and ask first where it matters",
    "program": "PROGRAM",
}


class HelpScreen(Dialog[None]):
    """Type to search, escape to leave."""

    BINDINGS = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The search line and the list."""
        with Vertical(id="box", classes="tall"):
            yield Bar(id="words")
            with Horizontal(id="search"):
                yield Input(placeholder="type to search the keys", compact=True)
            yield Lines(id="list")

    def on_mount(self) -> None:
        """Everything, to begin with."""
        self.query_one(Input).focus()
        self.query_one("#list", Lines).can_focus = False
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        self.query_one("#words", Bar).show([line(Span("Keys", Tone.STRONG), Span("   esc leaves", Tone.MUTED))])
        lines = self.query_one("#list", Lines)
        lines.show(help_lines(self.query_one(Input).value))
        lines.scroll_to(y=0, animate=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Every letter searches."""
        event.stop()
        self._draw()

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """Made for a size."""
        self.call_after_refresh(self._draw)

    def action_scroll(self, lines: int) -> None:
        """The list scrolls while the search line keeps the focus."""
        self.query_one("#list", Lines).scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
