"""Commands about jobs through a daemon that is up: tables, JSON shapes, references, control."""

import json
import re
import shutil

import pytest

JOB_FIELDS = {
    "id", "name", "mode", "desired_state", "generation", "created_at", "updated_at", "file", "execution", "last_checkpoint",
    "reload",
}  # fmt: skip


def test_ls_as_a_table(served):
    """Headings and one line a job: name, id, state, figures; nothing but the table on stdout."""
    heading, *lines = served("ls").stdout.splitlines()
    assert heading.split()[:3] == ["NAME", "ID", "STATE"]
    rows = {line.split()[0]: line.split() for line in lines}
    assert rows["batch"][2] == "FINISHED"
    assert rows["stream"][2] == "RUNNING"
    assert rows["stream"][1] == served.job("stream")["id"]


def test_ls_as_json(served):
    """JSON is the API's page of jobs."""
    page = served.json("ls")
    assert set(page) == {"jobs", "total"}
    assert page["total"] == len(page["jobs"]) == 2
    assert all(set(job) >= JOB_FIELDS for job in page["jobs"])


def test_ls_filters(served):
    """--state narrows, in any case; --limit cuts and says that there is more."""
    assert [job["name"] for job in served.json("ls", "--state", "running")["jobs"]] == ["stream"]
    assert served.json("ls", "--state", "FAILED")["jobs"] == []
    cut = served("ls", "--limit", "1")
    assert len(cut.stdout.splitlines()) == 2
    assert "1 more" in cut.stderr
    assert "SLEEPING" in served("ls", "--state", "SLEEPING", status=2).stderr


def test_show_as_json_has_the_processes(served):
    """Show carries the process ids of the daemon and the workers."""
    job = served.json("show", "stream")
    assert set(job) >= JOB_FIELDS | {"daemon_pid", "worker_pids", "attempts"}
    assert job["daemon_pid"] == served.home.holder()
    assert job["worker_pids"] == job["execution"]["worker_pids"]
    assert job["worker_pids"]
    (attempt,) = job["attempts"]
    assert (attempt["number"], attempt["cause"], attempt["workers"]) == (1, "the execution was started", 1)


def test_show_as_a_table(served):
    """Show tells state, file, execution, processes and checkpoints."""
    text = served("show", "stream").stdout
    job = served.job("stream")
    for part in (
        "RUNNING",
        str(served.directory / "stream.conf"),
        job["execution"]["id"],
        str(served.home.holder()),
        "CHECKPOINT",
        "ATTEMPT",
        "the execution was started; from the beginning",
    ):
        assert part in text


def test_a_job_is_named_by_id_prefix_or_name(served):
    """JOB is an id, a unique prefix of one, or a name."""
    identity = served.job("batch")["id"]
    for reference in (identity, identity[:-1], "batch"):
        assert served.json("show", reference)["id"] == identity


@pytest.mark.parametrize(
    "command", ["show", "stop", "cancel", "savepoint", "restart", "logs", "checkpoints", "savepoints", "rm"]
)
def test_an_unknown_job_is_suggested(served, command):
    """A misspelt name: exit 2, did you mean."""
    refused = served(command, "steam", status=2)
    assert "steam" in refused.stderr
    assert "did you mean stream?" in refused.stderr
    assert refused.stdout == ""


def test_submit_checks_all_files_first(served):
    """One invalid file among several: its diagnostics, exit 2, and nothing is submitted."""
    (served.directory / "typo.conf").write_text("env {}\nsource { FakeSorce {} }\nsink { Console {} }\n")
    text = (served.directory / "batch.conf").read_text()
    (served.directory / "good.conf").write_text(text.replace('"batch"', '"good"'))
    refused = served("submit", "good.conf", "typo.conf", status=2)
    assert "FakeSource" in refused.stderr
    assert "nothing was submitted: 1 of 2 files must be mended first" in refused.stderr
    assert served("show", "good", status=2).returncode == 2
    assert "--name" in served("submit", "good.conf", "batch.conf", "--name", "x", status=2).stderr
    assert "missing.conf" in served("submit", "missing.conf", status=2).stderr


def test_submit_stop_restart_rm(served):
    """A job's life from the command line, as JSON and as text."""
    text = (served.directory / "stream.conf").read_text()
    (served.directory / "life.conf").write_text(text.replace('"stream"', '"life"').replace("out/stream", "out/life"))
    submitted = served.json("submit", "life.conf")
    assert [job["name"] for job in submitted["jobs"]] == ["life"]
    served.wait_for(lambda: served.is_reading("life"))
    assert "running" in served("rm", "life", status=1).stderr.lower()
    stopped = served("stop", "life")
    assert re.search(r"life: STOPPED with savepoint \d+", stopped.stdout)
    restarted = served.json("restart", "life")
    assert restarted["execution"]["restored_from"] is not None
    served.wait_for(lambda: served.is_reading("life"))
    assert served.json("stop", "life", "--no-savepoint")["execution"]["savepoint_id"] is None
    assert "from the beginning" in served("restart", "life", "--from", "none").stdout
    served.wait_for(lambda: served.is_reading("life"))
    assert served.json("cancel", "life")["execution"]["state"] == "CANCELED"
    assert "deleted life" in served("rm", "life").stderr
    served("show", "life", status=2)


