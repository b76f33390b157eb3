"""The directory that belongs to one daemon: where its files are, and the lock that keeps a second daemon out.

Knows paths and permissions only; what the files contain is the business of the rooms that write them. Imports nothing heavy,
because every client needs it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import stat
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from runner.user_home import expanded, user_home
from spec.errors import UsageError

# sockaddr_un holds 104 bytes on macOS and 108 on Linux, the terminating zero included.
MAXIMUM_SOCKET_PATH = 100
_EXECUTION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
# A client that only looks whether the lock is held has it for an instant; a daemon that starts in that instant waits this long.
_LOCK_PATIENCE = 0.5


class HomeLocked(UsageError):
    """Another daemon holds the home. ``pid`` is its process id, None when it could not be read."""

    code = "home-locked"

    def __init__(self, path: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid is not None else "another process"
        super().__init__(
            f"the home {path} is in use by {holder}",
            hint="stop that daemon with `flowdeck down`, or choose another home with --home or FLOWDECK_HOME",
        )
        self.pid = pid


class HomeUnusable(UsageError):
    """The home cannot be created, or is not private to this user."""

    code = "home-unusable"


class Home:
    """The paths of one home directory.

    ``path`` None means ``FLOWDECK_HOME`` or, without it, the user's state directory. Nothing is created until
    :meth:`create` or :meth:`acquire`.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        # The name as given, not what a symbolic link leads to: people and messages use that name.
        self.path = Path(os.path.abspath(default_home() if path is None else path))  # noqa: PTH100

    def __repr__(self) -> str:
        return f"Home({str(self.path)!r})"

    @property
    def lock_path(self) -> Path:
        """The lock file; holds the daemon's process id while it runs."""
        return self.path / "daemon.lock"

    @property
    def store_path(self) -> Path:
        """The DuckDB file that the daemon owns."""
        return self.path / "control.duckdb"

    @property
    def daemon_log(self) -> Path:
        """What the daemon and its fork server print."""
        return self.path / "daemon.log"

    @property
    def logs(self) -> Path:
        """The directory of the executions' logs."""
        return self.path / "logs"

    @property
    def workers(self) -> Path:
        """The directory that says which worker processes are alive, for the daemon that comes after a crash."""
        return self.path / "workers"

    @property
    def savepoints(self) -> Path:
        """The directory of the savepoints' own directories, by job and number."""
        return self.path / "savepoints"

    def savepoint_directory(self, job_id: str, number: int) -> Path:
        """The directory of one savepoint. Raises ``ValueError`` for anything that is not a plain id."""
        return self.savepoints / _plain_id(job_id) / str(int(number))

    def log_file(self, execution_id: str) -> Path:
        """The log of one execution. Raises ``ValueError`` for anything that is not a plain id."""
        return self.logs / f"{_plain_id(execution_id)}.jsonl"

    def log_files(self, execution_id: str) -> tuple[Path, Path]:
        """Its log, and what its processes print besides. Raises ``ValueError`` for anything that is not a plain id."""
        log = self.log_file(execution_id)
        return log, log.with_name(log.name + ".stderr")

    def workers_file(self, execution_id: str) -> Path:
        """The worker processes of one execution. Raises ``ValueError`` for anything that is not a plain id."""
        return self.workers / f"{_plain_id(execution_id)}.json"

    @property
    def socket_path(self) -> Path:
        """Where the API listens: ``api.sock`` in the home, or a short path in the temporary directory when that is too long."""
        inside = self.path / "api.sock"
        if len(os.fsencode(inside)) <= MAXIMUM_SOCKET_PATH:
            return inside
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16] + ".sock"
        for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - the directory below it is private and checked
            outside = parent / f"flowdeck-{os.getuid()}" / name
            if len(os.fsencode(outside)) <= MAXIMUM_SOCKET_PATH:
                break
        return outside

    def create(self) -> None:
        """Make the directories, readable by this user alone. Raises :class:`HomeUnusable`."""
        for directory in (self.path, self.logs, self.workers):
            _make_private(directory)
        outside = self.socket_path.parent
        if outside != self.path:
            # The temporary directory is open to everybody: a link planted there must not lead us elsewhere.
            if outside.is_symlink():
                raise HomeUnusable(f"{outside} is a symbolic link", hint="remove it, or choose a home with a shorter path")
            _make_private(outside)

    def acquire(self) -> HomeLock:
        """Create the home if needed and lock it for this process.

        Waits at most half a second. Raises :class:`HomeLocked` when another process holds it, :class:`HomeUnusable`.
        """
        self.create()
        return HomeLock(self)

    def holder(self) -> int | None:
        """The process id of the daemon that holds the home, or None when nobody does."""
        try:
            descriptor = os.open(self.lock_path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_pid(descriptor)
        finally:
            os.close(descriptor)
        return None


class HomeLock:
    """The right to be the daemon of a home. Released by :meth:`release`, by leaving the context, and by the process's death."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._descriptor: int | None = os.open(home.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _lock_patiently(self._descriptor, home.path)
            _write_pid(self._descriptor)
            self.remove_socket()
        except BaseException:
            self._close()
            raise

    def remove_socket(self) -> None:
        """Remove the API's socket; only its owner, or a later daemon after a crash, may do that."""
        with contextlib.suppress(FileNotFoundError):
            self.home.socket_path.unlink()

    def release(self) -> None:
        """Remove the socket and let the next daemon in. Does nothing the second time."""
        if self._descriptor is None:
            return
        self.remove_socket()
        os.ftruncate(self._descriptor, 0)
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def default_home() -> Path:
    """``FLOWDECK_HOME``, or the place where this system keeps a user's state. Raises :class:`HomeUnusable` when it has none."""
    chosen = os.environ.get("FLOWDECK_HOME")
    if chosen:
        return expanded(chosen)
    if sys.platform == "darwin":
        return _user_home() / "Library" / "Application Support" / "flowdeck"
    state = os.environ.get("XDG_STATE_HOME")
    # The XDG specification says that a relative path is to be ignored.
    base = Path(state) if state and Path(state).is_absolute() else _user_home() / ".local" / "state"
    return base / "flowdeck"


def _user_home() -> Path:
    found = user_home()
    if found is None:
        raise HomeUnusable("this user has no home directory", hint="choose a place with --home or FLOWDECK_HOME")
    return found


def _plain_id(execution_id: str) -> str:
    if not _EXECUTION_ID.fullmatch(execution_id):
        raise ValueError(f"not a plain id: {execution_id!r}")
    return execution_id


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.stat()
        if found.st_uid != os.getuid():
            raise HomeUnusable(f"{directory} belongs to another user", hint="choose another home with --home or FLOWDECK_HOME")
        if stat.S_IMODE(found.st_mode) & 0o077:
            directory.chmod(0o700)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise HomeUnusable(f"cannot write to {directory}", hint="choose another home with --home or FLOWDECK_HOME")
    except OSError as error:
        raise HomeUnusable(
            f"cannot use {directory} as a home: {error.strerror or error}",
            hint="choose another one with --home or FLOWDECK_HOME",
        ) from error


def _lock_patiently(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise HomeLocked(path, _read_pid(descriptor)) from None
            time.sleep(0.02)
        except OSError as error:
            if error.errno in {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}:
                raise HomeUnusable(f"{path} is on a file system without locks", hint="choose a local directory") from error
            raise
        else:
            return


def _read_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else None


def _write_pid(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
