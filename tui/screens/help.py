"""The keys, searchable."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.draw.cells import wrap
from tui.draw.line import Ground, Line, Span, Tone, line
from tui.draw.units import UNKNOWN
from tui.screens.dialog import Dialog
from tui.settings.commands import COMMANDS, Command, Group
from tui.settings.keymap import Keymap
from tui.widgets.lines import Bar, Lines

_KEY_CELLS = 14


def found_commands(search: str, keymap: Keymap) -> list[Command]:
    """The commands whose line contains every word of ``search``, in the order of their groups."""
    wanted = search.casefold().split()
    texts = [(command, f"{keymap.shown(command.id)} {command.words} {command.group.name}".casefold()) for command in _LISTED]
    return [command for command, text in texts if all(word in text for word in wanted)]


def help_lines(found: Sequence[Command], chosen: int, search: str, keymap: Keymap, cells: int) -> tuple[list[Line], int]:
    """The commands under their groups, wrapped to ``cells``, and the line of the ``chosen`` one."""
    lines: list[Line] = []
    group, place = None, 0
    for number, command in enumerate(found):
        if command.group is not group:
            group = command.group
            lines += [
                *([Line()] if lines else []),
                *(line(Span(f"  {part}", Tone.MUTED)) for part in wrap(group.value, cells - 2)),
            ]
        if number == chosen:
            place = len(lines)
        lines += _command_lines(command, keymap, cells, chosen=number == chosen)
    return lines or [line(Span(f"  no key does “{search}”", Tone.MUTED))], place


def _command_lines(command: Command, keymap: Keymap, cells: int, *, chosen: bool) -> list[Line]:
    mark = Span("▌ ", Tone.ACCENT) if chosen else Span("  ")
    ground = Ground.CURSOR if chosen else Ground.PLAIN
    keys = keymap.shown(command.id) or UNKNOWN
    first, *rest = wrap(command.words, max(cells - _KEY_CELLS - 2, 10))
    head = Line((mark, Span(f"{keys:<{_KEY_CELLS}}", Tone.ACCENT_STRONG), Span(first)), ground)
    return [head, *(Line((mark, Span(" " * _KEY_CELLS), Span(part)), ground) for part in rest)]


_LISTED = [command for group in Group for command in COMMANDS.values() if command.group is group]


class HelpScreen(Dialog[str]):
    """Type to search, enter to run the command under the cursor, escape to leave. Its answer is the action to run."""

    BINDINGS = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
    ]

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        self._found = found_commands("", keymap)
        self._chosen = 0

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
        head = (Span("Keys", Tone.STRONG), Span("   enter runs it, esc leaves", Tone.MUTED))
        self.query_one("#words", Bar).show([line(*head)])
        listed = self.query_one("#list", Lines)
        lines, place = help_lines(self._found, self._chosen, self.query_one(Input).value, self._keymap, listed.cells)
        listed.show(lines)
        top, rows = listed.scroll_offset.y, max(listed.rows, 1)
        if place < top + 1 or place >= top + rows:
            listed.scroll_to(y=max(place - 1, 0) if place < top + 1 else place - rows + 1, animate=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Every letter searches."""
        event.stop()
        self._found, self._chosen = found_commands(event.value, self._keymap), 0
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Run what is under the cursor, if it can be run from here."""
        event.stop()
        if not self._found:
            return
        command = self._found[self._chosen]
        action = command.action
        self.dismiss(action if not action or "." in action.partition("(")[0] else f"screen.{action}")

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """Made for a size."""
        self.call_after_refresh(self._draw)

    def action_move(self, lines: int) -> None:
        """The cursor moves while the search line keeps the focus."""
        self._chosen = min(max(self._chosen + lines, 0), max(len(self._found) - 1, 0))
        self._draw()

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
