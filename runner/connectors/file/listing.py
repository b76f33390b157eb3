"""Which files a path stands for, and the columns that their directories add."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from runner.connectors.base import file_error, missing_file
from runner.connectors.options import Options

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read. ``partitions``: the ``name=value`` directories between the option's path and the file, and above."""

    path: Path
    size: int
    partitions: tuple[tuple[str, str | None], ...]


def list_files(root: Path, pattern: str | None, *, options: Options) -> list[InputFile]:
    """The files below ``root`` (or ``root`` itself), sorted by path. Names that start with a dot, ``_SUCCESS`` and empty
    files are passed over; ``pattern`` is a regular expression for whole names. Raises PluginError.
    """
    if not root.exists():
        raise missing_file(root)
    paths = [root] if root.is_file() else list(_walk(root))
    if pattern is not None:
        paths = _matching(paths, pattern, options)
    found = []
    for path in sorted(paths):
        try:
            size = path.stat().st_size
        except OSError as error:
            raise file_error(error, path, "look at") from error
        if size:
            found.append(InputFile(path, size, path_partitions(path)))
    return found


def _walk(root: Path) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        raise file_error(error, error.filename or root, "list")

    for directory, names, files in os.walk(root, onerror=failed):
        names[:] = [name for name in names if not name.startswith(".")]
        yield from (Path(directory, name) for name in files if not name.startswith(".") and name != "_SUCCESS")


def _matching(paths: list[Path], pattern: str, options: Options) -> list[Path]:
    """RE2 decides, so that no pattern can take forever."""
    names = pa.array([path.name for path in paths], type=pa.string())
    try:
        matches = pc.match_substring_regex(names, f"^(?:{pattern})$").to_pylist()
    except pa.ArrowInvalid as error:
        raise options.error(
            "file_filter_pattern", f"is no regular expression: {pattern!r}", hint="`.*[.]csv` stands for all csv files"
        ) from error
    return [path for path, matched in zip(paths, matches, strict=True) if matched]


def path_partitions(path: Path) -> tuple[tuple[str, str | None], ...]:
    """The ``name=value`` directories of a file's path, outermost first."""
    found = []
    for part in path.parts[:-1]:
        name, separator, value = part.partition("=")
        if separator and name:
            found.append((unquote(name), None if value == _HIVE_NULL else unquote(value)))
    return tuple(found)
