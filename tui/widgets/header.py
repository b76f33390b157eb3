"""The first line: the link to the daemon, how many jobs are in which state, the rates of all together."""

from __future__ import annotations

from collections.abc import Iterable

from runner.states import ExecutionState
from tui.data.link import Mood, badge, is_current
from tui.data.snapshot import Snapshot
from tui.draw.braille import spark
from tui.draw.cells import truncate, width
from tui.draw.glyphs import STATES
from tui.draw.line import Line, Span, Tone, spread
from tui.draw.units import rate
from tui.widgets.lines import Bar

_S = ExecutionState
_GROUPS: tuple[tuple[str, ExecutionState, frozenset[ExecutionState]], ...] = (
    ("running", _S.RUNNING, frozenset({_S.RUNNING})),
    ("changing", _S.STOPPING, frozenset({_S.STARTING, _S.RESTARTING, _S.SAVEPOINTING, _S.STOPPING, _S.CANCELING})),
    ("waiting", _S.QUEUED, frozenset({_S.CREATED, _S.QUEUED})),
    ("paused", _S.PAUSED, frozenset({_S.PAUSED})),
    ("failed", _S.FAILED, frozenset({_S.FAILED})),
    ("ended", _S.STOPPED, frozenset({_S.FINISHED, _S.STOPPED, _S.CANCELED})),
)
_MOODS = {Mood.GOOD: Tone.ACCENT, Mood.WAITING: Tone.AMBER, Mood.BAD: Tone.RED}
_BADGE_CELLS = 16
_CONTEXT_CELLS = 20


def header_line(snapshot: Snapshot, now: float, cells: int, context: str = "", *, read_only: bool = False) -> Line:
    """The header in ``cells`` cells; words go before numbers do when there is no room. The name of the context and that nothing
    may be changed always stay."""
    for room in (5, 4, 3, 2, 1, 0):
        counts = _dated(snapshot, now, _counts(snapshot, words=room > 3, everything=room > 1))
        rates = _dated(snapshot, now, _rates(snapshot, trend=room > 4, out=room > 0))
        head = (*_brand(context, brand=room > 2), *_link(snapshot, now, padded=room > 0), *_restriction(read_only=read_only))
        left = (*head, *counts)
        right = (*rates, *_needs(snapshot, words=room > 3))
        if sum(width(part.text) for part in (*left, *right)) <= cells:
            break
    return spread(left, right, cells)


def _dated(snapshot: Snapshot, now: float, spans: Iterable[Span]) -> Iterable[Span]:
    """Numbers that are not current step back."""
    current = is_current(snapshot, now)
    return (span if current or span.tone is Tone.FAINT else Span(span.text, Tone.MUTED) for span in spans)


def _brand(context: str, *, brand: bool) -> Iterable[Span]:
    if context:
        yield from (Span(f" {truncate(context, _CONTEXT_CELLS)} ", Tone.CONTEXT_BADGE), Span(" "))
    else:
        yield Span(" flowdeck  " if brand else " ", Tone.STRONG)


def _restriction(*, read_only: bool) -> Iterable[Span]:
    if read_only:
        yield Span(" read-only ", Tone.AMBER_STRONG)


def _link(snapshot: Snapshot, now: float, *, padded: bool) -> Iterable[Span]:
    found = badge(snapshot, now)
    tone = _MOODS[found.mood]
    yield Span(f"{'●' if found.mood is Mood.GOOD else '○'} {found.text}".ljust(_BADGE_CELLS if padded else 0), tone)


def _counts(snapshot: Snapshot, *, words: bool, everything: bool) -> Iterable[Span]:
    if snapshot.taken_at is None:
        return
    counted = snapshot.tally.by_state
    for word, example, members in _GROUPS:
        number = sum(counted.get(member, 0) for member in members)
        if word not in ("running", "failed") and (number == 0 or not everything):
            continue
        glyph, tone = STATES[example]
        yield Span(f" {glyph} ", tone if number else Tone.FAINT)
        yield Span(f"{number:,}{f' {word}' if words else ''} ", Tone.TEXT if number else Tone.FAINT)


def _rates(snapshot: Snapshot, *, trend: bool, out: bool) -> Iterable[Span]:
    if snapshot.taken_at is None:
        return
    read, written = snapshot.tally.rows_in_per_second, snapshot.tally.rows_out_per_second
    yield from (Span("  in ", Tone.MUTED), Span(rate(read).rjust(7), Tone.TEXT if read is not None else Tone.FAINT))
    if trend:
        yield Span(f" {spark(snapshot.trend[-16:]).rjust(8)}", Tone.ACCENT)
    if out:
        yield from (Span("  out ", Tone.MUTED), Span(rate(written).rjust(7), Tone.TEXT if written is not None else Tone.FAINT))


def _needs(snapshot: Snapshot, *, words: bool) -> Iterable[Span]:
    number = len(snapshot.tally.needing)
    if number:
        verb = "needs you" if number == 1 else "need you"
        yield Span("  ")
        yield Span(f" ! {number:,} {verb} " if words else f" !{number:,} ", Tone.RED_BADGE, "screen.next_problem")
    yield Span(" ")


class Header(Bar):
    """The first line of the screen."""

    def draw(self, snapshot: Snapshot, now: float) -> None:
        """Show this moment."""
        context, read_only = getattr(self.app, "context_name", ""), bool(getattr(self.app, "read_only", ""))
        self.show([header_line(snapshot, now, self.cells, context, read_only=read_only)])
