"""Empty files beside the staged ones that say for a while which commits were done.

That a checkpoint is committed is written down some time after it is. When everything dies in between, it is committed once
more, and a file that somebody has taken from the target by then is not lost: the mark says that it was there.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from pathlib import Path

KEPT_SECONDS = 10.0
"""How long a mark is kept at least: longer than commits wait to be written down."""
_SUFFIX = ".committed"


class CommitMarks:
    """The marks of one sink in one worker. ``prefix`` is what all names of the attempt begin with, ``owner`` what tells its
    sinks and workers apart. A mark that cannot be made is left out: then a file that was taken is missed, and loudly."""

    def __init__(self, staging: Path, prefix: str, owner: str) -> None:
        self._staging = staging
        self._prefix = prefix
        self._owner = owner
        self._prepared: deque[int] = deque()
        self._made: deque[tuple[float, Path]] = deque()

    def prepare(self, checkpoint: int) -> Path:
        """Where the mark of ``checkpoint`` will be, for its token."""
        self._prepared.append(checkpoint)
        return self._path(checkpoint)

    def commit(self, checkpoint: int) -> None:
        """All that was prepared up to ``checkpoint`` is committed."""
        now = time.monotonic()
        while self._prepared and self._prepared[0] <= checkpoint:
            path = self._path(self._prepared.popleft())
            with contextlib.suppress(OSError):
                path.touch(mode=0o600)
                self._made.append((now, path))
        while self._made and now - self._made[0][0] > KEPT_SECONDS:
            _remove(self._made.popleft()[1])

    def remove_all(self) -> None:
        """The attempt is over: drop its marks, also those of workers that have left."""
        with contextlib.suppress(OSError):  # another worker that is done may remove the directory while it is looked through
            for path in list(self._staging.glob(f"{self._prefix}*{_SUFFIX}")):
                _remove(path)

    def _path(self, checkpoint: int) -> Path:
        return self._staging / f"{self._prefix}{self._owner}-{checkpoint}{_SUFFIX}"


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
