"""What a worker is without: the daemon's secrets, files, traces and rights."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from runner.supervisor.descent import MARK
from runner.supervisor.fork_server import ForkServer
from runner.supervisor.sandbox import MORE_VARIABLES, UMASK, worker_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
async def worker(tmp_path, monkeypatch):
    """The process id of a worker that waits for its first message; its daemon has a secret in its environment."""
    monkeypatch.setenv("WAREHOUSE_PASSWORD", "canary-4711")
    monkeypatch.setenv("FLOWDECK_API_KEY", "canary-4711")
    server = ForkServer(tmp_path / "log")
    ours, theirs = socket.socketpair()
    found = await server.fork(theirs, tmp_path / "errors")
    async with asyncio.timeout(60):
        while len(descriptors(found.pid)) != 4:  # noqa: ASYNC110 - it closes what it inherited first
            await asyncio.sleep(0.01)
    with ours:
        yield found.pid
    await server.close()


def descriptors(pid):
    """What its open descriptors lead to, by number."""
    return [str(path.readlink()) for path in sorted(Path(f"/proc/{pid}/fd").iterdir(), key=lambda path: int(path.name))]


def status(pid, field):
    """One line of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{field}:"))


def limit(pid, name):
    """The soft limit of a process."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.removeprefix(name).split()[0] for line in lines if line.startswith(name))


def test_a_worker_has_nothing_of_the_daemons(worker, tmp_path):
    """Neither its environment nor its descriptors; a group of its own, the home as its directory, private files, no core, no
    way to more rights; and its parent is told the same."""
    for pid in (worker, int(status(worker, "PPid"))):
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        names = {entry.partition(b"=")[0].decode() for entry in environment.split(b"\0") if entry}
        assert b"canary-4711" not in environment
        assert {"PATH", MARK} <= names <= {*worker_environment(os.environ), MARK}
        assert b"canary-4711" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert limit(pid, "Max core file size") == "0"
        assert int(limit(pid, "Max open files")) <= 4096
        assert status(pid, "Umask") == "0077"
        assert status(pid, "NoNewPrivs") == "1"
        assert Path(f"/proc/{pid}/cwd").readlink() == tmp_path
    assert os.getpgid(worker) == os.getsid(worker) == worker
    links = descriptors(worker)
    assert links[:3] == ["/dev/null", str(tmp_path / "errors"), str(tmp_path / "errors")]
    assert links[3].startswith("socket:")
    assert stat.S_IMODE((tmp_path / "errors").stat().st_mode) == 0o600


def test_which_variables_workers_get():
    """Those that programs are found and spoken with, and those that somebody names; nothing else, however harmless its name."""
    given = {"PATH": "p", "LC_ALL": "C", "SECRET": "s", "AWS_PROFILE": "a", "MY_ONE": "1", "MY_TWO": "2", UMASK: "022"}
    assert worker_environment(given) == {"PATH": "p", "LC_ALL": "C", UMASK: "022"}
    more = {MORE_VARIABLES: "AWS_PROFILE, MY_*"}
    assert worker_environment(given | more) == more | {
        "PATH": "p",
        "LC_ALL": "C",
        "AWS_PROFILE": "a",
        "MY_ONE": "1",
        "MY_TWO": "2",
        UMASK: "022",
    }


SHOWS = """
import os
from pathlib import Path
from runner.supervisor.hidden_environment import hide_variables
before = dict(os.environ)
hide_variables()
assert dict(os.environ) == before
entries = Path("/proc/self/environ").read_bytes().rstrip(b"\\0").split(b"\\0")
assert {os.fsdecode(entry.partition(b"=")[0]) for entry in entries} == before.keys()
assert [entry for entry in entries if b"canary" in entry] == [b"PLAIN=canary-plain"], entries
os.execv("/usr/bin/env", ["env"])
"""


def test_what_is_shown_of_the_environment_has_no_secrets():
    """Neither what was chosen for workers nor what has a secret's name; the process and what it starts have the values."""
    secrets = {"MY_OWN": "canary-1", "MY_EMPTY": "", "DB_PASSWORD": "canary-2", "PLAIN": "canary-plain", MORE_VARIABLES: "MY_*"}
    done = subprocess.run(
        [sys.executable, "-c", SHOWS], env=os.environ | secrets, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {f"{name}={value}" for name, value in secrets.items()} <= set(done.stdout.splitlines())


def test_nothing_of_ours_calls_a_shell():
    """No program is started by way of one, and no text is run."""
    root = Path(__file__).parents[2]
    for path in (file for folder in ("runner", "spec", "schemas", "tui") for file in (root / folder).rglob("*.py")):
        text = path.read_text()
        for forbidden in ("shell=True", "os.system(", "os.popen(", "pickle", "yaml.load("):
            assert forbidden not in text, (path, forbidden)
