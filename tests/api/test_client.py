"""The client: light to import, typed, clear when something is wrong."""

import contextlib
import os
import resource
import subprocess
import sys
import threading

import pytest

from runner.client import ApiError, Client, DaemonUnreachable, WaitTimeout
from runner.home import Home
from runner.launch import start_daemon
from runner.model import CheckpointKind, CheckpointStatus
from runner.requests import RestartRequest, SavepointRequest, StopRequest, SubmitRequest, WorkersRequest
from runner.states import ExecutionState

HEAVY = ("duckdb", "pyarrow", "litestar", "textual", "uvicorn", "numpy", "rich")


@pytest.mark.parametrize("module", ["runner.client", "flowdeck"])
def test_importing_is_light(module):
    """A client is imported without the database, Arrow, the web framework or the terminal UI."""
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def test_the_public_module_has_what_it_promises():
    """Every public name of flowdeck can be imported, and none other."""
    import flowdeck

    for name in flowdeck.__all__:
        assert getattr(flowdeck, name) is not None
        assert name in dir(flowdeck)
    assert flowdeck.Client is Client
    with pytest.raises(AttributeError):
        _ = flowdeck.nothing_of_that_name


def test_calls_are_typed(daemon, batch, stream):
    """Each call returns the records of runner.model."""
    with daemon.client() as client:
        assert client.status().pid == daemon.process.pid
        page = client.jobs()
        assert page.total == 2
        job = client.job("batch")
        assert job.execution is not None
        assert job.execution.state is ExecutionState.FINISHED
        assert client.jobs(state=ExecutionState.RUNNING).jobs[0].id == stream
        (execution,) = client.executions(batch)
        assert client.execution(execution.id) == execution
        assert client.attempts(execution.id)[0].number == 1
        assert client.generations(batch)[0] == client.generation(batch, 1)
        assert {series.name for series in client.metric_series(stream)}
        assert client.metrics(stream, "1m").window.seconds == 60
        assert {task.name for task in client.details(stream).tasks} == {"FakeSource", "LocalFile"}
        assert len(client.logs(batch, level="output")) == 5
        savepoint = client.savepoint(stream, SavepointRequest(description="typed"))
        assert savepoint.kind is CheckpointKind.SAVEPOINT
        assert savepoint.status in {CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}
        assert savepoint.id in {entry.id for entry in client.checkpoints(stream, CheckpointKind.SAVEPOINT)}
        assert client.savepoints() == client.savepoints(stream)
        client.delete_savepoint(stream, savepoint.id, force=True)
        assert client.savepoints() == ()


def test_control_is_typed(daemon, tmp_path, stream_text):
    """stop, restart, cancel and delete through the client."""
    job = daemon.submit(stream_text.replace('"stream"', '"controlled"'), tmp_path)
    with daemon.client() as client:
        client.wait_until(job, daemon.is_running, 30)
        paused = client.pause(job).execution
        assert paused is not None
        assert paused.pause is not None
        assert client.scale(job, WorkersRequest(total=1)).execution.workers_wanted == 1
        assert [worker.pid for worker in client.workers(job).workers] == list(paused.worker_pids)
        assert client.resume(job).execution.state is ExecutionState.RUNNING
        with pytest.raises(ApiError, match="one of total"):
            client.scale(job, WorkersRequest())
        client.stop(job, StopRequest(savepoint=False))
        stopped = client.wait_until(job, daemon.is_over, 30)
        assert stopped.execution is not None
        assert stopped.execution.state is ExecutionState.STOPPED
        assert stopped.execution.savepoint_id is None
        client.restart(job, RestartRequest(restore="none"))
        client.wait_until(job, daemon.is_running, 30)
        client.cancel(job)
        client.wait_until(job, daemon.is_over, 30)
        client.delete(job)
        with pytest.raises(ApiError) as refused:
            client.job(job)
    assert refused.value.status == 404
    assert refused.value.code == "not-found"
    assert refused.value.exit_code == 2


def test_diagnostics_of_an_invalid_job_file(daemon):
    """An invalid job file is refused with the diagnostics as data."""
    with daemon.client() as client, pytest.raises(ApiError) as refused:
        client.submit(SubmitRequest(text="source { FakeSorce {} }\nsink { Console {} }"))
    assert refused.value.code == "spec-invalid"
    assert refused.value.errors[0]["message"]
    assert refused.value.hint


