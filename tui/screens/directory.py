"""The screens beside the job list by name. Each is imported when it is first shown: the first paint needs none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.screens.beside import Beside, Means


def _top(means: Means) -> Beside:
    from tui.screens.top import TopScreen

    return TopScreen(means)


def _workers(means: Means) -> Beside:
    from tui.screens.fleet import FleetScreen

    return FleetScreen(means)


def _savepoints(means: Means) -> Beside:
    from tui.screens.savepoints import SavepointsScreen

    return SavepointsScreen(means)


def _events(means: Means) -> Beside:
    from tui.screens.events import EventsScreen

    return EventsScreen(means)


SCREENS: Final[Mapping[str, Callable[[Means], Beside]]] = MappingProxyType(
    {"top": _top, "savepoints": _savepoints, "events": _events, "workers": _workers}
)
