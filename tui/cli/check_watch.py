"""`check --watch`: check again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import strftime
from typing import TypeAlias

from tui.cli.interrupts import Interrupts
from tui.cli.paths import SUFFIXES
from tui.cli.terminal import is_terminal, say

# The exit code of a run, and the names of all files it read.
Run: TypeAlias = tuple[int, Sequence[str]]

_CLEAR = "\x1b[2J\x1b[3J\x1b[H"
_SETTLED = 50  # milliseconds without a change, after one
_LOOK_UP = 100  # milliseconds between two looks for Ctrl-C


def watch(check: Callable[[], Run], paths: Sequence[str]) -> int:
    """Run ``check``, then again after each change of a job file in or below ``paths``, or of a file that it read. Returns the
    exit code of the last run once Ctrl-C ends it."""
    from watchfiles import watch as changes

    code, files = 0, list[str]()
    pending = True
    with Interrupts() as interrupts:
        while True:
            directories = _directories(paths, files)
            # It watches before the first run begins, so that no change is missed.
            for found in changes(
                *sorted(directories),
                watch_filter=_filter(frozenset(files)),
                step=_SETTLED,
                rust_timeout=_LOOK_UP,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=any(map(os.path.isdir, paths)),
            ):
                if interrupts.count:
                    return code
                if not found and not pending:
                    continue
                pending = False
                code, read = _run(check)
                files = [os.path.realpath(file) for file in read]
                if not _directories(paths, files) <= directories:
                    break  # an include from a directory that is not watched yet


def _filter(files: frozenset[str]) -> Callable[[object, str], bool]:
    """Whether a change of this path is one of a job file."""
    return lambda _change, path: path.endswith(SUFFIXES) or path in files


def _run(check: Callable[[], Run]) -> Run:
    if is_terminal(sys.stdout):
        sys.stdout.write(_CLEAR)
    result = check()
    say(f"{strftime('%H:%M:%S')} watching for changes; Ctrl-C ends")
    return result


def _directories(paths: Iterable[str], files: Iterable[str]) -> set[Path]:
    """Directories as a whole, and of single files the directory: an editor that saves replaces the file."""
    places = {Path(path).resolve() if os.path.isdir(path) else Path(path).resolve().parent for path in paths}  # noqa: PTH112
    return {place for place in (*places, *(Path(file).parent for file in files)) if place.is_dir()}
