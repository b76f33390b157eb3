"""Looking for something in the log: searching, filtering, levels, and how the lines look."""

from __future__ import annotations

from dataclasses import replace

from textual import events

from tui.tabs.logs_lines import LEVELS, Look
from tui.tabs.logs_marks import Marks
from tui.tabs.logs_shown import Sieve
from tui.widgets.bindings import bound
from tui.widgets.keys import key_of
from tui.widgets.prompt import Prompt


class Finding(Marks):
    """Keys that change which lines are shown and how, and the line that is typed for it."""

    BINDINGS = [
        *(bound(f"logs.{name}", name) for name in ("search", "filter", "level", "wrap", "times")),
        bound("logs.next", "match(1)"),
        bound("logs.previous", "match(-1)"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._prompt: Prompt | None = None

    def change(self, *, sieve: Sieve | None = None, look: Look | None = None) -> None:
        """Draw it otherwise, with the same entry at the upper edge, or still at the end."""
        raise NotImplementedError

    def action_search(self) -> None:
        """Type what to look for."""
        self._prompt = Prompt("/", self._shown.look.needle)
        self.update()

    def action_filter(self) -> None:
        """Type what lines must have."""
        self._prompt = Prompt("&", self._shown.sieve.text)
        self.update()

    def on_key(self, event: events.Key) -> None:
        """While something is typed every key belongs to it."""
        prompt = self._prompt
        if prompt is None:
            return
        if event.key in ("enter", "escape"):
            self._prompt = None
            self._typed(prompt, prompt.before if event.key == "escape" else prompt.text)
            if event.key == "enter" and prompt.sign == "/" and prompt.text:
                self.action_match(-1)
        elif prompt.key(event):
            self._typed(prompt, prompt.text)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is typed too."""
        if self._prompt is not None:
            event.stop()
            self._prompt.add(event.text)
            self._typed(self._prompt, self._prompt.text)

    def on_blur(self) -> None:
        """What was typed so far stays."""
        self._prompt = None

    def _typed(self, prompt: Prompt, text: str) -> None:
        if prompt.sign == "&":
            self.change(sieve=Sieve(self._shown.sieve.level, text))
        else:
            look = self._shown.look
            self.change(look=replace(look, needle=text))

    def action_match(self, step: int) -> None:
        """To the next entry that has the text, or the one before; round the ends."""
        needle, shown = self._shown.look.needle, self._shown
        if not needle or not shown.entries:
            self._tell(f"Nothing is searched for: {key_of(self, 'logs.search')} does.")
            return
        if shown.marked is not None:
            begin = shown.number_of(shown.marked)
        else:
            last = shown.entry_at(self.scroll_offset.y + max(self.rows - 1, 0)) or shown.entries[-1]
            begin = shown.number_of(last.offset) + (1 if step < 0 else 0)
        found = shown.match(needle, begin, step)
        if found is None:
            self._tell("Nothing here has that text.")
            return
        shown.marked, self.following = shown.entries[found].offset, False
        self.reveal(found)

    def action_level(self) -> None:
        """From the next higher level on; after the highest, everything."""
        self.change(sieve=Sieve((self._shown.sieve.level + 1) % len(LEVELS), self._shown.sieve.text))

    def action_wrap(self) -> None:
        """Wrap, or do not."""
        look = self._shown.look
        self.scroll_to(x=0, animate=False)
        self.change(look=replace(look, wrapped=0 if look.wrapped else self.cells))

    def action_times(self) -> None:
        """With the time, or without."""
        look = self._shown.look
        self.change(look=replace(look, timed=not look.timed))
