"""What needs attention, and why, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from runner.cluster import ComponentHealth, HealthStatus
from tui.data.fleet import Pulse, pressures
from tui.data.models import JobView
from tui.draw.cells import wrap
from tui.draw.glyphs import state as state_spans
from tui.draw.line import Line, Span, Tone, fit_spans, line
from tui.draw.units import UNKNOWN, age, plural
from tui.query.attention import Need, Urgency, needs
from tui.query.health import component_need
from tui.screens.beside import Beside
from tui.settings.commands import COMMANDS
from tui.widgets.linetable import Column, LineTable
from tui.widgets.pane import Question

_SIGNS = {Urgency.NOW: ("!!", Tone.RED), Urgency.SOON: ("! ", Tone.RED), Urgency.WATCH: ("· ", Tone.AMBER)}
_PARTS = {HealthStatus.DEGRADED: ("◐ DEGRADED", Tone.AMBER), HealthStatus.DOWN: ("✗ DOWN", Tone.RED)}


@dataclass(frozen=True, slots=True)
class Concern:
    """One reason to look: at a job, or at a part of the daemon."""

    need: Need
    view: JobView | None = None
    part: ComponentHealth | None = None

    @property
    def id(self) -> str:
        """The same as long as it is the same reason."""
        return f"{self.view.id if self.view else ''} {self.need.kind}"

    @property
    def name(self) -> str:
        """The job, or the part of the daemon."""
        return self.view.name if self.view else f"daemon: {self.part.name.replace('-', ' ')}" if self.part else ""

    @property
    def words(self) -> str:
        """The reason in a few words, without what the daemon said."""
        return self.need.words.removeprefix("it ")


def concerns(views: Iterable[JobView], pulse: Pulse | None, now: float) -> tuple[Concern, ...]:
    """Every reason to look, the most urgent first, then by name."""
    pressed = pressures(pulse.workers) if pulse is not None else {}
    found = [
        Concern(need, view)
        for view in views
        for need in needs(view.job, now, msgspec.structs.replace(view.known, pressure=pressed.get(view.id)))
    ]
    for part in pulse.health.components if pulse is not None else ():
        need = component_need(part)
        if need is not None:
            found.append(Concern(need, part=part))
    return tuple(sorted(found, key=lambda one: (one.need.urgency, one.name.casefold(), one.id)))


def _state(row: Concern, _now: float) -> Iterable[Span]:
    if row.view is not None:
        return state_spans(row.view.state)
    return (Span(*_PARTS[row.part.status]),) if row.part is not None else ()


def _why(row: Concern, _now: float) -> Iterable[Span]:
    sign, tone = _SIGNS[row.need.urgency]
    detail = f": {row.need.detail}" if row.need.detail else ""
    return (Span(f"{sign} ", tone), Span(row.words, Tone.TEXT), Span(detail, Tone.MUTED))


def _since(row: Concern, now: float) -> Iterable[Span]:
    text = UNKNOWN if row.need.since is None else age(now - row.need.since)
    return (Span(text, Tone.FAINT if row.need.since is None else Tone.MUTED),)


COLUMNS: tuple[Column[Concern], ...] = (
    Column("NAME", 14, lambda row, _now: (Span(row.name, Tone.STRONG),), stretch=6),
    Column("STATE", 14, _state, priority=2),
    Column("SINCE", 5, _since, priority=1, right=True),
    Column("WHY", 20, _why, stretch=200),
)


class TopScreen(Beside):
    """One row for each reason."""

    NAME: ClassVar[str] = "top"
    HEADLINE: ClassVar[str] = "Top"
    PACE: ClassVar[float] = 2.0
    FOOT: ClassVar[int] = 4
    _pulse: Pulse | None = None
    _found: tuple[Concern, ...] = ()

    def make_tables(self) -> Sequence[LineTable[Any]]:
        """One table."""
        return (LineTable[Concern](COLUMNS, lambda row: row.id),)

    def rows(self, now: float) -> Sequence[Concern] | None:
        """What the jobs tell is known at once; pressure and the daemon's parts come with the first answer."""
        if self.snapshot.taken_at is None:
            return None
        self._found = concerns(self.snapshot.jobs, self._pulse, now)
        return self._found

    def text_of(self, row: Concern) -> str:
        """The name, the state and the reason."""
        return f"{row.name} {row.view.state if row.view else ''} {row.words} {row.need.detail}"

    def job_of(self, row: Concern) -> str:
        """None for a part of the daemon."""
        return row.view.id if row.view is not None else ""

    def tab_of(self, row: Concern) -> str:
        """The tab that tells why."""
        return row.need.tab

    def summary(self, now: float) -> Sequence[Span]:  # noqa: ARG002 - the same at any time
        """How much there is to do."""
        urgent = sum(one.need.urgency is not Urgency.WATCH for one in self._found)
        watch = len(self._found) - urgent
        words = [f"{plural(urgent, 'reason')} to look now"] if urgent else []
        return [Span(", ".join([*words, *([f"{watch} to watch"] if watch else [])]), Tone.MUTED)]

    def empty(self, now: float) -> Sequence[Line]:  # noqa: ARG002 - the same at any time
        """All is well."""
        counted = self.snapshot.total
        return [
            line(Span("✓ ", Tone.ACCENT), Span("nothing needs you", Tone.STRONG)),
            Line(),
            line(Span(f"{plural(counted, 'job')}: none has failed, hangs, starts again and again, lags,", Tone.MUTED)),
            line(Span("rejects rows, is late with a checkpoint, or waits for a decision.", Tone.MUTED)),
            line(Span("The daemon's parts work.", Tone.MUTED)),
            Line(),
            line(*self.key("view.back", "back to the jobs   ", "screen.back"), *self.key("go.events", "what happened")),
        ]

    def foot(self, row: Concern, now: float, cells: int) -> Sequence[Line]:
        """The whole reason, and what to press."""
        text = f"{row.words}: {row.need.detail}" if row.need.detail else row.words
        first, *rest = wrap(text, max(cells - 4, 10))
        since = f"  for {age(now - row.need.since)}" if row.need.since is not None else ""
        keys: list[Span] = [Span("  ")]
        for command in row.need.press:
            keys += [*self.key(command, _press_words(command)), Span("   ")]
        head = line(Span(f"  {row.name}", Tone.STRONG), Span(since, Tone.MUTED))
        told = [line(Span(f"  {part}")) for part in (first, *rest)][:2]
        return [Line(fit_spans(one.spans, cells)) for one in (head, *told, Line(tuple(keys)))]

    def questions(self, now: float) -> Sequence[Question]:  # noqa: ARG002 - the same at any time
        """The workers and the daemon's parts."""
        return (Question("pulse", Pulse.read),)

    def told(self, key: str, value: Any, now: float) -> None:  # noqa: ARG002 - there is one question
        """They have come."""
        if isinstance(value, Pulse):
            self._pulse = value


def _press_words(command: str) -> str:
    """``errors``, ``restore``, ``workers``: what stands beside a key in few words."""
    return COMMANDS[command].words.split(":", 1)[0].removeprefix("tab ")
