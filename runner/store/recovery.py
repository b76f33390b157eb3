"""Opening a database file that a crash, a full disk or another program may have left in any condition.

A damaged write-ahead log is copied and cut where DuckDB says it breaks; everything committed before that point is kept. Nothing
is ever deleted here: what cannot be used is kept under another name.
"""

from __future__ import annotations

import datetime
import os
import re
import shlex
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from runner.store.errors import StoreError
from runner.store.state_files import sync_directory

CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "memory_limit": "512MB",
    "threads": "2",
    # The allocator keeps what short queries free, by default up to 128 MB a thread: a daemon would grow for hours.
    "allocator_background_threads": "true",
    "allocator_flush_threshold": "1MB",
    # A statement that joins takes some 12 MB for a moment. Given back each time, the next one waits until its pages are made
    # anew: 12 ms instead of 2 for one look of a hundred.
    "allocator_bulk_deallocation_flush_threshold": "16MB",
}
MAXIMUM_REPAIRS = 5
LOCK_RETRY = 0.1

_DAMAGED_WAL = re.compile(r'replaying (?:checkpoint )?WAL file "(?P<path>[^"]+)".*byte position (?P<position>\d+)', re.DOTALL)
_LOCK_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
_CORRUPT = (
    "not a valid DuckDB database file",
    "Corrupt database file",
    "Could not read enough bytes",
    "WAL does not match database file",
    "replaying WAL file",
    "replaying checkpoint WAL file",
)


@dataclass(frozen=True)
class WalRepair:
    """A write-ahead log that was cut at ``position``; ``backup`` is the log as it was."""

    wal: Path
    backup: Path
    position: int
    dropped_bytes: int
    reason: str

    def __str__(self) -> str:
        return (
            f"the write-ahead log {self.wal} was damaged at byte {self.position}: {self.dropped_bytes} bytes were cut off, "
            f"the whole log is kept as {self.backup} ({self.reason})"
        )


@dataclass
class OpenReport:
    """What opening the database took; ``messages`` are for the daemon's log."""

    repairs: list[WalRepair] = field(default_factory=list)
    moved: list[tuple[Path, Path]] = field(default_factory=list)
    removed_orphans: list[Path] = field(default_factory=list)
    migration_backup: Path | None = None
    losses: list[str] = field(default_factory=list)
    damaged: Path | None = None
    compacted: int = 0
    version_before: int = 0
    version: int = 0

    def messages(self) -> list[str]:
        """One sentence per thing that a person should know; empty after an ordinary opening."""
        found = [str(repair) for repair in self.repairs]
        found += [f"{source} belonged to nothing known and is kept as {target}" for source, target in self.moved]
        if self.removed_orphans:
            found.append(f"state files of unfinished checkpoints that were removed: {len(self.removed_orphans)}")
        if self.damaged:
            lost = "; ".join(self.losses) or "nothing that was looked for is lost"
            found.append(f"the database was damaged, what can be read was saved: {lost}. The damaged one is {self.damaged}")
        if self.compacted:
            found.append(f"the database was mostly free space; written anew it is {self.compacted} bytes smaller")
        if self.migration_backup:
            change = f"from version {self.version_before} to {self.version}"
            found.append(f"the database went {change}; a copy of the former is {self.migration_backup}")
        return found


