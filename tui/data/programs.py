"""A person's own programs and files: the pager, the editor, and files that are written for them."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from spec.errors import UsageError

_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 60
_TRIES = 100


class ProgramUnusable(UsageError):
    """The pager or the editor cannot be run."""

    code = "program-unusable"


def pager(environment: Mapping[str, str]) -> list[str]:
    """The command that shows a file: ``$PAGER``, else less."""
    return _command(environment, ("PAGER",), "less")


def editor(environment: Mapping[str, str]) -> list[str]:
    """The command that edits a file: ``$VISUAL``, ``$EDITOR``, else vi."""
    return _command(environment, ("VISUAL", "EDITOR"), "vi")


def _command(environment: Mapping[str, str], names: tuple[str, ...], default: str) -> list[str]:
    name = next((name for name in names if environment.get(name, "").strip()), names[-1])
    try:
        words = shlex.split(environment.get(name, "")) or [default]
    except ValueError as error:
        raise ProgramUnusable(f"${name} cannot be read: {error}", hint="quotes have to be closed") from error
    return words


@contextmanager
def private_file(name: str, text: str) -> Iterator[Path]:
    """A file that only this person can read, in a directory of its own; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="flowdeck-") as directory:
        path = Path(directory, safe_name(name))
        path.write_text(text, encoding="utf-8")
        yield path


def safe_name(name: str) -> str:
    """``name`` as the name of a file: without separators, blanks and what is odd; never hidden, never empty."""
    return _ODD.sub("-", name).strip(".-")[:_LONGEST_NAME] or "job"


def write_new(directory: Path, stem: str, suffix: str, text: str) -> Path:
    """Write a file that was not there before, readable by its owner only, and return where. Raises OSError, among others when
    a hundred names are taken."""
    for number in range(1, _TRIES + 1):
        path = directory / f"{safe_name(stem)}{f'-{number}' if number > 1 else ''}{suffix}"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(text)
        return path
    raise FileExistsError(f"{directory} has a hundred files of that name already")
