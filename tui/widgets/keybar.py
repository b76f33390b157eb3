"""The last line: the keys that matter here, clickable; actions that are not possible now are dim but answer why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tui.actions.registry import ACTIONS
from tui.data.models import JobView
from tui.draw.cells import width
from tui.draw.line import Line, Span, Tone, spread
from tui.settings.keymap import Keymap
from tui.widgets.lines import Bar
from tui.widgets.looking import why_not

_ALWAYS = 2
"""The last hints on the right, which always stay."""
_WRITES = ("screen.act(", "screen.verify")


@dataclass(frozen=True, slots=True)
class Hint:
    """A key with its word, the action a click runs, and whether it would be refused."""

    key: str
    word: str
    link: str
    dim: bool = False


def job_hints(view: JobView | None, keymap: Keymap) -> tuple[Hint, ...]:
    """The actions on the selected job; none when there is no job."""
    if view is None:
        return ()
    return tuple(
        Hint(
            keymap.first(f"job.{action.id}"),
            action.title_of(view).lower() + ("…" if action.opens else ""),
            f"screen.act('{action.id}')",
            dim=bool(action.refusal(view)),
        )
        for action in ACTIONS
        if action.in_bar
    )


def keybar_line(left: Sequence[Hint], right: Sequence[Hint], cells: int) -> Line:
    """``S savepoint  T stop  …            / filter  ? keys``: where there is no room, the first of the right ones
    go, and then the words of the left ones."""
    head = [Span(" "), *_spans(left)]
    for skip in range(max(len(right) - _ALWAYS, 0) + 1):
        tail = [Span("   "), *_spans(right[skip:]), Span(" ")]
        if sum(width(part.text) for part in (*head, *tail)) <= cells:
            return spread(head, tail, cells)
    return spread([Span(" "), *_spans(left, words=False)], tail, cells)


def _spans(hints: Iterable[Hint], *, words: bool = True) -> Iterable[Span]:
    for number, hint in enumerate(hints):
        if number:
            yield Span("   " if words else "  ")
        yield Span(hint.key, Tone.FAINT if hint.dim else Tone.ACCENT_STRONG, hint.link)
        if words:
            yield Span(f" {hint.word}", Tone.FAINT if hint.dim else Tone.MUTED, hint.link)


class KeyBar(Bar):
    """The last line of the screen."""

    def draw(self, left: Sequence[Hint], right: Sequence[Hint]) -> None:
        """Show these keys; where nothing may be changed, those that would change a job are dim."""
        if why_not(self):
            left = [replace(hint, dim=hint.dim or hint.link.startswith(_WRITES)) for hint in left]
        self.show([keybar_line(left, right, self.cells)])
