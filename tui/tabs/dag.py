"""The DAG tab: the plugins of the job, how data flows between them, which is the bottleneck, and what passes there."""

from __future__ import annotations

import enum

from textual import events

from runner.observation import JobDetails, PluginSample, Task
from tui.data.clean import clean
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.line import Line, Span, Tone, line, spread
from tui.tabs.dag_failure import failed_plugin, failure_lines, failure_of
from tui.tabs.dag_lines import Placed, map_lines, plugin_lines
from tui.tabs.dag_records import as_json, record_lines
from tui.tabs.dag_tree import tree_lines
from tui.tabs.dag_words import first_look
from tui.widgets.bindings import bound
from tui.widgets.keys import key_of
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane, Question

_PACE = 2.0
_PACE_AT_REST = 10.0
_PACE_OF_RECORDS = 3.0
_RECORDS = 20
_SAMPLE = "records "


class Zoom(enum.IntEnum):
    """How near one looks; the names are shown."""

    OUTLINE = 0
    BOXES = 1
    RECORDS = 2


class Dag(Lines, Pane):
    """The dataflow of the generation that runs. One plugin is chosen, at first the busiest; from near by the last records that
    left it are shown."""

    DEFAULT_CSS = "Dag { overflow-x: auto; }"
    BINDINGS = [
        bound("move.down", "choose_next(1)"),
        bound("move.up", "choose_next(-1)"),
        bound("dag.closer", "zoom(1)"),
        bound("dag.farther", "zoom(-1)"),
        bound("dag.copy", "copy"),
    ]
    heading = 1

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, sideways=True)
        self._view: JobView | None = None
        self._details: JobDetails | None = None
        self._asked_at = 0.0
        self._asked = ""
        self._say = ""
        self._zoom = Zoom.BOXES
        self._chosen = ""
        self._is_picked = False
        self._sought = ""
        self._sample: PluginSample | None = None
        self._no_sample = ""
        self._sampled = ""
        self._sampled_at = 0.0
        self._owners: tuple[str, ...] = ()

    def look(self, view: JobView, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """Draw the job's dataflow."""
        if self._view is None or self._view.id != view.id:
            self._details, self._asked, self._say = None, "", "asking the daemon…"
            self._chosen, self._is_picked = "", False
            self._sought = self._sought if self._view is None else ""
            self._forget_records()
        self._view = view
        self._draw()

    def question(self, now: float) -> Question | None:
        """The tasks, often while the job runs; from near by also the records of the chosen plugin."""
        if self._view is None:
            return None
        job_id = self._view.id
        key = f"{job_id} {self._view.state}"
        pace = _PACE_AT_REST if self._view.state.is_terminal else _PACE
        if key != self._asked or now - self._asked_at >= pace:
            self._asked, self._asked_at = key, now
            return Question(key, lambda client: client.details(job_id))
        return self._ask_records(job_id, now)

    def _ask_records(self, job_id: str, now: float) -> Question | None:
        key, plugin = f"{_SAMPLE}{job_id} {self._chosen}", self._chosen
        if self._zoom is not Zoom.RECORDS or not plugin:
            return None
        if key == self._sampled and now - self._sampled_at < _PACE_OF_RECORDS:
            return None
        self._sampled, self._sampled_at = key, now
        return Question(key, lambda client: client.samples(job_id, plugin, _RECORDS))

    def told(self, key: str, answer: Answer, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """The tasks or the records have come; a failure leaves the last ones."""
        if key.startswith(_SAMPLE):
            self._told_records(key, answer)
        elif self._view is None or not key.startswith(self._view.id):
            return
        elif isinstance(answer.value, JobDetails):
            self._details = answer.value
            if not self._is_picked or self._plugin is None:
                self._choose(self._failed or first_look(answer.value.tasks))
            self._find()
        else:
            self._say = answer.reason
        self._draw()

    def _told_records(self, key: str, answer: Answer) -> None:
        if key != self._sampled:
            return
        if answer.error is not None:
            self._no_sample = answer.reason
        elif answer.value and (answer.value[0].records or self._sample is None):
            self._sample, self._no_sample = answer.value[0], ""

    @property
    def _tasks(self) -> tuple[Task, ...]:
        return self._details.tasks if self._details is not None else ()

    @property
    def _plugin(self) -> Task | None:
        return next((task for task in self._tasks if task.id == self._chosen), None)

    def resized(self) -> None:
        """The drawing is made for a width."""
        self._draw()

    # drawing

    def _draw(self) -> None:
        if not self.cells:
            return
        if self._details is None:
            made: Placed = [(line(Span(f" {self._say}", Tone.MUTED)), "")]
        elif self._zoom is Zoom.OUTLINE:
            made = [*self._failure_lines(), *tree_lines(self._tasks, self._chosen, self.cells, self._failed)]
        elif self._zoom is Zoom.BOXES:
            edges = self._details.metrics.backpressure.edges
            made = [*self._failure_lines(), *map_lines(self._tasks, edges, self._chosen, self.cells, self._failed)]
        else:
            made = [(one, "") for one in self._near_lines()]
        self._owners = tuple(owner for _, owner in made)
        self.show([one for one, _ in made])

    @property
    def _failed(self) -> str:
        """The id of the plugin that the job failed in."""
        task = failed_plugin(failure_of(self._view), self._tasks)
        return task.id if task is not None else ""

    def _failure_lines(self) -> Placed:
        error = failure_of(self._view)
        return [(one, "") for one in failure_lines(error, failed_plugin(error, self._tasks), self.cells, self.rows)]

    def _near_lines(self) -> list[Line]:
        task = self._plugin
        if task is None:
            return [line(Span(" this job has no plugins", Tone.MUTED))]
        what = "reached" if not task.output else "left"
        lines = [one for one, _ in self._failure_lines()] if task.id == self._failed else []
        lines += [*plugin_lines(task, self._tasks, self.cells, self._failed), Line()]
        lines.append(line(Span(f" LAST RECORDS THAT {what.upper()} IT", Tone.MUTED), Span("  secrets are masked", Tone.FAINT)))
        if self._no_sample:
            lines.append(line(Span(f"   {self._no_sample}", Tone.AMBER)))
        if self._sample is not None:
            lines += record_lines(self._sample, _RECORDS)
        elif not self._no_sample:
            lines.append(line(Span("   asking the daemon…", Tone.MUTED)))
        return lines

    def heading_line(self, index: int) -> Line:  # noqa: ARG002 - there is one
        """How near one looks, and the keys for it."""
        left = [Span(" ")]
        for zoom in Zoom:
            tone = Tone.ACCENT_BADGE if zoom is self._zoom else Tone.MUTED
            left += [Span(f" {zoom.name.lower()} ", tone, f"zoom({zoom - self._zoom})"), Span(" ")]
        right: list[Span] = []
        for command, word in (("dag.closer", "closer"), ("dag.farther", "farther"), ("move.down", "next plugin")):
            right += [Span(f"{key_of(self, command)} ", Tone.ACCENT_STRONG), Span(f"{word}  ", Tone.MUTED)]
        room = self.cells - sum(len(part.text) for part in left)
        return spread(left, right if sum(len(part.text) for part in right) <= room else [], self.cells)

    # choosing

    def _choose(self, plugin: str) -> None:
        if plugin != self._chosen:
            self._chosen = plugin
            self._forget_records()

    def _forget_records(self) -> None:
        self._sample, self._no_sample, self._sampled = None, "", ""

    def action_choose_number(self, number: int) -> None:
        """The plugin of this number."""
        if number < len(self._tasks):
            self.choose(self._tasks[number].id)

    def go_to(self, plugin: str) -> None:
        """This plugin, by its id, as soon as it is known which ones there are."""
        self._sought = plugin
        self._find()

    def _find(self) -> None:
        if not self._sought or self._details is None:
            return
        sought, self._sought = self._sought, ""
        if any(task.id == sought for task in self._tasks):
            self.call_after_refresh(self.choose, sought)
        else:
            self.app.notify(f"The generation that runs has no plugin {clean(sought)}.", markup=False)

    def choose(self, plugin: str) -> None:
        """This plugin, until another is chosen."""
        if any(task.id == plugin for task in self._tasks):
            self._is_picked = True
            self._choose(plugin)
            self._draw()
            self._reveal()

    def action_choose_next(self, steps: int) -> None:
        """The next plugin of the list, or the one before."""
        order = [owner for owner in self._owners if owner] or [task.id for task in self._tasks]
        if order:
            here = order.index(self._chosen) if self._chosen in order else 0
            self.choose(order[min(max(here + steps, 0), len(order) - 1)])

    def _reveal(self) -> None:
        """Scroll until the line of the chosen plugin is on the screen."""
        if self._chosen in self._owners:
            at, top = self._owners.index(self._chosen), self.scroll_offset.y
            if not top <= at < top + max(self.rows, 1):
                y = at if at < top else at - self.rows + 1
                self.scroll_to(y=y, animate=False)

    def action_zoom(self, steps: int) -> None:
        """Nearer to the chosen plugin, or farther away."""
        zoom = Zoom(min(max(self._zoom + steps, 0), len(Zoom) - 1))
        if zoom is not self._zoom:
            self._zoom = zoom
            self.scroll_to(0, 0, animate=False)
            self._draw()
            if zoom is Zoom.OUTLINE:
                self.call_after_refresh(self._reveal)

    def copy(self) -> bool:
        """The plugin, or its records."""
        self.action_copy()
        return self._plugin is not None

    def action_copy(self) -> None:
        """The records that are shown, as lines of JSON; from farther away the name of the plugin."""
        task = self._plugin
        if self._zoom is Zoom.RECORDS and self._sample is not None and self._sample.records:
            self.app.copy_to_clipboard(as_json(self._sample))
            self.app.notify(f"Copied {len(self._sample.records)} records (where the terminal allows it).", markup=False)
        elif task is not None:
            self.app.copy_to_clipboard(task.name)
            self.app.notify(f"Copied {task.name} (where the terminal allows it).", markup=False)

    async def on_click(self, event: events.Click) -> None:
        """A click chooses the plugin of a line, a double click goes nearer."""
        index = event.y - self.heading + self.scroll_offset.y
        if event.y >= self.heading and 0 <= index < len(self._owners) and self._owners[index]:
            self.choose(self._owners[index])
            if event.chain > 1:
                self.action_zoom(1)
