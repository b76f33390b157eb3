"""Which worker processes a daemon has, written down so that the daemon after a crash can make sure that they are gone."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from runner.home import Home
from runner.supervisor.fork_server import ForkServerError, signal_group

_log = logging.getLogger(__name__)
# The system's clock may be set between two looks at a start time; no process id comes round again within this.
_START_TOLERANCE = 2.0
_PATIENCE = 5.0


class _Process(msgspec.Struct, frozen=True):
    pid: int
    started: float


def remember_workers(home: Home, execution_id: str, processes: Sequence[tuple[int, float]]) -> None:
    """Write down the workers of an execution: process ids with start times. Raises :class:`ForkServerError`: a worker that a
    later daemon would not know of must not run."""
    path = home.workers_file(execution_id)
    temporary = path.with_suffix(".new")
    try:
        temporary.write_bytes(msgspec.json.encode([_Process(pid, started) for pid, started in processes]))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ForkServerError(f"the workers cannot be noted in {path}: {error.strerror}", hint="is the disk full?") from error


def forget_workers(home: Home, execution_id: str) -> None:
    """They are gone."""
    home.workers_file(execution_id).unlink(missing_ok=True)


def end_orphans(home: Home) -> list[int]:
    """Kill every worker that a former daemon of this home has left, with its process group; the ids of those that lived.

    A process is taken for the worker only when both its id and its start time fit.
    """
    found: list[psutil.Process] = []
    for path in home.workers.glob("*.json"):
        for process in _read(path):
            orphan = _alive(process)
            if orphan is not None:
                found.append(orphan)
    for orphan in found:
        signal_group(orphan.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(found, timeout=_PATIENCE)
    for orphan in alive:
        _log.error("the orphaned worker %s does not die", orphan.pid)
    for path in home.workers.iterdir():
        path.unlink(missing_ok=True)
    return [orphan.pid for orphan in found]


def _read(path: Path) -> list[_Process]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[_Process])
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("cannot read %s: %s", path, error)
        return []


def _alive(process: _Process) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(process.pid)
        same = abs(found.create_time() - process.started) <= _START_TOLERANCE
        if same and found.status() != psutil.STATUS_ZOMBIE and found.pid != os.getpid():
            return found
    return None
