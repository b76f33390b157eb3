"""The DAG tab: the plugins of the job, how the data flows between them, and which of them is the bottleneck."""

from __future__ import annotations

from runner.observation import JobDetails
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.line import Span, Tone, line
from tui.tabs.dag_lines import dag_lines
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane, Question

_PACE = 2.0
_PACE_AT_REST = 10.0


class Dag(Lines, Pane):
    """The dataflow of the generation that runs."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._view: JobView | None = None
        self._details: JobDetails | None = None
        self._asked_at = 0.0
        self._asked = ""
        self._say = ""

    def look(self, view: JobView, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """Draw the job's dataflow."""
        if self._view is None or self._view.id != view.id:
            self._details, self._asked, self._say = None, "", "asking the daemon…"
        self._view = view
        self._draw()

    def question(self, now: float) -> Question | None:
        """The tasks, often while the job runs."""
        if self._view is None:
            return None
        key = f"{self._view.id} {self._view.state}"
        pace = _PACE_AT_REST if self._view.state.is_terminal else _PACE
        if key == self._asked and now - self._asked_at < pace:
            return None
        self._asked, self._asked_at = key, now
        job_id = self._view.id
        return Question(key, lambda client: client.details(job_id))

    def told(self, key: str, answer: Answer, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """The tasks have come; a failure leaves the last ones."""
        if self._view is None or not key.startswith(self._view.id):
            return
        if isinstance(answer.value, JobDetails):
            self._details = answer.value
        else:
            self._say = answer.reason
        self._draw()

    def resized(self) -> None:
        """The drawing is made for a width."""
        self._draw()

    def _draw(self) -> None:
        if not self.cells:
            return
        if self._details is None:
            self.show([line(Span(f" {self._say}", Tone.MUTED))])
        else:
            self.show(dag_lines(self._details.tasks, self._details.metrics.backpressure.edges, self.cells))
