"""`flowdeck run`: the exit codes, the summary, the rows, Ctrl-C."""

import json
import os
import re
import signal

import psutil
import pytest


def rows_of(flowdeck, folder):
    """The rows of all committed files of a LocalFile sink."""
    return [
        json.loads(line) for file in (flowdeck.directory / folder).rglob("*.json") for line in file.read_text().splitlines()
    ]


def is_alive(pid):
    """Whether the process still does something."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_batch_runs_to_its_end(flowdeck):
    """Exit 0; the rows of Console sinks on stdout, the summary with counts and places on stderr; no daemon is left."""
    done = flowdeck("run", "batch.conf")
    assert len(done.stdout.splitlines()) == 5
    assert "batch FINISHED" in done.stderr
    assert "5 rows" in done.stderr
    assert str(flowdeck.directory / "out/batch") in done.stderr
    assert len(rows_of(flowdeck, "out/batch")) == 5
    assert flowdeck.home.holder() is None


def test_the_json_summary(flowdeck):
    """--output json prints one document with the job, its execution, checkpoints, sinks and duration, and nothing else."""
    summary = flowdeck.json("run", "batch.conf")
    assert set(summary) == {"job", "execution", "checkpoints", "checkpoints_taken", "sinks", "duration"}
    assert summary["execution"]["state"] == "FINISHED"
    assert summary["execution"]["totals"]["rows_in"] == 5
    assert summary["sinks"] == [
        {"plugin": "Console", "place": ""},
        {"plugin": "LocalFile", "place": str(flowdeck.directory / "out/batch")},
    ]
    assert summary["duration"] > 0
    assert summary["checkpoints_taken"] == 1
    assert [checkpoint["kind"] for checkpoint in summary["checkpoints"]] == ["final"]


def test_through_the_daemon_that_is_up(flowdeck):
    """With a daemon up the run goes through it, and it stays up."""
    flowdeck("up")
    pid = flowdeck.home.holder()
    done = flowdeck("run", "batch.conf", "--name", "named")
    assert "named FINISHED" in done.stderr
    assert flowdeck.home.holder() == pid
    assert flowdeck.json("show", "named")["execution"]["totals"]["rows_out"] == 10


def test_running_again_is_a_new_execution_of_the_same_job(flowdeck):
    """The job keeps its id; each run has an execution of its own, from the beginning."""
    first, second = flowdeck.json("run", "batch.conf"), flowdeck.json("run", "batch.conf")
    assert first["job"]["id"] == second["job"]["id"]
    assert first["execution"]["id"] != second["execution"]["id"]
    assert second["execution"]["restored_from"] is None


def test_variables_and_environment(flowdeck):
    """-i and the shell's environment reach the job, wherever it runs."""
    text = (flowdeck.directory / "batch.conf").read_text()
    (flowdeck.directory / "vars.conf").write_text(
        text.replace("row.num = 5", "row.num = ${rows}").replace('"out/batch"', "${OUT_OF_ENVIRONMENT}")
    )
    done = flowdeck("run", "vars.conf", "-i", "rows=3", OUT_OF_ENVIRONMENT="out/vars")
    assert "FINISHED" in done.stderr
    assert len(rows_of(flowdeck, "out/vars")) == 3
    assert "KEY=VALUE" in flowdeck("run", "vars.conf", "-i", "rows", status=2).stderr


def test_a_failing_job_exits_with_1(flowdeck):
    """A job that fails says why, with its error and a hint, and exits with 1."""
    blocked = flowdeck.directory / "blocked"
    blocked.write_text("a file where a directory is needed")
    text = (flowdeck.directory / "batch.conf").read_text().replace('"out/batch"', '"blocked/below"')
    (flowdeck.directory / "fails.conf").write_text(text.replace("env {", "env { job.retry.times = 0,"))
    done = flowdeck("run", "fails.conf", status=1)
    assert "FAILED" in done.stderr
    assert "blocked" in done.stderr
    assert "error:" in done.stderr


def test_what_failed_is_told_once_with_its_place_and_what_to_do(flowdeck):
    """A file that is not there, one that was to be a pattern, a row that does not fit: the whole path, once, and a hint."""
    source = (
        'env {{ job.mode = BATCH, job.retry.times = 0 }}\nsource {{ LocalFile {{ path = "{}", file_format_type = csv, '
        "schema {{ fields {{ id = int }} }} }} }}\nsink {{ Console {{}} }}\n"
    )
    (flowdeck.directory / "letters.csv").write_text("1\nx\n")
    told = {}
    for path in ("nowhere.csv", "*.csv", "letters.csv"):
        (flowdeck.directory / "job.conf").write_text(source.format(path))
        told[path] = flowdeck("run", "job.conf", status=1).stderr.split("\nerror: ")[1]
    at = f"source-0-LocalFile: {flowdeck.directory}"
    hint = f"\n  hint: a relative path begins at the directory of the job file, {flowdeck.directory}\n"
    assert told["nowhere.csv"] == f"{at}/nowhere.csv does not exist [file-missing]{hint}"
    assert "file_filter_pattern" in told["*.csv"]
    assert told["letters.csv"].startswith(f"{at}/letters.csv line 2, column id: 'x' is not an int [data]\n  hint: ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.conf", None),
        ("", None),
        ("binary.conf", b"\x7fELF\x00\x01\xff\xfe\x00" * 100),
        ("empty.conf", b""),
        ("broken.conf", b"source { FakeSource {"),
        ("invalid.conf", b"env {}\nsource { FakeSorce {} }\nsink { Console {} }\n"),
    ],
)
def test_what_is_no_job_file_exits_with_2(flowdeck, name, content):
    """Missing, a directory, binary, empty, broken, invalid: a diagnostic naming the file, exit 2, and no daemon for it."""
    path = flowdeck.directory / name
    if content is not None:
        path.write_bytes(content)
    done = flowdeck("run", str(path), status=2)
    assert "error[" in done.stderr
    assert path.name in done.stderr
    assert done.stdout == ""
    assert not flowdeck.home.store_path.exists()


