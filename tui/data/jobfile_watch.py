"""A job file that somebody is working on: checked again whenever it, or a file that it includes, changes on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from spec.errors import UsageError
from tui.cli.paths import job_files
from tui.data.jobfile import Checked, check_job_file

MOST_FILES = 2000
Stamp = tuple[int, int, int]


class Watch:
    """Looks when it is told to. Not for two threads at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamps: dict[str, Stamp | None] | None = None
        self._sources: tuple[str, ...] = (str(path),)

    def look(self) -> Checked | None:
        """What the check finds, when something has changed since the last look; else None."""
        stamps = {source: _stamp(source) for source in self._sources}
        if stamps == self._stamps:
            return None
        checked = check_job_file(self.path, {})
        found = {str(self.path), *(source.name for source in checked.result.document.sources)}
        self._sources = tuple(sorted(found))
        self._stamps = {source: stamps.get(source, _stamp(source)) for source in self._sources}
        return checked


def _stamp(path: str) -> Stamp | None:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def find_job_files(places: Iterable[str]) -> tuple[str, ...]:
    """The job files in and below these directories, each once, relative to the working directory when they are below it; at
    most two thousand."""
    return tuple(islice(_found(places), MOST_FILES))


def _found(places: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    here = Path.cwd()
    for place in places:
        try:
            for file in islice(job_files([place]) if Path(place).exists() else (), MOST_FILES):
                absolute = Path(file).absolute()
                path = str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
                if path not in seen:
                    seen.add(path)
                    yield path
        except (UsageError, OSError):
            continue  # a directory without job files, or that cannot be read, has none to offer
