"""`check --watch`: check again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import strftime, time_ns
from typing import TypeAlias

from tui.cli.interrupts import Interrupts
from tui.cli.paths import SUFFIXES
from tui.cli.terminal import is_terminal, say

# The exit code of a run, and the names of all files it read.
Run: TypeAlias = tuple[int, Sequence[str]]

_CLEAR = "\x1b[2J\x1b[3J\x1b[H"
_SETTLED = 50  # milliseconds without a change, after one
_CLOCK = 20_000_000  # nanoseconds
_LOOK_UP = 100  # milliseconds between two looks for Ctrl-C


def watch(check: Callable[[], Run], paths: Sequence[str]) -> int:
    """Run ``check``, then again after each change of a job file in or below ``paths``, or of a file that it read. Returns the
    exit code of the last run once Ctrl-C ends it."""
    from watchfiles import watch as changes

    code, began = 0, 0
    files: set[str] = set()  # what the last run read; the filter looks into it
    deep = any(map(os.path.isdir, paths))
    with Interrupts() as interrupts:
        while True:
            directories = _directories(paths, files)
            # It watches before a run begins, so that no change is missed.
            pending = not began or _changed_since(began, files)
            for found in changes(
                *sorted(directories),
                watch_filter=_filter(files),
                step=_SETTLED,
                rust_timeout=_LOOK_UP,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=deep,
            ):
                if interrupts.count:
                    return code
                if not found and not pending:
                    continue
                pending = False
                began = time_ns()
                code, read = _run(check)
                files.clear()
                files.update(map(os.path.realpath, read))
                if not all(_is_watched(place, directories, deep=deep) for place in _directories(paths, files)):
                    break  # an include from a directory that is not watched yet


def _filter(files: set[str]) -> Callable[[object, str], bool]:
    """Whether a change of this path is one of a job file."""
    return lambda _change, path: path.endswith(SUFFIXES) or path in files


def _run(check: Callable[[], Run]) -> Run:
    if is_terminal(sys.stdout):
        sys.stdout.write(_CLEAR)
    result = check()
    say(f"{strftime('%H:%M:%S')} watching for changes; Ctrl-C ends")
    return result


def _is_watched(place: Path, directories: set[Path], *, deep: bool) -> bool:
    return place in directories or (deep and not directories.isdisjoint(place.parents))


def _changed_since(began: int, files: Iterable[str]) -> bool:
    """Whether a file was written after the moment ``began`` (clocks of file systems are a little late)."""
    return any(_written_at(file) > began - _CLOCK for file in files)


def _written_at(file: str) -> int:
    try:
        return Path(file).stat().st_mtime_ns
    except OSError:  # an editor that saves replaces the file
        return 0


def _directories(paths: Iterable[str], files: Iterable[str]) -> set[Path]:
    """Directories as a whole, and of single files the directory: an editor that saves replaces the file."""
    places = {Path(path).resolve() if os.path.isdir(path) else Path(path).resolve().parent for path in paths}  # noqa: PTH112
    return {place for place in (*places, *(Path(file).parent for file in files)) if place.is_dir()}
