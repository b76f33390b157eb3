"""The tabs of the inspector by title. All but the first are imported when they are first opened: the first paint needs none of
them, and together they are a tenth of the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tui.data.daemon import Door
from tui.data.eventring import EventRing
from tui.tabs.overview import Overview

if TYPE_CHECKING:
    from tui.widgets.canvas import Canvas


def tab_makers(door: Door, events: EventRing, window: Callable[[], int]) -> Mapping[str, Callable[[], Canvas]]:
    """What makes each, in the order of their keys. ``window`` are the seconds that the first one shows."""
    return {
        "Overview": lambda: Overview(window()),
        "Checkpoints": _checkpoints,
        "Savepoints": _savepoints,
        "Logs": lambda: _logs(door),
        "Errors": _errors,
        "DAG": _dag,
        "Spec": _spec,
        "Events": lambda: _events(events),
    }


def _checkpoints() -> Canvas:
    from tui.tabs.checkpoints import Checkpoints

    return Checkpoints()


def _savepoints() -> Canvas:
    from tui.tabs.savepoints import Savepoints

    return Savepoints()


def _logs(door: Door) -> Canvas:
    from tui.tabs.logs import Logs

    return Logs(door)


def _errors() -> Canvas:
    from tui.tabs.errors import Errors

    return Errors()


def _dag() -> Canvas:
    from tui.tabs.dag import Dag

    return Dag()


def _spec() -> Canvas:
    from tui.tabs.spec import Spec

    return Spec()


def _events(events: EventRing) -> Canvas:
    from tui.tabs.events import Events

    return Events(events)
