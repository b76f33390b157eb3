"""Everything that can be looked at, in one object. The API, and everything else, calls this; nothing in it changes a job."""

from __future__ import annotations

from runner.supervisor.error_view import ErrorView
from runner.supervisor.event_view import EventView
from runner.supervisor.fleet_view import FleetView
from runner.supervisor.log_view import LogView
from runner.supervisor.metric_view import MetricView
from runner.supervisor.sample_view import SampleView


class Observation(MetricView, LogView, ErrorView, EventView, SampleView, FleetView):
    """The rooms of observation together: each has the calls of one noun."""
