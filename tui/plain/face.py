"""The plain faces: one look, or a line for each change."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from runner.client import DaemonUnreachable
from tui.data.daemon import Door
from tui.data.feed import Feed
from tui.data.models import LinkState
from tui.data.snapshot import Snapshot
from tui.plain.words import changes, heading, page

_BOUND = 64
_PATIENCE = 15.0
"""Seconds within which a daemon that is up has told of all its jobs."""


def once(door: Door, write: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
    """Write what there is now. Raises :class:`DaemonUnreachable`."""
    with _looking(door, clock) as seen:
        snapshot = _first(seen)
    for line in page(snapshot, door.words, clock()):
        write(line)


def watch(door: Door, write: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
    """Write what there is now in a line, then each change as it comes, with its time. Goes on until it is interrupted; a daemon
    that goes away is waited for. Raises :class:`DaemonUnreachable` when there is none to begin with."""
    with _looking(door, clock) as seen:
        last = _first(seen)
        write(f"{_moment(clock())} {heading(last, door.words, clock())}")
        while True:
            snapshot = seen.get()
            for line in changes(last, snapshot):
                write(f"{_moment(clock())} {line}")
            last = snapshot


@contextmanager
def _looking(door: Door, clock: Callable[[], float]) -> Iterator[queue.Queue[Snapshot]]:
    seen: queue.Queue[Snapshot] = queue.Queue(_BOUND)
    feed = Feed(door, seen.put, clock, start_daemon=False)
    feed.start()
    try:
        yield seen
    finally:
        feed.stop()


def _first(seen: queue.Queue[Snapshot]) -> Snapshot:
    try:
        snapshot = seen.get(timeout=_PATIENCE)
    except queue.Empty:
        raise DaemonUnreachable(f"the daemon has not told of its jobs within {_PATIENCE:g} seconds") from None
    if snapshot.link.state is not LinkState.LIVE:
        raise DaemonUnreachable(snapshot.link.message, hint=snapshot.link.hint)
    return snapshot


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
