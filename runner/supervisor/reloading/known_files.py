"""The records of watched files in memory, found by what is asked for: with ten thousand of them nobody may look at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from runner.reload import WatchedFile

Key: TypeAlias = tuple[str, str | None]

_BY: Final = ("file", "job", "name", "rival", "include")


class KnownFiles:
    """One record for each file and job, the newest."""

    def __init__(self) -> None:
        self._records: dict[Key, WatchedFile] = {}
        self._found: dict[str, defaultdict[str, set[Key]]] = {kind: defaultdict(set) for kind in _BY}

    def put(self, record: WatchedFile) -> None:
        """Keep the record, instead of the one before."""
        key = key_of(record)
        self.remove(key)
        self._records[key] = record
        for kind, value in _values(record):
            self._found[kind][value].add(key)

    def remove(self, key: Key) -> None:
        """Forget the record, if there is one."""
        former = self._records.pop(key, None)
        for kind, value in _values(former) if former is not None else ():
            keys = self._found[kind][value]
            keys.discard(key)
            if not keys:
                del self._found[kind][value]

    def get(self, file: str, job_id: str | None) -> WatchedFile | None:
        """That of a file and a job."""
        return self._records.get((file, job_id))

    def every(self) -> list[WatchedFile]:
        """All of them."""
        return list(self._records.values())

    def of_file(self, file: str) -> list[WatchedFile]:
        """Those of a file."""
        return self._those("file", file)

    def of_job(self, job_id: str) -> list[WatchedFile]:
        """Those of a job."""
        return self._those("job", job_id)

    def named(self, name: str) -> list[WatchedFile]:
        """Those of files that say this is their job's name."""
        return self._those("name", name)

    def rivals_of(self, file: str) -> list[WatchedFile]:
        """Those of files that were refused because of this one."""
        return self._those("rival", file)

    def including(self, path: str) -> list[WatchedFile]:
        """Those of files that include the one at ``path``."""
        return self._those("include", path)

    def included(self) -> Iterable[str]:
        """Every file that is included."""
        return tuple(self._found["include"])

    def _those(self, kind: str, value: str) -> list[WatchedFile]:
        keys = self._found[kind].get(value, ())
        return [self._records[key] for key in sorted(keys, key=lambda key: (key[0], key[1] or ""))]


def key_of(record: WatchedFile) -> Key:
    """What there is one record of."""
    return record.file, record.job_id


def _values(record: WatchedFile) -> Iterator[tuple[str, str]]:
    yield "file", record.file
    if record.job_id is not None:
        yield "job", record.job_id
    if record.job_name:
        yield "name", record.job_name
    if record.rival:
        yield "rival", record.rival
    for path in record.includes:
        yield "include", path