def connect(path: Path, patience: float, report: OpenReport) -> duckdb.DuckDBPyConnection:
    """Open the database, repairing its log if needed. Another process's lock is waited for ``patience`` seconds.

    StoreError ``store-locked``, ``store-corrupt``, ``store-newer`` or ``store-unavailable``.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return duckdb.connect(str(path), config=CONFIGURATION)
        except duckdb.Error as error:
            text = str(error)
            if "Could not set lock" in text and time.monotonic() < deadline:
                time.sleep(LOCK_RETRY)
            elif not (len(report.repairs) < MAXIMUM_REPAIRS and _repair(path, text, report)):
                raise _opening_error(path, text) from error


def set_aside(path: Path, purpose: str) -> Path:
    """A name beside ``path`` that says what and when, and is free: ``<name>.<purpose>-<UTC time>``."""
    stamp = _stamp()
    candidate = path.with_name(f"{path.name}.{purpose}-{stamp}")
    number = 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}.{purpose}-{stamp}-{number}")
    return candidate


def copy_durably(source: Path, target: Path) -> None:
    """Copy a file so that the copy survives a power failure once this returns; on failure there is none."""
    try:
        shutil.copyfile(source, target)
        target.chmod(0o600)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        raise
    sync_directory(target.parent)


def move(source: Path, purpose: str, report: OpenReport) -> None:
    """Move something aside and say so in the report."""
    target = set_aside(source, purpose)
    source.rename(target)
    sync_directory(target.parent)
    report.moved.append((source, target))


def keep_lonely_log(path: Path, report: OpenReport) -> None:
    """DuckDB would silently drop a log whose database is gone (moved aside by a person, say)."""
    log = log_of(path)
    if not path.exists() and log.exists():
        move(log, "orphaned", report)


def note_loss(path: Path) -> None:
    """Remember, until :func:`forget_loss`, that rows may be missing that name files beside the database."""
    _loss_of(path).touch(mode=0o600)


def has_lost_rows(path: Path) -> bool:
    """Whether that is so."""
    return _loss_of(path).exists()


def forget_loss(path: Path) -> None:
    """What those rows may have named is in safety."""
    _loss_of(path).unlink(missing_ok=True)


def move_unknown_savepoints(path: Path, known: set[tuple[str, int]], report: OpenReport) -> None:
    """Move the directories of savepoints that no row names out of the way of those who tidy up; they can be restored from
    there."""
    root = path.parent / "savepoints"
    found = [one for one in root.glob("*/*") if one.name.isdecimal() and (one.parent.name, int(one.name)) not in known]
    if not found:
        return
    aside = set_aside(root, "orphaned")
    for directory in found:
        (aside / directory.parent.name).mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.rename(aside / directory.parent.name / directory.name)
    report.moved.append((root, aside))


def _loss_of(path: Path) -> Path:
    return path.with_name(path.name + ".incomplete")


def log_of(path: Path) -> Path:
    """Where DuckDB keeps the write-ahead log of a database."""
    return path.with_name(path.name + ".wal")


def quoted(path: Path) -> str:
    """The path as text in a statement."""
    return "'" + str(path).replace("'", "''") + "'"


def _repair(path: Path, text: str, report: OpenReport) -> bool:
    match = _DAMAGED_WAL.search(text)
    if match is None:
        return False
    log, position = Path(match["path"]), int(match["position"])
    ours = {log_of(path).resolve(), log_of(path).with_name(path.name + ".wal.checkpoint").resolve()}
    size = log.stat().st_size if log.resolve() in ours else 0
    if not position < size:
        return False
    backup = set_aside(log, "damaged")
    copy_durably(log, backup)
    note_loss(path)
    with log.open("r+b") as file:
        file.truncate(position)
        os.fsync(file.fileno())
    reason = text.rsplit(": ", 1)[-1]
    report.repairs.append(WalRepair(log, backup, position, size - position, reason))
    return True


def _opening_error(path: Path, text: str) -> StoreError:
    if "Could not set lock" in text:
        return _locked(path, text)
    if "version number" in text:
        return StoreError(
            f"the database {path} was written by a newer DuckDB: {text}",
            code="store-newer",
            hint="use the newer flowdeck again",
        )
    if any(sign in text for sign in _CORRUPT):
        return corrupt(path, text)
    return StoreError(
        f"the database {path} cannot be opened: {text}", code="store-unavailable", hint="check the directory's disk and rights"
    )


def corrupt(path: Path, text: str) -> StoreError:
    """The error for a main file that DuckDB cannot read. The hint's commands move everything of the store aside."""
    aside = shlex.quote(str(path.parent / f"damaged-{_stamp()}"))
    states = path.parent / "checkpoints"
    moved = f"{shlex.quote(str(path))}*" + (f" {shlex.quote(str(states))}" if states.exists() else "")
    return StoreError(
        f"the database {path} is damaged: {text}",
        code="store-corrupt",
        hint=(
            f"restore it from a backup, or start afresh: mkdir {aside} && mv {moved} {aside} "
            "(job files are not affected; checkpoints and history are lost)"
        ),
    )


def damaged(path: Path, text: str) -> StoreError:
    """The error for a block that cannot be read while the rest can."""
    return StoreError(
        f"the database {path} is damaged: {text}",
        code="store-corrupt",
        hint="start the daemon again: it saves what can be read and says what is lost (flowdeck down, then flowdeck up)",
    )


def jobs_lost(path: Path, saved: Path, losses: str) -> StoreError:
    """The error for a database of which jobs cannot be read. The hint's commands go on with what was saved of it."""
    aside = path.parent / f"damaged-{_stamp()}"
    kept, place = shlex.quote(str(aside)), shlex.quote(str(path))
    return StoreError(
        f"the database {path} is damaged, and jobs are lost with it ({losses})",
        code="store-corrupt",
        hint=(
            f"restore it from a backup, or go on with what could be read: mkdir {kept} && mv {place}* {kept} && "
            f"mv {shlex.quote(str(aside / saved.name))} {place} && "
            f"mv {shlex.quote(str(aside / _loss_of(path).name))} {shlex.quote(str(path.parent))} "
            "(a job that is lost begins anew when it is submitted again: look at what it has written before)"
        ),
    )


def _stamp() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")


def _locked(path: Path, text: str) -> StoreError:
    holder = _LOCK_HOLDER.search(text)
    who = f"process {holder['pid']} ({holder['program']})" if holder else "another process"
    return StoreError(
        f"the database {path} is held by {who}",
        code="store-locked",
        hint="end that process; while flowdeck is up, use its commands and API instead of opening the file",
    )
