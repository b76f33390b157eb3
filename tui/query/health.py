"""Which parts of the daemon need someone, and why."""

from __future__ import annotations

from typing import Final

from runner.cluster import ComponentHealth, HealthStatus
from tui.query.attention import Need, Urgency

_ROOM: Final = "disk"


def component_need(part: ComponentHealth) -> Need | None:
    """Why somebody should look at a part of the daemon; None when it works."""
    if part.status is HealthStatus.OK:
        return None
    words = part.message.split("\n", 1)[0] or ("it does not work" if part.status is HealthStatus.DOWN else "it works badly")
    return Need(f"health {part.name}", words, _urgency(part), "", ("go.workers",), "", part.since)


def _urgency(part: ComponentHealth) -> Urgency:
    if part.status is HealthStatus.DOWN:
        return Urgency.NOW if part.matters else Urgency.SOON
    return Urgency.SOON if part.name == _ROOM else Urgency.WATCH
