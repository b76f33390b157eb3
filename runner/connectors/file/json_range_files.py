"""A file system of ranges of files, by which the engine reads a range of JSON lines as if it were a file.

Imported only where ranges are left to the engine: fsspec takes 40 ms.
"""

from __future__ import annotations

import os
from typing import Any

import duckdb
from fsspec import AbstractFileSystem

from runner.connectors.base import PluginError
from runner.connectors.file.json_window import OPEN_RANGES, ROOT, SCHEME, LinesPlace

READ_BYTES = 1 << 19
"""The engine asks for 32 MB at once, asks again when it got less, and copies each answer twice. Small ones stay in the cache of
the processor, and need no new pages."""


def open_ranges_to(connection: duckdb.DuckDBPyConnection) -> None:
    """Have the engine find the ranges that are open."""
    if not connection.filesystem_is_registered(SCHEME):
        connection.register_filesystem(RangeFiles())


class RangeFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The ranges that are open, as files that can only be read."""

    protocol = SCHEME
    cachable = False

    def open(self, path: str, mode: str = "rb", **_: Any) -> RangeFile:
        """A range as a file."""
        if mode != "rb":
            raise PermissionError(path)
        return RangeFile(_range(path))

    def glob(self, path: str, **_: Any) -> list[str]:
        """There are no patterns."""
        return [path.removeprefix(f"{SCHEME}://")]

    def exists(self, path: str, **_: Any) -> bool:
        """Whether a range is open."""
        return path.removeprefix(ROOT) in OPEN_RANGES

    isfile = exists

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """How large it is."""
        return {"name": path, "size": self.size(path), "type": "file"}

    def size(self, path: str) -> int:
        """Its bytes."""
        place = _range(path)
        return place.end - place.first


def _range(path: str) -> LinesPlace:
    place = OPEN_RANGES.get(path.removeprefix(ROOT))
    if place is None:
        raise FileNotFoundError(path)
    return place


class RangeFile:
    """The bytes of a range. A file that has become shorter is an error, and no end."""

    mode = "rb"

    def __init__(self, place: LinesPlace) -> None:
        self._place = place
        self._at = place.first
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes: some of as many as are asked for, none only where the range ends."""
        left = self._place.end - self._at
        wanted = left if size < 0 else min(size, left, READ_BYTES)
        data = os.pread(self._place.source.descriptor, wanted, self._at) if wanted else b""
        if wanted and not data:
            raise PluginError(f"{self._place.file} has become shorter while it was being read", code="file-changed")
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go on reading elsewhere."""
        origin = {os.SEEK_SET: self._place.first, os.SEEK_CUR: self._at, os.SEEK_END: self._place.end}[whence]
        self._at = origin + offset
        return self.tell()

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at - self._place.first

    def seekable(self) -> bool:
        """It is."""
        return True

    def flush(self) -> None:
        """There is nothing to write."""

    def close(self) -> None:
        """The range stays open."""
        self.closed = True
