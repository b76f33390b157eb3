"""Which process is meant: a number, the moment it started and the boot that was in, never a number alone.

The moment is counted from the system's start, so that setting its clock changes nothing.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

# In /proc/PID/stat, counted after the name, which may hold anything.
_STATE, _START = 0, 19
_DEAD = (b"Z", b"X")
_START_TOLERANCE = 2.0


class ProcessIdentity(msgspec.Struct, frozen=True):
    """One process of one boot. ``started``: seconds, as :func:`start_time` tells them."""

    pid: int
    started: float
    boot: str = ""

    def is_alive(self) -> bool:
        """Whether it runs; a zombie does not."""
        return self.boot == boot_id() and is_running(self.pid, self.started)


def this_process() -> ProcessIdentity:
    """The process that asks."""
    return identity_of(os.getpid())


def identity_of(pid: int) -> ProcessIdentity:
    """The process that has this number now (or none, which is alive for nobody)."""
    return ProcessIdentity(pid, start_time(pid) or 0.0, boot_id())


@functools.cache
def boot_id() -> str:
    """What this start of the system is called; another one has another name."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"booted at {round(psutil.boot_time())}"


def uptime() -> float:
    """Seconds since the system started, those that it slept included; nobody can set this clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def start_time(pid: int) -> float | None:
    """When the process started, in seconds of a clock that nobody can set; None when there is none."""
    if sys.platform == "linux":
        found = _stat(pid)
        return None if found is None else int(found[_START]) / os.sysconf("SC_CLK_TCK")
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_running(pid: int, started: float) -> bool:
    """Whether the process of that number and start time is there and no zombie."""
    if sys.platform == "linux":
        found = _stat(pid)
        return found is not None and found[_STATE] not in _DEAD and int(found[_START]) / os.sysconf("SC_CLK_TCK") == started
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) <= _START_TOLERANCE and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def signal_group(pid: int, number: int) -> None:
    """Signal the process group that ``pid`` leads, or ``pid`` alone as long as it has not made itself a leader."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def kill_if(pid: int, condition: Callable[[], bool]) -> bool:
    """SIGKILL the process if ``condition`` holds of it; whether that was done. Where the system has handles on processes, no
    other one can take the number in between."""
    try:
        handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except OSError:
        return False
    try:
        if not condition():
            return False
        if handle is None:
            os.kill(pid, signal.SIGKILL)
        else:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except OSError:  # it is gone, or is not ours
        return False
    finally:
        if handle is not None:
            os.close(handle)
    return True


def _stat(pid: int) -> list[bytes] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