def test_a_diagnostic_points_at_the_place(flowdeck):
    """The findings have line, column, caret and suggestion."""
    (flowdeck.directory / "typo.conf").write_text("env {}\nsource { FakeSorce {} }\nsink { Console {} }\n")
    stderr = flowdeck("run", "typo.conf", status=2).stderr
    assert "typo.conf:2:10" in stderr
    assert "^" in stderr
    assert "FakeSource" in stderr


@pytest.mark.parametrize("with_daemon", [False, True])
def test_ctrl_c_stops_with_a_savepoint(flowdeck, with_daemon):
    """One Ctrl-C: the job stops with a savepoint, exit 0, and --restore latest goes on from exactly there."""
    if with_daemon:
        flowdeck("up")
    with flowdeck.start("run", "stream.conf", warm=with_daemon) as process:
        flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
        flowdeck.interrupt(process)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "--restore latest" in stderr
    assert "stream STOPPED" in stderr
    assert "savepoint" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    before = len(rows_of(flowdeck, "out/stream"))
    assert before > 0

    with flowdeck.start("run", "stream.conf", "--restore", "latest") as process:
        flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
        assert flowdeck.job("stream")["execution"]["restored_from"] is not None
        flowdeck.interrupt(process)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0
    assert re.search(r"from     checkpoint \d+; what was read and written before it is counted, too", stderr)
    assert "/s" not in next(line for line in stderr.splitlines() if line.startswith("  read "))
    rows = rows_of(flowdeck, "out/stream")
    assert len(rows) > before
    execution = flowdeck.json("show", "stream")["execution"]
    assert execution["totals"]["rows_out"] == len(rows)


@pytest.mark.parametrize("with_daemon", [False, True])
def test_ctrl_c_twice_cancels(flowdeck, with_daemon):
    """A second Ctrl-C while the savepoint is not ready: the job is cancelled, exit 130, no traceback."""
    if with_daemon:
        flowdeck("up")
    with flowdeck.start("run", "stream.conf") as process:
        flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
        for worker in flowdeck.job("stream")["execution"]["worker_pids"]:
            os.kill(worker, signal.SIGSTOP)  # no savepoint will come
        flowdeck.interrupt(process)
        assert process.stderr is not None
        while "Stopping with a savepoint" not in (line := process.stderr.readline()):
            assert line, "it ended instead"
        flowdeck.interrupt(process)
        _stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "stream CANCELED" in stderr
    assert "Traceback" not in stderr
    assert flowdeck.json("show", "stream")["execution"]["state"] == "CANCELED"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_count_as_the_first_ctrl_c(flowdeck, number):
    """A service manager's TERM and a terminal's HUP stop the run with a savepoint."""
    with flowdeck.start("run", "stream.conf") as process:
        flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
        process.send_signal(number)
        _stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "stream STOPPED" in stderr


def test_nothing_survives_a_killed_run(flowdeck):
    """KILL of the run: its workers die with it; the next daemon goes on with the job, nothing is written twice."""
    with flowdeck.start("run", "stream.conf") as process:
        flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
        workers = flowdeck.job("stream")["execution"]["worker_pids"]
        process.kill()
        process.communicate(timeout=60)
    assert workers
    flowdeck.wait_for(lambda: not any(is_alive(pid) for pid in workers))
    flowdeck("up")
    flowdeck.wait_for(lambda: flowdeck.is_reading("stream"))
    flowdeck("stop", "stream")
    identities = [row["id"] for row in rows_of(flowdeck, "out/stream")]
    assert identities
    assert flowdeck.json("show", "stream")["execution"]["totals"]["rows_out"] == len(identities)


def test_two_runs_share_a_home(flowdeck):
    """A second run goes through the first one's daemon, and goes on by itself when the first one ends."""
    text = (flowdeck.directory / "stream.conf").read_text()
    (flowdeck.directory / "other.conf").write_text(text.replace('"stream"', '"other"').replace("out/stream", "out/other"))
    with flowdeck.start("run", "stream.conf") as first, flowdeck.start("run", "other.conf") as second:
        flowdeck.wait_for(lambda: flowdeck.is_reading("stream") and flowdeck.is_reading("other"))
        owner, guest = (first, second) if flowdeck.home.holder() == first.pid else (second, first)
        name = "other" if guest is second else "stream"
        flowdeck.interrupt(owner)
        owner.communicate(timeout=60)
        assert owner.returncode == 0
        flowdeck.wait_for(lambda: flowdeck.home.holder() == guest.pid and flowdeck.is_reading(name))
        flowdeck.interrupt(guest)
        _stdout, stderr = guest.communicate(timeout=60)
    assert guest.returncode == 0, stderr
    assert f"{name} STOPPED" in stderr


def test_rows_into_a_closed_pipe(flowdeck):
    """When whoever reads the rows goes, a stream is stopped with a savepoint instead of running on for nobody."""
    text = (flowdeck.directory / "stream.conf").read_text().replace("sink {", 'sink { Console { plugin_input = "rows" },')
    (flowdeck.directory / "shown.conf").write_text(text)
    with flowdeck.start("run", "shown.conf") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        stderr = process.stderr.read()
        process.wait(60)
    assert process.returncode == 0, stderr
    assert "stream STOPPED" in stderr
    assert "Traceback" not in stderr
