"""Start a daemon in the background and wait until it answers."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from runner.endpoint import DaemonUnreachable, TcpListening, open_socket
from runner.home import Home
from runner.model import ErrorInfo
from runner.reload_options import ReloadOptions
from spec.job import RetentionSettings

_POLL_SECONDS = 0.02
_LAST_LINES = 12
_LOST_THE_RACE = "home-locked"


def start_daemon(
    home: Home,
    *,
    watch: Sequence[Path] = (),
    listen: TcpListening | None = None,
    reload: ReloadOptions | None = None,
    retention: RetentionSettings | None = None,
    timeout: float = 30.0,
) -> None:
    """Start a daemon for ``home``, also on the TCP address ``listen``, and wait until its socket answers.

    The daemon is in a session of its own and outlives this process; it writes to the home's ``daemon.log``. When another
    process wins the race for the home, that one is as good. Raises :class:`DaemonUnreachable` with the daemon's reason, or
    the log's last lines when it died without one or does not answer within ``timeout`` seconds;
    :class:`runner.home.HomeUnusable`.
    """
    home.create()
    log_start = home.daemon_log.stat().st_size if home.daemon_log.exists() else 0
    deadline = time.monotonic() + timeout
    process, failure = _start(home, _arguments(watch, listen, reload, retention), deadline)
    if failure is not None and failure.code != _LOST_THE_RACE:
        raise _refused(home, failure)
    while not answers(home):
        nobody = process.poll() is not None and home.holder() is None
        if nobody or time.monotonic() > deadline:
            raise _vanished(home, process, log_start)
        time.sleep(_POLL_SECONDS)


def answers(home: Home) -> bool:
    """Whether somebody accepts connections on the home's socket."""
    try:
        open_socket(home.socket_path, 1.0).close()
    except OSError:
        return False
    return True


def _arguments(
    watch: Sequence[Path], listen: TcpListening | None, reload: ReloadOptions | None, retention: RetentionSettings | None
) -> list[str]:
    found = [argument for path in watch for argument in ("--watch", str(path.absolute()))]
    found += listen.arguments() if listen is not None else ()
    found += reload.arguments() if reload is not None else ()
    kept = {} if retention is None else {"executions": retention.executions, "days": retention.days}
    return found + [f"--retain-{name}={value}" for name, value in kept.items() if value is not None]


def _start(home: Home, arguments: Sequence[str], deadline: float) -> tuple[subprocess.Popen[bytes], ErrorInfo | None]:
    """The process, and why it could not start. It holds one end of a pipe until it answers or knows that it never will."""
    reading, writing = os.pipe()
    try:
        try:
            process = _spawn(home, arguments, writing)
        finally:
            os.close(writing)
        # Somebody has to collect the exit status, or a dead daemon stays in the process table while we live.
        threading.Thread(target=process.wait, name="daemon-reaper", daemon=True).start()
        report = _read_report(reading, deadline)
    finally:
        os.close(reading)
    return process, msgspec.json.decode(report, type=ErrorInfo) if report else None


def _spawn(home: Home, arguments: Sequence[str], report: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "runner.daemon", "--home", str(home.path), "--report", str(report), *arguments]
    with home.daemon_log.open("ab") as log:
        home.daemon_log.chmod(0o600)
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.path,
            start_new_session=True,
            pass_fds=(report,),
        )


def _read_report(reading: int, deadline: float) -> bytes:
    report = b""
    with selectors.DefaultSelector() as selector:
        selector.register(reading, selectors.EVENT_READ)
        while (remaining := deadline - time.monotonic()) > 0 and selector.select(remaining):
            data = os.read(reading, 65536)
            if not data:
                break
            report += data
    return report


def _refused(home: Home, failure: ErrorInfo) -> DaemonUnreachable:
    hint = failure.hint or f"its log is {home.daemon_log}"
    return DaemonUnreachable(f"the daemon did not start: {failure.message}", hint=hint, code="daemon-did-not-start")


def _vanished(home: Home, process: subprocess.Popen[bytes], log_start: int) -> DaemonUnreachable:
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
