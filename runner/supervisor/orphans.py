"""Which worker processes a daemon has, written down so that the daemon after a crash can make sure that they are gone."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from runner.home import Home
from runner.supervisor.descent import end_strays
from runner.supervisor.fork_server import ForkServerError
from runner.supervisor.processes import ProcessIdentity, boot_id, signal_group

_log = logging.getLogger(__name__)
NOTHING_NOTED = "workers-not-noted"
_PATIENCE = 5.0
_LOOK_INTERVAL = 0.01


def remember_workers(home: Home, execution_id: str, processes: Sequence[tuple[int, float]]) -> None:
    """Write down the workers of an execution: process ids with start times. Raises :class:`ForkServerError`: a worker that a
    later daemon would not know of must not run."""
    path = home.workers_file(execution_id)
    temporary = path.with_suffix(".new")
    boot = boot_id()
    try:
        temporary.write_bytes(msgspec.json.encode([ProcessIdentity(pid, started, boot) for pid, started in processes]))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        message = f"the workers cannot be noted in {path}: {error.strerror}"
        raise ForkServerError(message, hint="is the disk full?", code=NOTHING_NOTED) from error


def forget_workers(home: Home, execution_id: str) -> None:
    """They are gone."""
    home.workers_file(execution_id).unlink(missing_ok=True)


def noted_executions(home: Home) -> set[str]:
    """The executions whose workers are written down."""
    return {path.stem for path in home.workers.glob("*.json")}


def end_orphans(home: Home) -> list[int]:
    """Kill every worker that a former daemon of this home has left, with its process group and all that its plugins started;
    the ids of those that lived. A process is taken for the worker only when its id, its start time and the boot fit."""
    ended = [pid for path in home.workers.glob("*.json") for pid in _end_noted(path)]
    ended += end_strays(home.path, None)
    for path in home.workers.iterdir():
        path.unlink(missing_ok=True)
    return ended


def end_workers(home: Home, execution_id: str) -> list[int]:
    """The same for the workers of one execution that nobody runs any more."""
    path = home.workers_file(execution_id)
    ended = _end_noted(path) if path.exists() else []
    path.unlink(missing_ok=True)
    return ended


def _end_noted(path: Path) -> list[int]:
    found = [process for process in _read(path) if process.pid != os.getpid() and process.is_alive()]
    for process in found:
        signal_group(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE
    while alive := [process.pid for process in found if process.is_alive()]:
        if time.monotonic() > deadline:
            _log.error("the orphaned workers %s do not die", alive)
            break
        time.sleep(_LOOK_INTERVAL)
    return [process.pid for process in found]


def _read(path: Path) -> list[ProcessIdentity]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[ProcessIdentity])
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("cannot read %s: %s", path, error)
        return []
