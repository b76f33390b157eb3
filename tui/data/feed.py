"""The one producer: a thread that connects, draws up a snapshot once a second (sooner after an event), and reconnects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec

from runner.client import Client, DaemonUnreachable
from tui.data.clean import clean_lines
from tui.data.daemon import READ_TIMEOUT, Door
from tui.data.eventring import EventRing
from tui.data.listener import Listener
from tui.data.misfit import told
from tui.data.models import Link, LinkState
from tui.data.reading import Reader
from tui.data.snapshot import Snapshot
from tui.query.order import Arrangement

_SHORTEST_GAP = 0.25
_PAUSE_PER_LOOK = 6.0
"""With very many jobs a look takes long: it never takes more than a seventh of the time, until the pause would make the
data look stale."""
_LONGEST_PAUSE = 2.5
_DOUBTS = 10
"""After so many looks in a row that found another number of jobs than the daemon has, everything is read anew."""
_BACK_OFF = (0.5, 1.0, 2.0, 4.0, 7.0, 10.0)


class Feed:
    """Publishes snapshots from its own daemon thread until stopped; never raises into the interface.

    With ``start_daemon`` the first connection starts a daemon when none runs. One that goes away later is waited for, not
    started: somebody may have stopped it on purpose (:meth:`retry` with ``start`` does it).
    """

    def __init__(
        self, door: Door, publish: Callable[[Snapshot], None], clock: Callable[[], float], *, start_daemon: bool = True
    ) -> None:
        self._door = door
        self._publish = publish
        self._clock = clock
        self.arrangement = Arrangement()
        self.events = EventRing()
        self._reader = Reader(clock, self.arrangement)
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._start_daemon = start_daemon
        self._interval = 1.0
        self._last = Snapshot(Link(LinkState.CONNECTING, clock()))
        self._thread = threading.Thread(target=self._run, name="flowdeck-feed", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Publish nothing more. Does not wait for a call that is under way: the thread ends with the process."""
        self._stopped.set()
        self._wake.set()

    def nudge(self) -> None:
        """Look now: something was asked of the daemon."""
        self._wake.set()

    def retry(self, *, start: bool) -> None:
        """Try to connect now, starting a daemon when ``start`` is set."""
        self._start_daemon = self._start_daemon or start
        self._wake.set()

    def pace(self, interval: float) -> None:
        """Look every ``interval`` seconds from now on."""
        self._interval = interval
        self._wake.set()

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            try:
                self._connect_and_look()
                attempt = 0
            except Exception as error:  # noqa: BLE001 - a thread's boundary: the header says it, and all is read anew
                attempt = 1 if self._last.link.state is LinkState.LIVE else attempt + 1
                self._tell(self._broken(error, attempt))
                self._pause(_BACK_OFF[min(attempt, len(_BACK_OFF)) - 1])

    def _connect_and_look(self) -> None:
        daemon = self._open()
        listener = Listener(self._door, self._wake.set, self.events)
        listener.start()
        try:
            self._follow(daemon, listener)
        finally:
            listener.stop()
            daemon.close()

    def _follow(self, daemon: Client, listener: Listener) -> None:
        """Look again and again, until the stream of events ends or the copy of the jobs turns out to be incomplete."""
        doubts = 0
        while not self._stopped.is_set() and doubts < _DOUBTS:
            began = time.monotonic()
            if listener.ended.is_set():
                daemon.status()  # if it has gone, this says so better
                raise listener.failure or DaemonUnreachable("the daemon has ended the stream of its events")
            if listener.replica.complete:
                doubts = doubts + 1 if self._look(daemon, listener) else 0
            took = time.monotonic() - began
            self._pause(max(self._interval, min(took * _PAUSE_PER_LOOK, _LONGEST_PAUSE)))

    def _open(self) -> Client:
        if not self._start_daemon:
            return self._door.open(READ_TIMEOUT)
        daemon = self._door.start()
        self._start_daemon = False
        return daemon

    def _look(self, daemon: Client, listener: Listener) -> bool:
        """True when the daemon counts other jobs than there are here."""
        since = self._last.link.since if self._last.link.state is LinkState.LIVE else self._clock()
        snapshot = self._reader.look(daemon, Link(LinkState.LIVE, since), listener.replica.changes())
        self._tell(snapshot)
        return snapshot.status is not None and snapshot.status.jobs != len(snapshot.jobs)

    def _broken(self, error: BaseException, attempt: int) -> Snapshot:
        """The last good data, under a link that says what is wrong."""
        last = self._last
        state = LinkState.RECONNECTING if last.taken_at is not None else LinkState.FAILED
        message, hint, answered = told(error)
        return msgspec.structs.replace(
            last, link=Link(state, self._clock(), attempt, clean_lines(message), clean_lines(hint), answered)
        )

    def _tell(self, snapshot: Snapshot) -> None:
        self._last = snapshot
        if not self._stopped.is_set():
            self._publish(snapshot)

    def _pause(self, seconds: float) -> None:
        """Sleep until ``seconds`` have passed or something wants attention, but never spin."""
        self._stopped.wait(min(_SHORTEST_GAP, seconds))
        self._wake.wait(max(seconds - _SHORTEST_GAP, 0.0))
        self._wake.clear()
