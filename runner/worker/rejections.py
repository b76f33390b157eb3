"""Collects the rows that a worker's plugins reject, and hands them to the checkpoint that they belong to.

A thread that rejects rows has a port; it tells the port when a barrier passes. What all ports got between two barriers is a
segment: counted, sampled, and for plugins with ``on_error = dead_letter`` written down. Nobody holds more of a segment in
memory than the samples.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from runner.connectors.base import DataError
from runner.dataset.rejected import RejectedRow, bounded
from runner.model import RejectedRows, Rejection, merged_rejections
from runner.protocol import SinkToken
from runner.worker.dead_letters import DeadLetters
from spec.job import ErrorPolicy, JobSpec, OnError
from spec.redaction import Redaction

SAMPLES = 20
"""So many of the newest rejections of a plugin and kind go into a checkpoint's report."""

JUDGED_ROWS = 1000
"""A share is not judged before so many rows have come in."""

_SAMPLE_CHARACTERS = 2000


class TooManyRejected(DataError):
    """More rows were rejected than the plugin's limit allows."""

    code = "too-many-rejected"


@dataclass(slots=True)
class _Segment:
    counts: dict[tuple[str, str], RejectedRows] = field(default_factory=dict)
    samples: dict[tuple[str, str], deque[Rejection]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejectionReport:
    """What a checkpoint says of rejected rows: all since the worker started, and the newest since the last report."""

    counts: tuple[RejectedRows, ...] = ()
    samples: tuple[Rejection, ...] = ()
    tokens: tuple[SinkToken, ...] = ()


class Rejections:
    """One worker's rejected rows. ``base``: how many each plugin had rejected up to the restore point, in all workers;
    ``hidden`` is left out of reasons."""

    def __init__(
        self, job: JobSpec, letters: DeadLetters, base: Iterable[RejectedRows] = (), hidden: Redaction | None = None
    ) -> None:
        self._policies = {plugin.id: plugin.error_policy for plugin in job.plugins()}
        self._letters = letters
        self._hidden = hidden or Redaction(())
        self._rejected: dict[str, int] = {}
        for found in base:
            self._rejected[found.plugin] = self._rejected.get(found.plugin, 0) + found.rows
        self._own: dict[str, int] = {}
        self._fitting: dict[str, int] = {}
        self._lock = threading.Lock()
        self._segments: dict[int, _Segment] = {}
        self._ended = 0
        self._total: tuple[RejectedRows, ...] = ()

    def port(self) -> RejectionPort:
        """For one thread, before it starts."""
        return RejectionPort(self)

    def policy(self, plugin: str) -> ErrorPolicy:
        """What the plugin does with rows that do not fit."""
        return self._policies[plugin]

    def counts(self) -> Mapping[str, int]:
        """How many rows each plugin has rejected since the worker started."""
        with self._lock:
            return dict(self._own)

    def add(self, segment: int, plugin: str, rows: Sequence[RejectedRow], fitting: int) -> None:
        """``rows`` were rejected, and ``fitting`` others were not. Raises TooManyRejected."""
        with self._lock:
            self._fitting[plugin] = self._fitting.get(plugin, 0) + fitting
            if not rows:
                return
            rows = [self._without_secrets(row) for row in rows]
            self._count(self._segments.setdefault(segment, _Segment()), plugin, rows)
            self._rejected[plugin] = self._rejected.get(plugin, 0) + len(rows)
            self._own[plugin] = self._own.get(plugin, 0) + len(rows)
            if self._policies[plugin].action is OnError.DEAD_LETTER:
                self._letters.append(segment, plugin, rows)
            self._check(plugin, rows[-1])

    def _count(self, segment: _Segment, plugin: str, rows: Sequence[RejectedRow]) -> None:
        now = time.time()
        for row in rows:
            key = (plugin, str(row.kind))
            known = segment.counts.get(key)
            first = known.first_at if known else now
            number = known.rows + 1 if known else 1
            segment.counts[key] = RejectedRows(plugin=plugin, kind=key[1], rows=number, first_at=first, last_at=now)
            segment.samples.setdefault(key, deque(maxlen=SAMPLES)).append(_sample(plugin, row, now))

    def _check(self, plugin: str, last: RejectedRow) -> None:
        policy, rejected, own = self._policies[plugin], self._rejected[plugin], self._own[plugin]
        came = own + self._fitting.get(plugin, 0)
        problem = ""
        if policy.limit is not None and rejected > policy.limit:
            problem = f"more than {policy.limit} rows were rejected (on_error_limit)"
        elif policy.share is not None and came >= JUDGED_ROWS and own > policy.share * came:
            problem = f"{own} of {came} rows were rejected, a greater share than {policy.share:g} (on_error_share)"
        if problem:
            where = f"{last.file}: line {last.line}" if last.line is not None else None
            raise TooManyRejected(
                f"{problem}, the last one because of {last.reason}",
                hint="look at the rows with flowdeck errors; raise the limit if they are as expected",
                plugin=plugin,
                position=where,
            )

    def _without_secrets(self, row: RejectedRow) -> RejectedRow:
        reason = self._hidden.text(row.reason)
        return row if reason == row.reason else msgspec.structs.replace(row, reason=reason)

    def end_segment(self, checkpoint: int) -> RejectionReport:
        """The next segment, which every port has passed, as part of ``checkpoint``. Called in the order of the barriers."""
        with self._lock:
            number = self._ended
            self._ended += 1
            segment = self._segments.pop(number, _Segment())
            self._total = merged_rejections([*self._total, *segment.counts.values()])
            samples = tuple(found for each in segment.samples.values() for found in each)
        return RejectionReport(self._total, samples, tuple(self._letters.prepare(number, checkpoint)))


class RejectionPort:
    """Where one thread puts the rows that it rejects."""

    def __init__(self, rejections: Rejections) -> None:
        self._rejections = rejections
        self._segment = 0

    def put(self, plugin: str, rows: Sequence[RejectedRow], fitting: int) -> None:
        """``plugin`` has rejected ``rows`` of a batch and passed on ``fitting`` others. Raises TooManyRejected."""
        if rows or self._rejections.policy(plugin).share is not None:
            self._rejections.add(self._segment, plugin, rows, fitting)

    def pass_barrier(self) -> None:
        """What comes from here on belongs to the next checkpoint."""
        self._segment += 1


def _sample(plugin: str, row: RejectedRow, at: float) -> Rejection:
    return Rejection(
        plugin=plugin,
        kind=str(row.kind),
        reason=row.reason,
        row=bounded(row.row, _SAMPLE_CHARACTERS),
        file=row.file,
        line=row.line,
        offset=row.offset,
        at=at,
    )
