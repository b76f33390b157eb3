"""Everything that can be looked at, in one object. The API, and everything else, calls this; nothing in it changes a job."""

from __future__ import annotations

from runner.model import Event
from runner.supervisor.error_view import ErrorView
from runner.supervisor.event_bus import Subscription
from runner.supervisor.fleet_view import FleetView
from runner.supervisor.log_view import LogView
from runner.supervisor.metric_view import MetricView

_MAXIMUM_EVENTS = 1000


class Observation(MetricView, LogView, ErrorView, FleetView):
    """The rooms of observation together: each has the calls of one noun."""

    async def events_since(self, revision: int) -> list[Event]:
        """Recorded events after ``revision``, oldest first, at most a thousand."""
        return await self._journal.read(lambda store: store.events_since(revision, _MAXIMUM_EVENTS))

    def subscribe(self) -> Subscription:
        """The events from now on; close it when done."""
        return self._bus.subscribe()
