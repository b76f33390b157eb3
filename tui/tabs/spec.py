"""The spec tab: the text of the generation that runs, in colour, under what hot reload has to say about the file."""

from __future__ import annotations

from dataclasses import dataclass

from runner.client import Client
from runner.model import Job
from tui.data.filetext import read_lines
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.line import Line, Span, Tone, line
from tui.tabs.spec_lines import banner, numbered
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane, Question

_TROUBLED = ("invalid", "blocked", "failed", "rolled_back", "upgrade_failed")


@dataclass(frozen=True, slots=True)
class SpecText:
    """A generation's text, and the lines of the file on disk when hot reload could not take it."""

    number: int
    text: str
    on_disk: tuple[str, ...] = ()


class Spec(Lines, Pane):
    """The job file as it runs."""

    DEFAULT_CSS = "Spec { overflow-x: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, sideways=True)
        self._view: JobView | None = None
        self._spec: SpecText | None = None
        self._asked = ""
        self._say = ""

    def look(self, view: JobView, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """Draw the job's spec."""
        if self._view is None or self._view.id != view.id:
            self._spec, self._asked, self._say = None, "", "asking the daemon…"
            self.scroll_to(0, 0, animate=False)
        self._view = view
        self._draw()

    def question(self, now: float) -> Question | None:  # noqa: ARG002 - a generation never changes
        """The text, once per generation and per word of hot reload."""
        if self._view is None or (key := _key(self._view)) == self._asked:
            return None
        self._asked = key
        job, number = self._view.job, running_generation(self._view)
        return Question(key, lambda client: _read(client, job, number))

    def told(self, key: str, answer: Answer, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """The text has come."""
        if key != self._asked:
            return
        if answer.error is not None:
            self._asked, self._say = "", answer.reason
        else:
            self._spec = answer.value
        self._draw()

    def resized(self) -> None:
        """The banner is wrapped to the width."""
        self._draw()

    def _draw(self) -> None:
        if self._view is None or not self.cells:
            return
        if self._spec is None:
            self.show([line(Span(f" {self._say}", Tone.MUTED))])
            return
        reload = self._view.job.reload
        lines: list[Line] = []
        if reload is not None and _troubled(self._view.job):
            verb = "is what ran last" if self._view.state.is_terminal else "keeps running"
            lines = banner(reload, self._spec.on_disk, f"generation {self._spec.number} {verb}", self.cells)
        marks = reload.diagnostics if reload is not None and lines else ()
        self.show([*lines, *numbered(self._spec.text, marks, self._spec.on_disk)])


def running_generation(view: JobView) -> int:
    """The generation of the latest execution, or the newest when there was none."""
    return view.execution.generation if view.execution else view.job.generation


def _troubled(job: Job) -> bool:
    return job.reload is not None and job.reload.outcome in _TROUBLED


def _key(view: JobView) -> str:
    reload = view.job.reload
    return f"{view.id} {running_generation(view)} {reload.outcome if reload else ''} {reload.at if reload else ''}"


def _read(client: Client, job: Job, number: int) -> SpecText:
    generation = client.generation(job.id, number)
    return SpecText(number, generation.text, read_lines(job.file) if _troubled(job) else ())
