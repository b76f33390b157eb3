"""The home directory: paths, permissions, and the lock that keeps a second daemon out."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from runner.home import MAXIMUM_SOCKET_PATH, Home, HomeLocked, HomeUnusable
from tui.settings.file import DEFAULTS, read_settings, settings_path

HOLD = """
import sys
from runner.home import Home
lock = Home(sys.argv[1]).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def _holder_process(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_directories_are_private(tmp_path):
    """Everything below the home is readable by its owner alone, even if it existed with wider permissions."""
    path = tmp_path / "home"
    path.mkdir(mode=0o755)
    home = Home(path)
    home.create()
    for directory in (home.path, home.logs, home.workers):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_second_holder_is_told_who_holds_it(tmp_path):
    """A second daemon is refused with the first one's process id and advice; the holder's death frees the home."""
    process = _holder_process(tmp_path)
    with process:
        assert Home(tmp_path).holder() == process.pid
        with pytest.raises(HomeLocked) as refused:
            Home(tmp_path).acquire()
        process.kill()
    assert refused.value.code == "home-locked"
    assert refused.value.pid == process.pid
    assert str(process.pid) in refused.value.message
    assert "flowdeck down" in refused.value.hint
    assert Home(tmp_path).holder() is None
    with Home(tmp_path).acquire():
        assert Home(tmp_path).holder() == os.getpid()
    assert Home(tmp_path).holder() is None


def test_only_the_lock_holder_removes_a_stale_socket(tmp_path):
    """A socket left by a dead daemon goes when the next one has the lock, and never before."""
    home = Home(tmp_path)
    home.create()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home.socket_path))
    with _holder_process(tmp_path) as process:
        assert not home.socket_path.exists()
        home.socket_path.touch()
        with pytest.raises(HomeLocked):
            home.acquire()
        assert home.socket_path.exists()
        process.kill()
    home.acquire().release()
    assert not home.socket_path.exists()


def test_long_home_gets_a_short_private_socket_path(tmp_path):
    """A socket path that the kernel would refuse is replaced by a short one in a private directory, the same every time."""
    home = Home(tmp_path / ("x" * 60) / ("y" * 60))
    assert home.socket_path == Home(home.path).socket_path
    assert home.socket_path != Home(tmp_path / ("x" * 60) / ("z" * 60)).socket_path
    assert len(os.fsencode(home.socket_path)) <= MAXIMUM_SOCKET_PATH
    home.create()
    assert stat.S_IMODE(home.socket_path.parent.stat().st_mode) == 0o700
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home.socket_path))
    home.acquire().release()


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "a\0b", "-a", "x" * 200])
def test_log_files_stay_inside_the_home(tmp_path, name):
    """An id that could name another file is refused."""
    with pytest.raises(ValueError):
        Home(tmp_path).log_file(name)


def test_default_home_follows_the_environment(monkeypatch, tmp_path):
    """FLOWDECK_HOME wins over XDG_STATE_HOME."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("FLOWDECK_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert Home().path == tmp_path / "state" / "flowdeck"
    monkeypatch.setenv("FLOWDECK_HOME", str(tmp_path / "mine"))
    assert Home().path == tmp_path / "mine"


def test_the_home_of_nobody_is_an_ordinary_name(monkeypatch, tmp_path):
    """A user that does not exist after the tilde, in FLOWDECK_HOME too, is a name like any other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWDECK_HOME", "~nobody-of-this-name/deck")
    assert Home().path == tmp_path / "~nobody-of-this-name" / "deck"
    monkeypatch.setenv("FLOWDECK_HOME", "~/deck")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home().path == tmp_path / "deck"


def test_a_user_without_a_home_directory_is_told(monkeypatch):
    """As in a container: the commands that need a home ask for one, and there are no settings."""
    for name in ("FLOWDECK_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "FLOWDECK_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "not-absolute")
    with pytest.raises(HomeUnusable, match="no home directory"):
        Home()
    assert read_settings(settings_path()) == DEFAULTS


def test_unusable_home_says_so(tmp_path):
    """A home that is a file is refused with advice."""
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match="cannot use"):
        Home(tmp_path / "file").acquire()
