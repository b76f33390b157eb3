"""`flowdeck up`, `down`, `status`: starting, finding and ending the daemon of a home."""

import os
import signal
import subprocess
import sys

import psutil

STATUS_FIELDS = {
    "is_running", "socket", "pid", "version", "home", "started_at", "uptime", "watching", "jobs", "running", "memory_bytes",
    "worker_pids", "embedded", "listening",
}  # fmt: skip


def test_up_status_down(flowdeck):
    """Up prints home, pid and socket; status agrees; down waits until the process has ended."""
    printed = dict(line.split(None, 1) for line in flowdeck("up").stdout.splitlines())
    assert printed == {
        "home": str(flowdeck.home.path),
        "pid": str(flowdeck.home.holder()),
        "socket": str(flowdeck.home.socket_path),
    }
    status = flowdeck.json("status")
    assert set(status) >= STATUS_FIELDS
    assert status["is_running"] is True
    assert str(status["pid"]) == printed["pid"]
    assert printed["pid"] in flowdeck("status").stdout
    assert printed["pid"] in flowdeck("down").stderr
    assert flowdeck.home.holder() is None
    assert not flowdeck.home.socket_path.exists()


def test_without_a_daemon(flowdeck):
    """Status says that none is running, exit 1; down has nothing to do, exit 0; neither creates the home."""
    assert flowdeck.json("status", status=1) == {
        "is_running": False,
        "home": str(flowdeck.home.path),
        "socket": str(flowdeck.home.socket_path),
    }
    assert "flowdeck up" in flowdeck("status", status=1).stderr
    assert "no daemon" in flowdeck("down").stderr
    assert not flowdeck.home.path.exists()


def test_up_twice_is_no_failure(flowdeck):
    """A second up finds the first daemon, says so and exits with 0; with another retention, which a daemon is told when it is
    started, it exits with 2."""
    flowdeck("up", "--retain-executions", "7", "--retain-days", "1.5")
    pid = flowdeck.home.holder()
    again = flowdeck("up")
    assert "already running" in again.stderr
    assert str(pid) in again.stdout
    assert flowdeck.home.holder() == pid
    assert "flowdeck down" in flowdeck("up", "--retain-executions", "8", status=2).stderr
    assert {"--retain-executions=7", "--retain-days=1.5"} <= set(psutil.Process(pid).cmdline())
    assert "0" in flowdeck("up", "--retain-executions", "0", status=2).stderr


def test_up_with_other_directories_is_refused(flowdeck):
    """A running daemon that watches something else is not what was asked for: exit 2 and what to do."""
    first, second = flowdeck.directory / "first", flowdeck.directory / "second"
    first.mkdir()
    second.mkdir()
    flowdeck("up", "--watch", "first")
    assert flowdeck.json("status")["watching"] == [str(first)]
    assert "already running" in flowdeck("up", "--watch", str(first)).stderr
    refused = flowdeck("up", "--watch", "second", status=2)
    assert str(first) in refused.stderr
    assert "flowdeck down" in refused.stderr
    assert "already running" in flowdeck("up").stderr


def test_watching_what_does_not_exist(flowdeck):
    """--watch needs a directory."""
    assert "nowhere" in flowdeck("up", "--watch", "nowhere", status=2).stderr
    assert flowdeck.home.holder() is None


def test_a_second_daemon_in_the_foreground(flowdeck):
    """--foreground on a home that is taken exits with 2 and names the process."""
    flowdeck("up")
    refused = flowdeck("up", "--foreground", status=2)
    assert str(flowdeck.home.holder()) in refused.stderr


def test_the_foreground_daemon_ends_on_ctrl_c(flowdeck):
    """--foreground logs to stderr and ends well on INT."""
    with flowdeck.start("up", "--foreground", warm=False) as process:
        flowdeck.wait_for(lambda: flowdeck("status", status=None).returncode == 0)
        assert flowdeck.home.holder() == process.pid
        flowdeck.interrupt(process)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert str(flowdeck.home.socket_path) in stderr
    assert stdout == ""


def test_jobs_go_on_after_down_and_up(flowdeck):
    """A job that ran when the daemon went down runs again when the next one is up, from its last checkpoint, exactly once."""
    flowdeck("submit", "stream.conf")
    flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
    before = flowdeck.json("show", "stream")["execution"]
    assert "1 running job goes on" in flowdeck("down").stderr
    flowdeck("up")
    flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
    after = flowdeck.json("show", "stream")["execution"]
    assert after["id"] == before["id"]
    flowdeck("stop", "stream")
    written = sum(len(file.read_text().splitlines()) for file in (flowdeck.directory / "out/stream").rglob("*.json"))
    assert flowdeck.json("show", "stream")["execution"]["totals"]["rows_out"] == written


