"""What the fork server and its workers are without, from their start on: most of the daemon's environment, the files they could
open, the traces they could leave, the rights they could gain.

This keeps apart what has nothing to do with each other; it is no wall against a plugin that means harm, which runs as the
daemon's user.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Mapping

_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 4096
_PRIVATE = 0o077
MORE_VARIABLES = "FLOWDECK_WORKER_ENVIRONMENT"
"""Names, with commas between them, of variables that workers get besides; a star at the end stands for every ending."""
UMASK = "FLOWDECK_WORKER_UMASK"
"""The permissions that what workers write is without, in octal digits."""
SECRET_DIRECTORIES = "FLOWDECK_WORKER_SECRETS"  # noqa: S105 - a name
"""Directories, with colons between them, below which the files lie that references to secrets may name."""
# How programs find their files, and speak and reckon. Secrets have other names; so have the user's own affairs.
_NAMES = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "TERM", "LD_LIBRARY_PATH", "JAVA_HOME"}
    | {"PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONWARNINGS"}
    | {"PYTHONUTF8", "PYTHONDEVMODE", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}
    | {"HADOOP_HOME", "HADOOP_CONF_DIR", "KRB5_CONFIG", "KRB5CCNAME", UMASK, SECRET_DIRECTORIES, MORE_VARIABLES}
)
_BEGINNINGS = ("LC_", "ARROW_", "OMP_", "OPENBLAS_", "MALLOC_", "JE_", "MIMALLOC_")


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of the daemon's environment its workers get."""
    names = _NAMES | chosen_for_workers(environment)
    return {name: value for name, value in environment.items() if name in names or name.startswith(_BEGINNINGS)}


def chosen_for_workers(environment: Mapping[str, str]) -> frozenset[str]:
    """The variables that somebody has named for the workers, of those that there are."""
    wanted = {name.strip() for name in environment.get(MORE_VARIABLES, "").split(",")} - {""}
    beginnings = tuple(name[:-1] for name in wanted if name.endswith("*"))
    return frozenset(name for name in environment if name in wanted or (beginnings and name.startswith(beginnings)))


def confine_process() -> None:
    """Leave no memory on disk after a crash, open a bounded number of files, write them for this user alone unless
    ``FLOWDECK_WORKER_UMASK`` says otherwise, and never gain rights by starting a program."""
    leave_no_core()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    os.umask(_umask(os.environ.get(UMASK, "")))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def leave_no_core() -> None:
    """What is in the memory of this process stays out of files."""
    with contextlib.suppress(OSError, ValueError):  # it is forbidden already, more than that is not wanted
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _umask(text: str) -> int:
    """As it is written; what is no umask is the private one."""
    return int(text, 8) if text and set(text) <= set("01234567") and len(text) <= 4 else _PRIVATE
