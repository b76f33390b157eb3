"""Processes that a worker's plugins have started: known by a mark in their environment, which they inherit.

A connector may start programs, and those may leave its process group and outlive it. Whatever carries the mark of a home and of
a fork server that is no more belongs to nobody. A program that clears its environment is found only while its fork server lives
(see :mod:`runner.supervisor.zygote`).
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from runner.supervisor.processes import kill_if

MARK = "FLOWDECK_WORKERS_OF"
_log = logging.getLogger(__name__)


def mark_of(home: Path, fork_server: str) -> str:
    """What the environment of everything that descends from that fork server says."""
    return f"{fork_server} {home}"


def end_strays(home: Path, current: str | None) -> list[int]:
    """Kill every process that descends from a former fork server of ``home`` (``current``: the one that is not former); their
    ids. Looks at the processes of this user only, and only on Linux."""
    if sys.platform != "linux":
        return []
    others = {int(name) for name in os.listdir("/proc") if name.isdigit()} - {os.getpid()}  # noqa: PTH208 - names, not paths
    ended = [pid for pid in others if _end_if_stray(pid, home, current)]
    if ended:
        _log.warning("ended processes that descended from workers of a former fork server: %s", ended)
    return ended


def _end_if_stray(pid: int, home: Path, current: str | None) -> bool:
    return _is_stray(pid, home, current) and kill_if(pid, lambda: _is_stray(pid, home, current))


def _is_stray(pid: int, home: Path, current: str | None) -> bool:
    fork_server, _, place = _mark(pid).partition(b" ")
    return place == os.fsencode(home) and fork_server != (current or "").encode()


def _mark(pid: int) -> bytes:
    prefix = f"{MARK}=".encode()
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # it is gone, or another user's
        return b""
    return next((entry.removeprefix(prefix) for entry in environment.split(b"\0") if entry.startswith(prefix)), b"")
