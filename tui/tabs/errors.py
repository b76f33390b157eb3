"""The errors tab: what went wrong in the job, grouped by what is the same about it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from runner.observation import ErrorGroup
from runner.replies import ErrorReport
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.cells import wrap
from tui.draw.line import Line, Span, Tone, fit_spans, line
from tui.draw.units import age, clock_time, plural
from tui.widgets.bindings import bound
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane, Question

_PACE = 5.0
_LIMIT = 50
_LONGEST_SAMPLE = 6
_FAILURE = "failure"


def error_lines(groups: Sequence[ErrorGroup], now: float, cells: int, chosen: str) -> list[tuple[Line, str]]:
    """The groups in this order, each line with the fingerprint of its group."""
    lines: list[tuple[Line, str]] = []
    for group in groups:
        made = [*_group_lines(group, now, cells - 3, is_chosen=group.fingerprint == chosen), Line()]
        lines += [(Line(fit_spans(one.spans, cells)), group.fingerprint) for one in made]
    return lines


def _group_lines(group: ErrorGroup, now: float, cells: int, *, is_chosen: bool) -> list[Line]:
    failed = group.kind == _FAILURE
    noun = "failure" if failed else "rejected row"
    since = f", first {age(now - group.first_at)} ago" if group.count > 1 else ""
    head = line(
        Span("▌" if is_chosen else " ", Tone.ACCENT),
        Span("✗ " if failed else "! ", Tone.RED if failed else Tone.AMBER),
        Span(group.code, Tone.STRONG),
        Span(f"  {plural(group.count, noun)}", Tone.TEXT),
        Span(f"  {group.plugin}" if group.plugin else "", Tone.MUTED),
        Span(f"  last {age(now - group.last_at)} ago at {clock_time(group.last_at)}{since}", Tone.MUTED),
    )
    lines = [head, *(line(Span("   "), Span(part)) for part in wrap(group.pattern, cells))]
    if group.sample and group.sample != group.pattern:
        sample = [part for text in group.sample.split("\n") for part in wrap(text, cells - 2)]
        lines += [line(Span("   │ ", Tone.FAINT), Span(part, Tone.MUTED)) for part in sample[:_LONGEST_SAMPLE]]
    if group.hint:
        hint = wrap(group.hint, cells - 2)
        lines += [
            line(Span("   → " if not number else "     ", Tone.ACCENT), Span(part, Tone.MUTED))
            for number, part in enumerate(hint)
        ]
    return lines


class Errors(Lines, Pane):
    """Failures of attempts and rejected rows of one job, the latest first. Enter goes to what was logged at the last time."""

    BINDINGS = [
        bound("move.down", "choose_next(1)"),
        bound("move.up", "choose_next(-1)"),
        bound("job.open", "log"),
        bound("error.plugin", "plugin"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._view: JobView | None = None
        self._groups: tuple[ErrorGroup, ...] | None = None
        self._asked = ""
        self._asked_at = 0.0
        self._now = 0.0
        self._say = ""
        self._chosen = ""
        self._owners: tuple[str, ...] = ()

    def look(self, view: JobView, now: float) -> None:
        """Draw the job's errors."""
        if self._view is None or self._view.id != view.id:
            self._groups, self._asked, self._say, self._chosen = None, "", "asking the daemon…", ""
        self._view = view
        self._draw(now)

    def question(self, now: float) -> Question | None:
        """The groups, at once when the job fails or starts again."""
        if self._view is None:
            return None
        execution = self._view.execution
        key = f"{self._view.id} {self._view.state} {execution.attempt if execution else 0}"
        if key == self._asked and now - self._asked_at < _PACE:
            return None
        self._asked, self._asked_at = key, now
        job_id = self._view.id
        return Question(key, lambda client: client.errors(job_id, limit=_LIMIT))

    def told(self, key: str, answer: Answer, now: float) -> None:
        """The groups have come; a failure leaves the last ones."""
        if self._view is None or not key.startswith(self._view.id):
            return
        if isinstance(answer.value, ErrorReport):
            self._groups = answer.value.groups
        else:
            self._say = answer.reason
        self._draw(now)

    def _draw(self, now: float) -> None:
        if not self.cells:
            return
        if self._groups is None:
            self.show([line(Span(f" {self._say}", Tone.MUTED))])
        elif not self._groups:
            self.show([line(Span(" nothing has gone wrong: no attempt failed, no row was rejected", Tone.MUTED))])
        else:
            self._draw_groups(now)

    def _draw_groups(self, now: float) -> None:
        groups = self._latest_first
        if all(group.fingerprint != self._chosen for group in groups):
            self._chosen = groups[0].fingerprint
        made = error_lines(groups, now, self.cells, self._chosen)
        self._now, self._owners = now, tuple(owner for _, owner in made)
        self.show([one for one, _ in made])

    @property
    def _latest_first(self) -> list[ErrorGroup]:
        return sorted(self._groups or (), key=lambda group: -group.last_at)

    @property
    def _group(self) -> ErrorGroup | None:
        return next((group for group in self._groups or () if group.fingerprint == self._chosen), None)

    def action_choose_next(self, steps: int) -> None:
        """The next group, or the one before."""
        order = [group.fingerprint for group in self._latest_first]
        if not order:
            return
        here = order.index(self._chosen) if self._chosen in order else 0
        self._chosen = order[min(max(here + steps, 0), len(order) - 1)]
        self._draw_groups(self._now)
        top, at = self.scroll_offset.y, self._owners.index(self._chosen)
        if not top <= at < top + max(self.rows, 1):
            self.scroll_to(y=at, animate=False)

    async def action_log(self) -> None:
        """What was logged when it came last."""
        group = self._group
        if group is not None:
            await self.run_action(f"screen.log_at({group.last_at!r})")

    async def action_plugin(self) -> None:
        """Where it happened: the plugin in the DAG."""
        group = self._group
        if group is not None and group.plugin:
            await self.run_action(f"screen.plugin({group.plugin!r})")
        elif group is not None:
            self.app.notify("This error belongs to no plugin.", markup=False)

    def copy(self) -> bool:
        """The newest of the group, whole."""
        group = self._group
        if group is None:
            return False
        self.app.copy_to_clipboard(group.sample or group.pattern)
        what = f"{group.code} of {group.plugin}" if group.plugin else group.code
        self.app.notify(f"Copied the error {what} (where the terminal allows it).", markup=False)
        return True

    async def on_click(self, event: events.Click) -> None:
        """A click chooses a group, a double click goes to the log."""
        index = event.y + self.scroll_offset.y
        if 0 <= index < len(self._owners):
            self._chosen = self._owners[index]
            self._draw_groups(self._now)
            if event.chain > 1:
                await self.action_log()
