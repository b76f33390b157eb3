"""What every route is given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from runner.supervisor.service import JobService


@dataclass(frozen=True, slots=True)
class Gateway:
    """The service behind the API, and the event that ends it: once ``closing`` is set, event streams end and the daemon
    shuts down."""

    service: JobService
    closing: asyncio.Event = field(default_factory=asyncio.Event)
