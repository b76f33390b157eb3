"""The overview tab: throughput over a window, lag, CPU, memory, the totals, and the last error with its hint."""

from __future__ import annotations

from textual.message import Message

from tui.data.history import Happened, History, read_happened
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.chart import plot_cells
from tui.tabs.overview_lines import WINDOWS, overview_lines
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane, Question

_PACE = {60: 1.0, 300: 2.0, 3600: 10.0, 86_400: 60.0, 604_800: 300.0}
"""Seconds between two questions, by window."""
_FRESH = 0.5
"""Seconds for which the lines stay as they are when nothing but the time has gone on: a letter of a filter draws all three
times, and a chart is half of that."""
_HAPPENED = "happened "
_PACE_HAPPENED = 10.0


class Overview(Lines, Pane):
    """Live numbers of one job. ``window`` is in seconds."""

    class Widened(Message):
        """Another window was chosen."""

        def __init__(self, window: int) -> None:
            super().__init__()
            self.window = window

    def __init__(self, window: int = WINDOWS[1], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.window = window if window in WINDOWS else WINDOWS[1]
        self._view: JobView | None = None
        self._history: dict[int, History] = {}
        self._asked_at = 0.0
        self._asked_key = ""
        self._now = 0.0
        self._happened: Happened | None = None
        self._happened_key = ""
        self._happened_at = 0.0
        self._moment: float | None = None
        self._made_of: tuple[object, ...] = ()
        self._made_for: tuple[object, ...] = ()
        self._made_at = 0.0

    @property
    def stride(self) -> float:
        """The seconds of one cell of the chart."""
        return self.window / plot_cells(max(self.cells - 2, 1))

    def travel(self, moment: float | None) -> None:
        """Show the numbers of that moment."""
        self._moment = moment
        self._draw()

    def look(self, view: JobView, now: float) -> None:
        """Draw the job."""
        if self._view is None or self._view.id != view.id:
            self._history, self._happened = {}, None
        self._view, self._now = view, now
        self._draw()

    def widen(self, steps: int) -> None:
        """The next larger window, or the next smaller with a negative number."""
        index = WINDOWS.index(self.window) + steps
        self.window = WINDOWS[min(max(index, 0), len(WINDOWS) - 1)]
        self.post_message(self.Widened(self.window))
        self._draw()

    def question(self, now: float) -> Question | None:
        """The history of the window, as fine as the chart can show it."""
        if self._view is None or self.cells == 0:
            return None
        job_id, window = self._view.id, self.window
        if (asked := self._ask_happened(now)) is not None:
            return asked
        key = f"{job_id} {window}"
        if key == self._asked_key and now - self._asked_at < _PACE[window]:
            return None
        self._asked_key, self._asked_at = key, now
        buckets = min(max(plot_cells(self.cells) * 2, 20), window)
        return Question(key, lambda client: History.of(window, client.metric_series(job_id, window, buckets)))

    def _ask_happened(self, now: float) -> Question | None:
        """Checkpoints and restarts, when the history of the window is here; at once when the last checkpoint is another."""
        if self._view is None or self._view.execution is None or self.window not in self._history:
            return None
        job_id, execution_id, window, last = self._view.id, self._view.execution.id, self.window, self._view.checkpoint
        key = f"{_HAPPENED}{job_id} {execution_id} {window} {self._view.execution.attempt}"
        if last is not None and window <= WINDOWS[1]:
            key += f" {last.id} {last.status}"
        if key == self._happened_key and now - self._happened_at < max(_PACE_HAPPENED, _PACE[window]):
            return None
        self._happened_key, self._happened_at = key, now
        return Question(key, lambda client: read_happened(client, job_id, execution_id, window))

    def told(self, key: str, answer: Answer, now: float) -> None:
        """The history has come; a failure leaves the last one (the header says that the daemon is gone)."""
        if isinstance(answer.value, Happened) and key == self._happened_key:
            self._happened = answer.value
            self._draw()
        if isinstance(answer.value, History) and self._view is not None and key.startswith(self._view.id):
            self._history[answer.value.window] = answer.value
            self._now = now
            self._draw()

    def resized(self) -> None:
        """The lines are made for a size."""
        self._draw()

    def _draw(self) -> None:
        if self._view is None or not self.cells:
            self._made_of = ()
            self.show([])
            return
        view, history = self._view, self._history.get(self.window)
        happened = self._happened if self._happened is not None and self._happened.window == self.window else None
        if self._is_made(made_of=(view, history, happened), made_for=(self.window, self._moment, self.cells, self.rows)):
            return
        history = history or History(self.window)
        self.show(overview_lines(view, history, self._now, self.cells, self.rows, happened, self._moment))

    def _is_made(self, made_of: tuple[object, ...], made_for: tuple[object, ...]) -> bool:
        """Whether the lines of just now are made of the same objects, for the same place; if not, they are from now on."""
        same = [id(one) for one in made_of] == [id(one) for one in self._made_of]
        if same and made_for == self._made_for and abs(self._now - self._made_at) < _FRESH:
            return True
        self._made_of, self._made_for, self._made_at = made_of, made_for, self._now
        return False
