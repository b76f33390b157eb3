"""The lines of a job's log as they are written, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runner.client import LogFeed
from runner.model import LogLine
from tui.data.clean import clean_record
from tui.data.daemon import FAILURES, Door

_SILENCE = 30.0
"""Seconds without a sign of life after which the stream counts as broken."""
_MOST = 2000
_TOGETHER = 0.02
_PAUSE = 0.1
"""Seconds between two deliveries: a log that is written fast is handed over in few large parts, and what does not fit waits at
the daemon."""


class LogStream:
    """Lines of the job's newest execution after an offset. ``deliver`` is called in the thread with cleaned lines, at last with
    None; it must only post a message. Never started twice."""

    def __init__(self, door: Door, job_id: str, after: int, deliver: Callable[[tuple[LogLine, ...] | None], None]) -> None:
        self._door = door
        self._job_id = job_id
        self._after = after
        self._deliver = deliver
        self._stopped = threading.Event()
        self._feed: LogFeed | None = None
        self._thread = threading.Thread(target=self._run, name="flowdeck-log", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver nothing any more. Waits for nothing."""
        self._stopped.set()
        if self._feed is not None:
            self._feed.close()

    @property
    def is_over(self) -> bool:
        """Whether its thread has ended."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with self._door.open(_SILENCE) as client, client.follow_logs(self._job_id, after=self._after) as feed:
                self._feed = feed
                while not self._stopped.is_set() and (lines := _some(feed)):
                    self._hand_over(lines)
                    self._stopped.wait(_PAUSE)
        except FAILURES:
            return  # whoever asked goes on reading pages, and those say what is wrong
        finally:
            if not self._stopped.is_set():
                self._deliver(None)

    def _hand_over(self, lines: list[LogLine]) -> None:
        if not self._stopped.is_set():
            self._deliver(tuple(clean_record(line) for line in lines))


def _some(feed: LogFeed) -> list[LogLine]:
    """The next line, and those that come right behind it; none when the feed has ended."""
    lines = [line for line in (next(feed, None),) if line is not None]
    while lines and len(lines) < _MOST and (line := feed.next_within(_TOGETHER)) is not None:
        lines.append(line)
    return lines
