"""Files that processes leave behind when they are killed, and that nobody will ask for again."""

from __future__ import annotations

import os
import socket
import stat
import time
from pathlib import Path

from runner.home import Home

# One that is younger may be about to be listened on, or renamed. A clock that is set costs a little space for a while.
_YOUNGEST = 3600.0


def remove_dead_files(home: Home) -> list[Path]:
    """Remove them; which they were: half-written notes of workers, and sockets beside the home's own that nobody answers on."""
    found = [path for path in home.workers.glob("*.new") if _is_old(path)]
    found += [path for path in home.socket_path.parent.glob("*.sock") if path != home.socket_path and _is_dead_socket(path)]
    for path in found:
        path.unlink(missing_ok=True)
    return found


def _is_dead_socket(path: Path) -> bool:
    if not (_is_our_socket(path) and _is_old(path)):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # noqa: FBT003 - the standard library's signature
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:  # a full queue, say: somebody lives there
            return False
    return False


def _is_our_socket(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_uid == os.getuid() and stat.S_ISSOCK(found.st_mode)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _YOUNGEST
    except OSError:
        return False
