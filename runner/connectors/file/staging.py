"""Files that become visible all at once: written under a staging name, made durable, then renamed.

A staging directory belongs to one job: ``<path>/.flowdeck-staging/<job id>/``. Names in it are unique to an attempt, a worker
and a sink, so nothing that a dead attempt left can be taken for something else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from runner.connectors.base import NotPrepared, PluginContext, TargetError, file_error

STAGING = ".flowdeck-staging"

# How often a directory is made again because its other user has just removed it, empty as it was.
_RIVALS = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def staging_directory(target: Path, job_id: str) -> Path:
    """Where a job's unfinished files for ``target`` are."""
    return target / STAGING / safe_name(job_id)


def safe_name(text: str) -> str:
    """``text`` as one harmless component of a path."""
    safe = _UNSAFE.sub("_", text)
    return safe if safe.strip(".") else f"_{safe}"


def digest(text: str) -> str:
    """Ten hexadecimal digits that stand for ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def attempt_prefix(context: PluginContext) -> str:
    """What the staging names of this attempt begin with."""
    return f"{digest(context.attempt)}-"


def make_staging(staging: Path) -> None:
    """Create a job's staging directory. Refuses a symbolic link in its place."""
    for part in (staging.parent, staging):
        if part.is_symlink():
            raise TargetError(f"{part} is a symbolic link; flowdeck does not write through it", position=str(part))
    make_directory(staging)


def make_directory(directory: Path) -> None:
    """Create ``directory`` and what is missing above it, durably."""
    for rival in reversed(range(_RIVALS)):
        try:
            _make_missing(directory)
        except FileNotFoundError as error:
            if not rival:
                raise file_error(error, directory, "create") from error
        except OSError as error:
            raise file_error(error, directory, "create") from error
        else:
            return


def _make_missing(directory: Path) -> None:
    missing = []
    probe = directory
    while not probe.is_dir():
        missing.append(probe)
        probe = probe.parent
    for part in reversed(missing):
        part.mkdir(exist_ok=True)
        sync_directory(part.parent)


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    _sync(path, os.O_RDONLY)


def sync_directory(directory: Path) -> None:
    """Make a directory's entries durable."""
    _sync(directory, os.O_RDONLY | os.O_DIRECTORY)


def _sync_if_there(directory: Path) -> None:
    """Another worker that is done may remove the staging directory at any moment once it is empty."""
    try:
        sync_directory(directory)
    except NotPrepared:
        if directory.exists():
            raise


def _sync(path: Path, flags: int) -> None:
    """Raises NotPrepared while nothing has been tried yet; once an fsync has failed, nobody knows what is on the disk."""
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC)
    except OSError as error:
        found = file_error(error, path, "make durable")
        if found.retriable:
            raise NotPrepared(found.message, hint=found.hint, code=found.code, position=found.position) from error
        raise found from error
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise file_error(error, path, "make durable") from error
    finally:
        os.close(descriptor)


def directories_between(staged: Iterable[Path], staging: Path) -> list[Path]:
    """The directories that hold the ``staged`` files, up to and including ``staging``; the deepest first."""
    found: set[Path] = set()
    for file in staged:
        for directory in file.parents:
            found.add(directory)
            if directory == staging:
                break
    return sorted(found, key=lambda directory: len(directory.parts), reverse=True)


def publish(files: Sequence[tuple[Path, Path]], staging: Path, mark: Path | None = None) -> None:
    """Rename every (staged, final) pair and make the renames durable. A pair that was renamed before is left alone, and made
    durable again: whoever renamed it may have died before that. ``mark``: if it is there, all of them were renamed before, and
    final ones that are gone were taken."""
    for staged, final in files:
        if not final.parent.is_dir():
            make_directory(final.parent)
        _rename(staged, final, mark)
    for directory in {final.parent for _, final in files}:
        sync_directory(directory)
    for directory in {staged.parent for staged, _ in files}:
        _sync_if_there(directory)
    for directory in directories_between((staged for staged, _ in files), staging):
        if directory != staging:
            with contextlib.suppress(OSError):  # not empty yet, or removed before
                directory.rmdir()


def _rename(staged: Path, final: Path, mark: Path | None) -> None:
    if os.path.lexists(final):
        if staged.exists():
            raise TargetError(
                f"{final} is there already and is not this job's", hint="move it away and restart the job", position=str(final)
            )
        return
    try:
        staged.rename(final)
    except FileNotFoundError as error:
        if os.path.lexists(final):  # a worker that is being killed came to it first: its last system call may still happen
            return
        if mark is not None and mark.exists():
            return
        raise TargetError(
            f"{final.name} was written and is gone: neither {staged} nor {final} exists", position=str(final)
        ) from error
    except OSError as error:
        raise file_error(error, final, "write") from error


def discard(staging: Path, *, keep_prefix: str | None) -> None:
    """Remove everything from ``staging`` but names that begin with ``keep_prefix``, and what is empty then."""
    try:
        entries = list(os.scandir(staging))
    except (FileNotFoundError, NotADirectoryError):
        entries = []  # the directory above may be there all the same: whoever made it was killed before it made this one
    for entry in entries:
        if keep_prefix is None or not entry.name.startswith(keep_prefix):
            _remove(Path(entry.path), is_directory=entry.is_dir(follow_symlinks=False))
    remove_empty(staging)


def _remove(path: Path, *, is_directory: bool) -> None:
    try:
        if is_directory:
            for entry in os.scandir(path):
                _remove(Path(entry.path), is_directory=entry.is_dir(follow_symlinks=False))
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise file_error(error, path, "remove") from error


def remove_empty(staging: Path) -> None:
    """Remove the job's staging directory and the one above it if nothing is in them."""
    for directory in (staging, staging.parent):
        try:
            directory.rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # not empty
            return
