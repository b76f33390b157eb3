"""Holds a worker to the directories that who submitted its job may use, whatever links somebody makes there meanwhile.

Paths are compared when a job is submitted; between that and their use a link may be changed. The kernel looks at each opening
instead (Landlock, Linux 5.13 and later), of the worker, its libraries and what it starts. This is for jobs that came over TCP;
who uses the unix socket is not confined.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from runner.protocol import Settle, Start
from runner.worker.spill import SpillDirectory

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG: Final = 1
_PATH_BENEATH: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38


class Access(enum.IntFlag):
    """What may be done with files, in the kernel's bits."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14


_READ: Final = Access.EXECUTE | Access.READ_FILE | Access.READ_DIR
_OF_FILES: Final = Access.EXECUTE | Access.WRITE_FILE | Access.READ_FILE | Access.TRUNCATE
_USE: Final = (
    (_READ & ~Access.EXECUTE)
    | Access.WRITE_FILE
    | Access.TRUNCATE
    | Access.REMOVE_DIR
    | Access.REMOVE_FILE
    | Access.MAKE_DIR
    | Access.MAKE_REG
    | Access.REFER
)
# What programs and libraries are made of and look at: of /proc nothing about other processes, whose environments are there.
_SYSTEM: Final = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt", "/sys", "/dev/urandom", "/dev/random", "/dev/zero"),
    *(
        f"/proc/{name}"
        for name in ("sys", "meminfo", "cpuinfo", "stat", "vmstat", "uptime", "loadavg", "filesystems", "version")
    ),
    *(
        "/etc/localtime",
        "/etc/timezone",
        "/etc/ld.so.cache",
        "/etc/ssl",
        "/etc/pki",
        "/etc/ca-certificates",
        "/etc/alternatives",
    ),
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/gai.conf"),
)


def bound_job(order: Start | Settle) -> None:
    """Bound this process to what the job of ``order`` may use, and to the execution's own files. A job that came through the
    unix socket is not bounded, and none where the kernel cannot do it."""
    if not order.job.confined_to:
        return
    log_file = Path(order.log_file)
    spill = SpillDirectory(order).of_execution
    os.close(os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    spill.mkdir(mode=0o700, exist_ok=True)
    bound_files(order.job.confined_to, own=(log_file, spill), cleared=(log_file.parent,))


def can_be_bounded() -> bool:
    """Whether this system's kernel does it."""
    return _version() > 0


def bound_files(roots: Iterable[str], *, own: Iterable[Path] = (), cleared: Iterable[Path] = ()) -> bool:
    """From here on this thread, and all that it starts, may only use what is below ``roots`` and ``own``, remove empty
    directories in ``cleared``, and read what the system and Python consist of. For good. False when the kernel cannot do it.
    """
    version = _version()
    if version <= 0:
        return False
    handled = ~Access(0)
    if version < 3:
        handled &= ~Access.TRUNCATE
    if version < 2:
        handled &= ~Access.REFER
    # Held open for good: under memory pressure the kernel would forget this directory, and make another one without the rule.
    itself = os.open("/proc/self", os.O_PATH | os.O_CLOEXEC)
    ruleset = _call(_CREATE_RULESET, struct.pack("=Q", handled), 8, 0)
    try:
        python = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path}
        _allow(ruleset, (*_SYSTEM, *(path for path in python if Path(path).is_absolute())), _READ & handled)
        _add(ruleset, itself, _READ & handled)
        _allow(ruleset, ("/dev/null", *roots, *map(str, own)), _USE & handled)
        _allow(ruleset, map(str, cleared), Access.REMOVE_DIR)
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise _system_error()
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, paths: Iterable[str], access: Access) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # there is nothing to allow
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                _add(ruleset, descriptor, access)
            finally:
                os.close(descriptor)


def _add(ruleset: int, descriptor: int, access: Access) -> None:
    allowed = access if stat.S_ISDIR(os.fstat(descriptor).st_mode) else access & _OF_FILES
    if allowed:
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", allowed, descriptor), 0)


def _version() -> int:
    """Of the kernel's interface; 0 for none."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    except OSError:  # too old, switched off at boot, or forbidden by a container
        return 0


def _call(number: int, *arguments: bytes | int | None) -> int:
    given = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    result = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise _system_error()
    return result


def _system_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
