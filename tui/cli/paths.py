"""The job files that the paths on a command line stand for: files, directories, patterns, and - for standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from spec.errors import UsageError

STDIN: Final = "-"
SUFFIXES: Final = (".conf", ".json", ".hocon")

_OF_TOOLS: Final = frozenset(("__pycache__", "node_modules", "site-packages", "venv"))
_LOOKED_AT: Final = 1 << 16


def job_files(paths: Sequence[str]) -> Iterator[str]:
    """The files that ``paths`` stand for, each once, in order.

    Directories are searched with everything below them for names that end like job files. Names that begin with a dot, the
    directories of tools, and .json files that are no job files are left out; a directory that cannot be searched is among the
    files, so that reading it tells why. A path that does not exist and has ``*``, ``?``
    or ``[`` is a pattern (``**`` crosses directories), whose directories are searched too. Raises UsageError for a directory
    without job files, and for a pattern that nothing matches.
    """
    seen: set[str] = set()
    for path in paths:
        for file in _files(path):
            same = os.path.normpath(file)
            if same not in seen:
                seen.add(same)
                yield file


def _files(path: str) -> Iterator[str]:
    if path == STDIN:
        yield path
    elif os.path.lexists(path) or not glob.has_magic(path):
        yield from _of_directory(path) if os.path.isdir(path) else (path,)  # noqa: PTH112 - Path.is_dir raises for odd names
    else:
        yield from _matching(path)


def _of_directory(path: str) -> Iterator[str]:
    found = False
    for file in _below(path):
        found = True
        yield file
    if not found:
        raise UsageError(f"{path} has no job files", hint=f"job files end in {', '.join(SUFFIXES)}")


def _matching(pattern: str) -> Iterator[str]:
    found = sorted(glob.iglob(pattern, recursive=True))  # noqa: PTH207 - the answer keeps the spelling of the pattern
    if not found:
        raise UsageError(f"no file matches {pattern}")
    everything = pattern.rstrip("/").endswith("**")  # as for a directory: what does not look like a job file is left out
    for path in found:
        if os.path.isdir(path):  # noqa: PTH112 - as above
            yield from _below(path)
        elif not everything or path.endswith(SUFFIXES):
            yield path


def _below(directory: str) -> Iterator[str]:
    unreadable: list[str] = []
    for folder, subfolders, names in os.walk(directory, onerror=lambda error: unreadable.append(str(error.filename))):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in _OF_TOOLS)
        for name in sorted(names):
            path = str(Path(folder, name))
            if name.endswith(SUFFIXES) and not name.startswith(".") and _may_be_job(path):
                yield path
    yield from unreadable


def _may_be_job(path: str) -> bool:
    """Whether a file found in a directory is to be read: many other things end in .json, and job files name their sections."""
    if not path.endswith(".json"):
        return True
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            beginning = file.read(_LOOKED_AT)
    except OSError:
        return True  # reading it will tell
    return any(section in beginning for section in (b'"source"', b'"sink"', b'"plugin_name"'))