def test_a_name_with_spaces_and_dots_is_escaped(daemon, tmp_path, batch_text):
    """A name is one path segment, whatever it has in it."""
    name = "nightly load v1.2"
    job = daemon.submit(batch_text, tmp_path, name=name)
    with daemon.client() as client:
        assert client.job(name).id == job
        client.wait_until(name, daemon.is_over, 30)
        with pytest.raises(ApiError) as refused:
            client.job("../status")
    assert refused.value.status == 404


def test_waiting_is_bounded(daemon, batch):
    """wait_until gives up in time and says where the job stands."""
    with daemon.client() as client, pytest.raises(WaitTimeout, match="FINISHED"):
        client.wait_until(batch, lambda _job: False, 0.3)


def test_waiting_ends_when_the_daemon_goes(fresh_daemon, tmp_path, stream_text):
    """A waiting client learns that the daemon ended instead of waiting on."""
    job = fresh_daemon.submit(stream_text, tmp_path)
    failures = []

    def wait():
        with fresh_daemon.client() as client:
            try:
                client.wait_until(job, lambda _job: False, 60)
            except DaemonUnreachable as error:
                failures.append(error)

    fresh_daemon.wait_until(job, fresh_daemon.is_running)
    thread = threading.Thread(target=wait)
    thread.start()
    assert fresh_daemon.stop() == 0
    thread.join(60)
    assert failures


def test_a_client_survives_a_restart_of_the_daemon(fresh_daemon):
    """A client's idle connection to a daemon that has gone does not spoil the next call."""
    with fresh_daemon.client() as client:
        before = client.status().pid
        assert fresh_daemon.stop() == 0
        fresh_daemon.start()
        assert client.status().pid != before


def test_no_daemon(tmp_path):
    """Without a daemon the error names the home and the command that helps."""
    with pytest.raises(DaemonUnreachable) as refused:
        Client.connect(Home(tmp_path / "home"), start=False)
    assert refused.value.code == "daemon-unreachable"
    assert str(tmp_path / "home") in refused.value.message
    assert "flowdeck up" in refused.value.hint
    assert not (tmp_path / "home").exists()


def test_a_daemon_is_started_on_demand(tmp_path):
    """connect(start=True) starts a daemon in the background, once."""
    home = Home(tmp_path / "home")
    with Client.connect(home, start=True) as client:
        pid = client.status().pid
        try:
            assert home.holder() == pid
            with Client.connect(home, start=True) as second:
                assert second.status().pid == pid
        finally:
            assert client.shutdown() == pid
    _wait_until_free(home)


def test_a_race_for_the_home_has_one_winner(tmp_path):
    """Clients that start a daemon at the same time end up with the same one."""
    home = Home(tmp_path / "home")
    pids = []

    def connect():
        with Client.connect(home, start=True) as client:
            pids.append(client.status().pid)

    threads = [threading.Thread(target=connect) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    holder = home.holder()
    with Client(home) as client:
        client.shutdown()
    _wait_until_free(home)
    assert pids == [holder] * 3


@pytest.fixture
def many_open_files():
    """A process that has more than a thousand files open, as a script may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2048), hard))
    with contextlib.ExitStack() as stack:
        for _ in range(1024):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_daemon_that_cannot_start_says_why(tmp_path, many_open_files):
    """When the daemon refuses to start, the error has its reason and its hint, however many files this process has open."""
    home = Home(tmp_path / "home")
    home.create()
    home.store_path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(DaemonUnreachable) as refused:
        start_daemon(home)
    assert refused.value.code == "daemon-did-not-start"
    assert refused.value.exit_code == 2
    assert "control.duckdb" in refused.value.message
    assert "Traceback" not in refused.value.message
    assert "start afresh" in refused.value.hint
    assert home.holder() is None


def test_a_daemon_that_dies_without_a_word_shows_its_log(tmp_path, monkeypatch):
    """When the daemon dies before it can say why, the error has the last lines of its log, and only those of this start."""
    home = Home(tmp_path / "home")
    home.create()
    home.daemon_log.write_text("an older line\n")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    with pytest.raises(DaemonUnreachable) as refused:
        start_daemon(home)
    assert "ended with status" in refused.value.message
    assert "Python" in refused.value.message
    assert "an older line" not in refused.value.message
    assert str(home.daemon_log) in refused.value.hint


def test_a_request_that_is_too_large_is_refused_here(daemon):
    """A job file beyond the API's limit is refused with words, not with a broken connection."""
    with daemon.client() as client, pytest.raises(ApiError) as refused:
        client.submit(SubmitRequest(text="x" * (3 * 1024 * 1024)))
    assert refused.value.code == "body-too-large"


def _wait_until_free(home):
    import time

    deadline = time.monotonic() + 60
    while home.holder() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
