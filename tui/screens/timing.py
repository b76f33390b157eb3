"""What is looked at in the inspector: the window of the chart, the moment in it, and the plugin."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from tui.tabs.overview import Overview
from tui.widgets.inspector import Inspector


class Timing(Screen[None]):
    """Mixed into the screen with the inspector."""

    clock: Callable[[], float]

    def action_tab(self, number: int) -> None:
        """Show a tab."""
        raise NotImplementedError

    def action_log_at(self, moment: float) -> None:
        """What was logged at that time."""
        inspector = self.query_one(Inspector)
        inspector.travel(moment)
        self.action_tab(inspector.titles.index("Logs") + 1)

    def action_plugin(self, plugin: str) -> None:
        """A plugin of the job, in the DAG."""
        inspector = self.query_one(Inspector)
        self.action_tab(inspector.titles.index("DAG") + 1)
        from tui.tabs.dag import Dag  # not needed for the first paint

        if isinstance(inspector.pane, Dag):
            inspector.pane.go_to(plugin)

    def action_time(self, steps: int) -> None:
        """Look that many cells of the chart earlier or later; 0, and what is later than now: at now."""
        inspector = self.query_one(Inspector)
        overview = next(iter(inspector.query(Overview)), None)
        now = self.clock()
        if steps == 0 or overview is None:
            inspector.travel(None)
            return
        moment = (now if inspector.moment is None else inspector.moment) + steps * overview.stride
        inspector.travel(None if moment >= now else max(moment, now - overview.window))
