"""What the badge in the header says: LIVE, STALE, RECONNECTING, and from when data counts as old."""

from __future__ import annotations

import enum

import msgspec

from tui.data.models import LinkState
from tui.data.snapshot import Snapshot

STALE_AFTER = 4.0
"""Seconds without an answer after which the data on screen is no longer called live."""


class Mood(enum.Enum):
    """How worrying a badge is."""

    GOOD = enum.auto()
    WAITING = enum.auto()
    BAD = enum.auto()


class Badge(msgspec.Struct, frozen=True):
    """The words of the badge, and how worrying they are."""

    text: str
    mood: Mood


def is_current(snapshot: Snapshot, now: float) -> bool:
    """Whether what is on screen is what the daemon says now."""
    live = snapshot.link.state is LinkState.LIVE and snapshot.taken_at is not None
    return live and now - (snapshot.taken_at or 0.0) < STALE_AFTER


def badge(snapshot: Snapshot, now: float) -> Badge:
    """The badge for this moment."""
    link = snapshot.link
    if link.state is LinkState.CONNECTING:
        return Badge("CONNECTING", Mood.WAITING)
    if link.state is LinkState.FAILED:
        return Badge("REFUSED" if link.answered else "NO DAEMON", Mood.BAD)
    if link.state is LinkState.RECONNECTING:
        return Badge(f"RECONNECTING {link.attempt}", Mood.BAD)
    if is_current(snapshot, now):
        return Badge("LIVE", Mood.GOOD)
    return Badge(f"STALE {int(now - (snapshot.taken_at or now))}s", Mood.WAITING)