def test_savepoints(served):
    """A savepoint is taken, listed, verified where it is and where it is carried to, and deleted."""
    savepoint = served.json("savepoint", "stream", "-d", "before the change")
    assert savepoint["kind"] == "savepoint"
    assert savepoint["description"] == "before the change"
    listed = served.json("savepoints")["savepoints"]
    assert [entry["id"] for entry in listed] == [savepoint["id"]]
    table = served("savepoints", "stream").stdout
    assert "before the change" in table
    assert "stream" in table
    assert "savepoint" in served("checkpoints", "stream").stdout
    name = f"stream/{savepoint['id']}"
    carried = served.directory / "carried"
    shutil.copytree(savepoint["place"]["path"], carried)
    assert served.json("savepoints", "show", name)["id"] == listed[0]["id"]
    assert served("savepoints", "verify", name, "carried").stdout.count("whole") == 2
    (carried / "state.msgpack").write_bytes(b"")
    damaged = json.loads(served("savepoints", "verify", "carried", "--output", "json", status=1).stdout)
    assert "0 bytes" in damaged["savepoints"][0]["problems"][0]
    assert "0 bytes" in served("restart", "stream", "--from", "./carried", status=2).stderr
    assert f"deleted savepoint {name}" in served("savepoints", "delete", name, "--force").stderr
    assert served.json("savepoints") == {"savepoints": []}
    assert "no savepoints" in served("savepoints").stderr
    of_deleted_jobs = served.json("savepoints", "--deleted")["savepoints"]  # other tests may have left some
    assert savepoint["place"]["path"] not in [entry["place"]["path"] for entry in of_deleted_jobs]
    assert "needs the job" in served("savepoints", "--delete", "1", status=2).stderr
    assert "any more" in served("savepoints", "delete", name).stderr


def test_checkpoints(served):
    """The periodic checkpoints are listed, newest first."""
    listed = served.wait_for(lambda: served.json("checkpoints", "stream")["checkpoints"])
    numbers = [entry["id"] for entry in listed]
    assert numbers == sorted(numbers, reverse=True)
    assert len(served.json("checkpoints", "stream", "--limit", "1")["checkpoints"]) == 1
    assert served("checkpoints", "stream").stdout.split()[0] == "ID"


def test_logs(served):
    """Text for people, one JSON object a line for programs; level and tail narrow."""
    rows = served("logs", "batch", "--level", "output").stdout.splitlines()
    assert len(rows) == 5
    objects = [
        json.loads(line) for line in served("logs", "batch", "--level", "output", "--output", "json").stdout.splitlines()
    ]
    assert [entry["level"] for entry in objects] == ["output"] * 5
    assert all(entry["message"] in row for entry, row in zip(objects, rows, strict=True))
    assert served("logs", "batch", "--level", "output", "--tail", "2").stdout.splitlines() == rows[-2:]


def test_logs_follow(served):
    """-f prints what there is and what is added; it ends with the execution, or on Ctrl-C with 130 while the job runs on."""
    assert served("logs", "-f", "batch").stdout == served("logs", "batch").stdout
    text = (served.directory / "stream.conf").read_text().replace("sink {", 'sink { Console { plugin_input = "rows" },')
    (served.directory / "talk.conf").write_text(text.replace('"stream"', '"talk"').replace("out/stream", "out/talk"))
    served("submit", "talk.conf")
    with served.start("logs", "-f", "talk") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        served.interrupt(process)
        _stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    with served.start("logs", "-f", "talk", "--level", "output") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        served("stop", "talk")
        process.communicate(timeout=60)
    assert process.returncode == 0
    served("rm", "talk")


def test_what_the_state_does_not_allow(served):
    """A savepoint of a finished job: exit 1, the state is named."""
    refused = served("savepoint", "batch", status=1)
    assert "FINISHED" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "--limit", "0"),
        ("ls", "--output", "xml"),
        ("show",),
        ("restart", "stream", "--from", "yesterday"),
        ("nosuchcommand",),
        ("ls", "--nosuchoption"),
    ],
)
def test_wrong_usage_exits_with_2(served, arguments):
    """Wrong usage is told in one message with the way to the help."""
    refused = served(*arguments, status=2)
    assert refused.stderr.startswith("error: ")
    assert "--help" in refused.stderr
    assert refused.stdout == ""


def test_a_closed_pipe_is_no_defect(served):
    """`flowdeck ls | head -0` ends quietly."""
    with served.start("show", "stream") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(60) == 141