def test_listening_on_tcp(flowdeck, tmp_path):
    """--listen adds an address, told by up and status; with a key, other homes and FLOWDECK_SERVER reach the daemon by it."""
    up = flowdeck("up", "--listen", "0", "--root", str(flowdeck.directory))
    told = dict(line.split(None, 1) for line in up.stdout.splitlines())
    url = told["url"]
    assert "not shown again" in up.stderr
    assert flowdeck("--server", url, "ls", FLOWDECK_API_KEY=told["key"])
    assert "already running" in flowdeck("up", "--listen", url.removeprefix("http://")).stderr
    assert url in flowdeck("up", "--listen", "127.0.0.1:1", status=2).stderr
    key = flowdeck("keys", "add", "scripts", "--scope", "operate").stdout.strip()
    listed = [(entry["name"], entry["scope"]) for entry in flowdeck.json("keys", "list")["keys"]]
    assert listed == [("first", "operate"), ("scripts", "operate")]
    assert "scripts" in flowdeck("keys", "list").stdout
    elsewhere = {"FLOWDECK_HOME": str(tmp_path / "other"), "FLOWDECK_SERVER": url}
    assert "needs a key" in flowdeck("ls", status=2, **elsewhere).stderr
    elsewhere["FLOWDECK_API_KEY"] = key
    assert "batch" in flowdeck("submit", "batch.conf", **elsewhere).stdout
    assert "batch" in flowdeck("--server", url, "ls", FLOWDECK_API_KEY=key).stdout
    assert str(flowdeck.home.path) in flowdeck("status", "--server", url, FLOWDECK_API_KEY=key).stdout
    for command in (("up",), ("down",), ("run", "batch.conf")):
        assert "this machine only" in flowdeck(*command, status=2, **elsewhere).stderr
    assert "needs admin" in flowdeck("keys", "list", status=2, **elsewhere).stderr
    rotated = flowdeck("keys", "rotate", "scripts", "--expires", "30d").stdout.strip()
    assert "opens nothing" in flowdeck("ls", status=2, **elsewhere).stderr
    assert flowdeck("ls", **elsewhere | {"FLOWDECK_API_KEY": rotated})
    flowdeck("keys", "remove", "first")
    assert "none is left" in flowdeck("keys", "remove", "scripts").stderr
    assert not (tmp_path / "other").exists()


def test_a_public_address_needs_a_key_on_record(flowdeck):
    """Without one the daemon does not start, in the foreground neither; nonsense is refused before that."""
    for arguments in (("up",), ("up", "--foreground")):
        refused = flowdeck(*arguments, "--listen", "0.0.0.0:0", status=2)
        assert "flowdeck keys add" in refused.stderr
    assert "HOST:PORT" in flowdeck("up", "--listen", "nonsense", status=2).stderr
    assert flowdeck.home.holder() is None
    assert "http://HOST:PORT" in flowdeck("ls", "--server", "ftp://127.0.0.1:1", status=2).stderr
    assert "add --listen" in flowdeck("up", "--no-key", status=2).stderr


def test_a_corrupt_database_is_told(flowdeck):
    """A database file that is none: up, run and a command that starts the daemon exit with 2 and name the file."""
    flowdeck.home.create()
    flowdeck.home.store_path.write_bytes(b"\x00rubbish" * 4096)
    for arguments in (("up",), ("up", "--foreground"), ("run", "batch.conf"), ("ls",)):
        refused = flowdeck(*arguments, status=2)
        assert "control.duckdb" in refused.stderr, arguments
    assert flowdeck.home.store_path.read_bytes().startswith(b"\x00rubbish")


def test_a_home_that_cannot_be_created(flowdeck, tmp_path):
    """A home below a file: exit 2, named, for every command that needs one."""
    (tmp_path / "file").write_text("")
    for arguments in (("up",), ("ls",), ("run", "batch.conf")):
        refused = flowdeck(*arguments, status=2, FLOWDECK_HOME=str(tmp_path / "file" / "home"))
        assert str(tmp_path / "file") in refused.stderr, arguments


def test_down_during_a_run_is_refused(flowdeck):
    """The daemon inside a `flowdeck run` belongs to that run: down and up --watch say so, and status shows it."""
    with flowdeck.start("run", "stream.conf") as process:
        flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
        assert flowdeck.json("status")["embedded"] is True
        assert str(process.pid) in flowdeck("down", status=2).stderr
        assert str(process.pid) in flowdeck("up", status=2).stderr
        assert "flowdeck run" in flowdeck("submit", "batch.conf").stderr
        flowdeck.interrupt(process)
        process.communicate(timeout=60)


def test_a_daemon_that_does_not_answer_is_named(flowdeck):
    """A daemon that holds the home but is frozen: the error names its process instead of starting another."""
    flowdeck("up")
    pid = flowdeck.home.holder()
    os.kill(pid, signal.SIGSTOP)
    try:
        refused = flowdeck("status", status=2)
        assert str(pid) in refused.stderr
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_home_option_stands_before_or_after(flowdeck, tmp_path):
    """--home works on both sides of the command's name and beats FLOWDECK_HOME."""
    other = tmp_path / "other"
    assert flowdeck.json("--home", str(other), "status", status=1)["home"] == str(other)
    assert flowdeck.json("status", "--home", str(other), status=1)["home"] == str(other)


def test_the_terminal_ui_needs_a_terminal(flowdeck):
    """Without a terminal `flowdeck` alone says what to use instead, exit 2."""
    refused = flowdeck(status=2)
    assert "terminal" in refused.stderr
    assert "flowdeck ls" in refused.stderr


def test_startup_is_light(flowdeck):
    """A client command imports neither database, Arrow, web framework, terminal UI, nor rich when no table is drawn."""
    code = (
        "import sys; sys.argv=['flowdeck', 'status']\n"
        "from tui.cli.main import run_command_line\n"
        "run_command_line(['status'])\n"
        "heavy = ['duckdb', 'pyarrow', 'litestar', 'textual', 'uvicorn', 'numpy', 'rich', 'jsonschema']\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], env=flowdeck.environment, capture_output=True, text=True, timeout=60
    )
    assert found.stdout.strip() == "[]", found
