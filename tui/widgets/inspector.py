"""The inspector: one job in tabs. Tabs are made on their first visit; only the visible one asks the daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message

from tui.data.lane import Answer, Lane
from tui.data.models import JobView
from tui.widgets.canvas import Canvas
from tui.widgets.pane import Pane
from tui.widgets.tabbar import TabBar


class Inspector(Vertical):
    """Shows the job it is told to. ``makers`` creates the widget of each tab: a :class:`Canvas` that is a :class:`Pane`."""

    DEFAULT_CSS = """
    Inspector { background: $background; }
    Inspector #panes > Canvas { display: none; width: 1fr; height: 1fr; }
    Inspector #panes > Canvas.chosen { display: block; }
    """

    class Told(Message):
        """An answer of the daemon for a tab; posted by the lane's thread."""

        def __init__(self, title: str, key: str, answer: Answer) -> None:
            super().__init__()
            self.title = title
            self.key = key
            self.answer = answer

    def __init__(
        self,
        makers: Mapping[str, Callable[[], Canvas]],
        lane: Lane,
        clock: Callable[[], float],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._makers = dict(makers)
        self._titles = tuple(makers)
        self._lane = lane
        self._clock = clock
        self._panes: dict[str, Canvas] = {}
        self._awaiting: set[str] = set()
        self._chosen = 0
        self.view: JobView | None = None
        self.moment: float | None = None
        """The time that is looked at; None: now."""

    def compose(self) -> ComposeResult:
        """The tab bar, and room for the tabs."""
        yield TabBar()
        yield Container(id="panes")

    @property
    def titles(self) -> tuple[str, ...]:
        """The tabs."""
        return self._titles

    @property
    def pane(self) -> Canvas | None:
        """The visible tab's widget, once it exists."""
        return self._panes.get(self._titles[self._chosen])

    def on_mount(self) -> None:
        """The first tab."""
        self.choose(0)

    def choose(self, index: int) -> None:
        """Show another tab."""
        if not 0 <= index < len(self._titles):
            return
        had_focus = self.pane is not None and self.pane.has_focus
        self._chosen = index
        title = self._titles[index]
        if title not in self._panes:
            made = self._panes[title] = self._makers[title]()
            if isinstance(made, Pane) and self.moment is not None:
                made.travel(self.moment)
            self.query_one("#panes").mount(self._panes[title])
            self.call_after_refresh(self.tick)  # once it is there, it asks at once and not with the next second
        for name, pane in self._panes.items():
            pane.set_class(name == title, "chosen")
        if had_focus:
            self._panes[title].focus()
        self.tick()

    def travel(self, moment: float | None) -> None:
        """Look at that time in every tab; None: at now again."""
        self.moment = moment
        for pane in self._panes.values():
            if isinstance(pane, Pane):
                pane.travel(moment)
        self.tick()

    def look(self, view: JobView | None, *, stale: bool) -> None:
        """The job to show, as it stands now."""
        self.view = view
        for pane in self._panes.values():
            pane.stale = stale
        self.tick()

    def tick(self) -> None:
        """Draw what depends on the time, and ask what the visible tab wants to know."""
        if not self.app.is_running:
            return
        self.query_one(TabBar).draw(self.view, self._titles, self._chosen)
        pane, title = self.pane, self._titles[self._chosen]
        if not isinstance(pane, Pane) or self.view is None or not pane.is_mounted:
            return
        now = self._clock()
        pane.look(self.view, now)
        self._ask(pane, title, now)

    def _ask(self, pane: Pane, title: str, now: float) -> None:
        if title in self._awaiting or not self.size.height:
            return
        question = pane.question(now)
        if question is None:
            return

        def deliver(answer: Answer, key: str = question.key) -> None:
            self.post_message(self.Told(title, key, answer))

        if self._lane.submit(question.work, deliver):
            self._awaiting.add(title)

    def on_inspector_told(self, message: Told) -> None:
        """Hand the answer to its tab, and ask on."""
        message.stop()
        self._awaiting.discard(message.title)
        pane = self._panes.get(message.title)
        if isinstance(pane, Pane) and self.view is not None:
            pane.told(message.key, message.answer, self._clock())
            if pane is self.pane:
                self._ask(pane, message.title, self._clock())

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """The tab bar is made for a width."""
        self.call_after_refresh(self.tick)
