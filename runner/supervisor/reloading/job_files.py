"""Which job files are watched: those that were named, those in the directory trees that were named, and, if wanted, those that
jobs were submitted from. Knows files and their names only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from runner.supervisor.reloading.content import file_key

SUFFIXES: Final = (".conf", ".hocon", ".json")
MOST_FILES: Final = 10_000
"""Job files of all directories together; those that come after in the order of their names are not watched."""
DEEPEST: Final = 16
"""Directories below the one that was named."""


class Submitted(Protocol):
    """The files that jobs come from."""

    def files(self) -> list[str]:
        """Their keys."""

    def jobs_of_file(self, path: str) -> list[str]:
        """The ids of the jobs that come from the file."""


class JobFiles:
    """The job files of ``watch``: files, and whole directory trees without what is hidden in them (a dot in front of the name)
    and without directories that are symbolic links. ``submitted`` adds the files that jobs come from."""

    def __init__(self, watch: Sequence[Path], submitted: Submitted | None = None) -> None:
        self.trees = tuple(dict.fromkeys(os.path.realpath(path) for path in watch if path.is_dir()))
        self.named = tuple(dict.fromkeys(file_key(str(path)) for path in watch if not path.is_dir()))
        self._submitted = submitted
        self.problems: tuple[str, ...] = ()
        """What was left out when the files were looked for last."""

    def found(self, submitted: Iterable[str] = ()) -> list[str]:
        """The keys of the job files that exist now, and of ``submitted``, sorted. Blocks."""
        problems: list[str] = []
        names = {name for name in (*self.named, *submitted) if os.path.isfile(name)}  # noqa: PTH113 - a thousand times
        for tree in self.trees:
            for name in _walk(tree, problems):
                if len(names) >= MOST_FILES:
                    problems.append(f"there are more than {MOST_FILES} job files; not watched from {name} on")
                    break
                names.add(name)
        self.problems = tuple(problems)
        return sorted(names)

    def covers(self, path: str) -> bool:
        """True when a job file of this key is watched, whether or not it exists."""
        if path in self.named or any(_lies_in(path, tree) for tree in self.trees):
            return True
        return self._submitted is not None and bool(self._submitted.jobs_of_file(path))

    def submitted(self) -> list[str]:
        """The files that jobs come from, if they are watched."""
        return self._submitted.files() if self._submitted is not None else []

    def beside(self, related: Iterable[str]) -> set[str]:
        """The directories outside the trees in which files are watched, or ``related`` ones lie."""
        found = {os.path.dirname(name) for name in (*self.named, *related)}  # noqa: PTH120
        return {name for name in found if not any(name == tree or name.startswith(f"{tree}/") for tree in self.trees)}


def _lies_in(path: str, tree: str) -> bool:
    if not path.endswith(SUFFIXES) or not path.startswith(f"{tree}/"):
        return False
    below = path[len(tree) :]
    return "/." not in below and below.count("/") <= DEEPEST + 1


def _walk(tree: str, problems: list[str]) -> Iterator[str]:
    """The job files of a tree, in the order of their names, directory by directory."""
    waiting = [(tree, 0)]
    while waiting:
        directory, depth = waiting.pop()
        try:
            with os.scandir(directory) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            problems.append(f"cannot look into {directory}: {error.strerror or error}")
            continue
        below = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
            elif entry.name.endswith(SUFFIXES) and _is_file(entry):
                yield entry.path
        if below and depth >= DEEPEST:
            problems.append(f"{directory} is {DEEPEST} directories deep; not watched below")
        elif below:
            waiting.extend((path, depth + 1) for path in reversed(below))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
