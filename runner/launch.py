"""Start a daemon in the background and wait until it answers."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from runner.home import Home
from runner.transport import DaemonUnreachable, open_socket

_POLL_SECONDS = 0.02
_LAST_LINES = 12


def start_daemon(home: Home, *, watch: Sequence[Path] = (), timeout: float = 30.0) -> None:
    """Start a daemon for ``home`` and wait until its socket answers.

    The daemon is in a session of its own and outlives this process; it writes to the home's ``daemon.log``. When another
    process wins the race for the home, that one is as good. Raises :class:`DaemonUnreachable` with the log's last lines
    when the daemon dies or does not answer within ``timeout`` seconds, :class:`runner.home.HomeUnusable`.
    """
    home.create()
    log_start = home.daemon_log.stat().st_size if home.daemon_log.exists() else 0
    process = _spawn(home, watch)
    # Somebody has to collect the exit status, or the dead daemon stays in the process table while we live.
    threading.Thread(target=process.wait, name="daemon-reaper", daemon=True).start()
    deadline = time.monotonic() + timeout
    while not answers(home):
        dead = process.returncode is not None and home.holder() is None
        if dead or time.monotonic() > deadline:
            raise _did_not_start(home, process, log_start)
        time.sleep(_POLL_SECONDS)


def answers(home: Home) -> bool:
    """Whether somebody accepts connections on the home's socket."""
    try:
        open_socket(home.socket_path, 1.0).close()
    except OSError:
        return False
    return True


def _spawn(home: Home, watch: Sequence[Path]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "runner.daemon", "--home", str(home.path)]
    for directory in watch:
        command += ["--watch", str(directory.absolute())]
    with home.daemon_log.open("ab") as log:
        home.daemon_log.chmod(0o600)
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home.path, start_new_session=True
        )


def _did_not_start(home: Home, process: subprocess.Popen[bytes], log_start: int) -> DaemonUnreachable:
    with home.daemon_log.open("rb") as log:
        log.seek(log_start)
        lines = log.read().decode(errors="replace").splitlines()[-_LAST_LINES:]
    code = process.returncode
    what = "did not answer in time" if code is None else f"ended with status {code}"
    said = "".join(f"\n  {line}" for line in lines)
    return DaemonUnreachable(
        f"the daemon {what} while starting" + (f"; it said:{said}" if lines else ""),
        hint=f"its log is {home.daemon_log}",
        code="daemon-did-not-start",
    )
