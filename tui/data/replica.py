"""A copy of the daemon's jobs, kept by what the daemon says of them: their present state once, then every change.

Filled in the thread that listens, read in the one that draws up snapshots.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from runner.model import Event, Job
from runner.struct_types import learnt

SNAPSHOT: Final = "snapshot"
CHANGED: Final = "job.changed"
_GONE: Final = frozenset({"job.deleted", "job.purged"})


class Replica:
    """The jobs by id. ``complete``: the present state of all of them has been said; until then there is only a part."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._packed: dict[str, bytes] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        """The fields of what has changed; of the others they are packed, which takes a tenth of the memory."""
        self._jobs: dict[str, Job] = {}
        self.complete = False

    def hear(self, event: Event) -> bool:
        """Take in what the daemon says; True when it is worth being shown at once: more than counters have changed."""
        with self._lock:
            if event.kind == SNAPSHOT:
                return self._begin(event.data)
            if event.kind == CHANGED and event.job_id is not None:
                return self._change(event.job_id, event.data.get("changes", {}))
            if event.kind in _GONE and event.job_id is not None:
                self._forget(event.job_id)
            return True

    def jobs(self) -> list[Job]:
        """Every job as it stands. What has not changed since the last call is the same object."""
        with self._lock:
            for fields in self._changed.values():
                self._take(fields)
            self._changed.clear()
            return list(self._jobs.values())

    def _begin(self, data: Mapping[str, Any]) -> bool:
        for fields in data.get("jobs", ()):
            self._changed.pop(fields["id"], None)
            self._take(fields)  # at once: the fields of ten thousand jobs would need more memory than all the rest
        self.complete = self.complete or not data.get("more", False)
        return self.complete

    def _change(self, job_id: str, changes: Mapping[str, Any]) -> bool:
        fields = self._fields(job_id)
        for path, value in changes.items():
            *records, name = path.split(".")
            place = fields
            for record in records:
                if not isinstance(place.get(record), dict):
                    place[record] = {}
                place = place[record]
            place[name] = value
        if fields.get("deleted_at") is not None or "id" not in fields:
            self._forget(job_id)  # deleted, or the first we hear is a part of it: its next change tells all
            return True
        self._changed[job_id] = fields
        return any(not path.startswith("execution.totals.") for path in changes)

    def _take(self, fields: dict[str, Any]) -> None:
        self._jobs[fields["id"]] = msgspec.convert(fields, learnt(Job))
        self._packed[fields["id"]] = msgspec.msgpack.encode(fields)

    def _fields(self, job_id: str) -> dict[str, Any]:
        if job_id in self._changed:
            return self._changed[job_id]
        packed = self._packed.get(job_id)
        return {} if packed is None else msgspec.msgpack.decode(packed, type=dict[str, Any])

    def _forget(self, job_id: str) -> None:
        self._packed.pop(job_id, None)
        self._jobs.pop(job_id, None)
        self._changed.pop(job_id, None)
