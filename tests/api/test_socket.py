"""The socket: private, cleaned up, taken over after a crash."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

from runner.home import Home


def test_only_the_owner_can_connect(daemon):
    """The socket has mode 0600 in a directory of mode 0700."""
    path = daemon.home.socket_path
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_signal_ends_the_daemon_well(fresh_daemon):
    """TERM: exit status 0, socket and lock gone."""
    assert fresh_daemon.stop() == 0
    assert not fresh_daemon.home.socket_path.exists()
    assert fresh_daemon.home.holder() is None


def test_a_socket_left_by_a_crash_is_no_obstacle(fresh_daemon):
    """After KILL the socket file is still there; the next daemon answers on its own."""
    os.killpg(fresh_daemon.process.pid, signal.SIGKILL)
    fresh_daemon.process.wait(60)
    assert fresh_daemon.home.socket_path.exists()
    fresh_daemon.start()
    assert fresh_daemon.json("GET", "/api/v1/status", status=200)["pid"] == fresh_daemon.process.pid


def test_a_second_daemon_is_refused(daemon):
    """The second daemon of a home exits with 2, names the first, and does not disturb it."""
    second = subprocess.run(
        [sys.executable, "-P", "-m", "runner.daemon", "--home", str(daemon.home.path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 2
    assert str(daemon.process.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert daemon.json("GET", "/api/v1/status", status=200)["pid"] == daemon.process.pid


def test_a_home_with_a_long_path_works(tmp_path, daemon):
    """A home whose path is too long for a socket is served on a short one."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    long_lived = type(daemon)(deep)
    long_lived.start()
    try:
        assert len(str(long_lived.home.socket_path)) < 100
        assert long_lived.json("GET", "/api/v1/status", status=200)["home"] == str(deep)
    finally:
        assert long_lived.stop() == 0


def test_rubbish_on_the_socket_does_not_hurt(daemon):
    """Bytes that are no HTTP, and a peer that leaves in the middle of a request, harm nobody else."""
    for rubbish in (
        b"\x00\xff" * 1000,
        b"GET /api/v1/status HTTP/1.1\r\n",
        b"POST /api/v1/jobs HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(daemon.home.socket_path))
            connection.sendall(rubbish)
    assert daemon.json("GET", "/api/v1/status", status=200)["pid"] == daemon.process.pid


def test_the_log_is_private(daemon):
    """daemon.log is for the owner's eyes."""
    assert stat.S_IMODE(daemon.home.daemon_log.stat().st_mode) == 0o600


def test_a_socket_path_is_never_taken_from_a_file(tmp_path):
    """A home whose socket path is a directory makes the daemon fail with words instead of removing it."""
    home = Home(tmp_path / "home")
    home.create()
    Path(home.socket_path).mkdir()
    failed = subprocess.run(
        [sys.executable, "-P", "-m", "runner.daemon", "--home", str(home.path)], capture_output=True, text=True, timeout=60
    )
    assert failed.returncode != 0
    assert Path(home.socket_path).is_dir()
