"""The last line: the keys that matter here, clickable; actions that are not possible now are dim but answer why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tui.actions.registry import ACTIONS
from tui.data.models import JobView
from tui.draw.cells import width
from tui.draw.line import Line, Span, Tone, spread
from tui.settings.keymap import Keymap
from tui.widgets.lines import Bar
from tui.widgets.looking import why_not

_RANK = 5
_RANKS = {
    "help": 9, "view.back": 8, "actions": 7, "filter.edit": 7, "tab.overview": 6, "palette": 3, "job.open": 1,
    "job.stop": 6, "job.pause": 2, "job.cancel": 4,
}  # fmt: skip
"""How important it is to see a command's key: the least important go first where there is no room."""
_WRITES = ("screen.act(", "screen.verify")


class Hint(msgspec.Struct, frozen=True):
    """A key with its word, the action a click runs, whether it would be refused, and how important it is to see it."""

    key: str
    word: str
    link: str
    dim: bool = False
    rank: int = _RANK


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
            rank=_RANKS.get(f"job.{action.id}", _RANK),
        )
        for action in ACTIONS
        if action.in_bar
    )


def general_hints(keymap: Keymap, commands: Iterable[tuple[str, str, str]]) -> list[Hint]:
    """The hints of commands with their words and links; how important each is, is known here."""
    return [Hint(keymap.first(command), word, link, rank=_RANKS.get(command, _RANK)) for command, word, link in commands]


def keybar_line(left: Sequence[Hint], right: Sequence[Hint], cells: int) -> Line:
    """``S savepoint   T stop  …            / filter   ? keys``: where there is no room, they move together, and then the least
    important go."""
    for gap in (3, 2):
        if _cells(left, gap) + _cells(right, gap) + 4 <= cells:
            return _line(left, right, gap, cells)
    kept: list[Hint] = []
    for hint in sorted((*left, *right), key=lambda hint: -hint.rank):
        if _cells([*kept, hint], 2) + 2 <= cells:
            kept.append(hint)
    return _line([hint for hint in left if hint in kept], [hint for hint in right if hint in kept], 2, cells)


def _cells(hints: Sequence[Hint], gap: int) -> int:
    return sum(width(part.text) for part in _spans(hints, gap))


def _line(left: Sequence[Hint], right: Sequence[Hint], gap: int, cells: int) -> Line:
    return spread([Span(" "), *_spans(left, gap)], [Span("  "), *_spans(right, gap), Span(" ")], cells)


def _spans(hints: Iterable[Hint], gap: int) -> Iterable[Span]:
    for number, hint in enumerate(hints):
        if number:
            yield Span(" " * gap)
        yield Span(hint.key, Tone.FAINT if hint.dim else Tone.ACCENT_STRONG, hint.link)
        yield Span(f" {hint.word}", Tone.FAINT if hint.dim else Tone.MUTED, hint.link)


class KeyBar(Bar):
    """The last line of the screen."""

    def draw(self, left: Sequence[Hint], right: Sequence[Hint]) -> None:
        """Show these keys; where nothing may be changed, those that would change a job are dim."""
        if why_not(self):
            left = [msgspec.structs.replace(hint, dim=hint.dim or hint.link.startswith(_WRITES)) for hint in left]
        self.show([keybar_line(left, right, self.cells)])
