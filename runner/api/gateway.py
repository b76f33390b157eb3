"""What every route is given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from runner.supervisor.audit import AuditTrail
from runner.supervisor.keys import Keys
from runner.supervisor.observation import Observation
from runner.supervisor.reloading.reloader import Reloader
from runner.supervisor.repeats import Repeats
from runner.supervisor.service import JobService


@dataclass(frozen=True, slots=True)
class Gateway:
    """The service behind the API, the keys to it, its audit trail, what is known of repeated requests, hot reload, and the
    event that ends it: once ``closing`` is set, event streams end and the daemon shuts down. ``listening`` is the URL of the
    TCP address, empty when there is none."""

    service: JobService
    keys: Keys
    audit: AuditTrail
    repeats: Repeats
    reloader: Reloader
    listening: str = ""
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def observation(self) -> Observation:
        """What can be looked at."""
        return self.service.observation
