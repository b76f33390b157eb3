"""What beside the bare commands can be said: overrides of a restart, queues, metrics."""

import re


def test_restart_with_overrides(served):
    """--set makes a new generation that show tells about; what cannot be is one clear error, and the job runs on."""
    pid = served.json("show", "stream")["worker_pids"]
    for path, said in (
        ("env.paralelism=2", 'did you mean "parallelism"'),
        ("sorce.0.row.num=1", "did you mean source"),
        ("source.FakeSource.row.num=many", "row.num"),
        ("source.FakeSource", "path=value"),
    ):
        refused = served("restart", "stream", "--set", path, status=2)
        assert said in refused.stderr, path
        assert len(refused.stderr.splitlines()) <= 2, refused.stderr
    assert served.json("show", "stream")["worker_pids"] == pid
    restarted = served("restart", "stream", "--set", "env.read_limit.rows_per_second=1000", "--set", "/sink/0/path=out/other")
    assert "generation 2" in restarted.stdout
    shown = served.json("show", "stream")
    assert shown["overrides"] == {"env.read_limit.rows_per_second": "1000", "/sink/0/path": "out/other"}
    assert "/sink/0/path=out/other (until the file changes)" in served("show", "stream").stdout
    served.wait_for(lambda: list((served.directory / "out/other").glob("*.json")))
    assert served.json("restart", "stream")["overrides"] == shown["overrides"]
    served.wait_for(lambda: served.is_reading("stream"))


def test_a_stop_in_time(served):
    """--timeout takes a time as people write it, is told of by a dry run, and ends in a job that stopped with a savepoint."""
    for wrong in ("0", "soon", "-1s", "2d", "nan"):
        assert "is not how long something may take" in served("stop", "stream", f"--timeout={wrong}", status=2).stderr
    assert "takes no timeout" in served("stop", "stream", "--no-savepoint", "--timeout", "5s", status=2).stderr
    assert "takes longer than 90 s" in served("stop", "stream", "--timeout", "1.5m", "--dry-run").stdout
    assert served("stop", "stream", "--timeout", "2m").stdout.startswith("stream: STOPPED")
    assert served.job("stream")["execution"]["savepoint_id"]
    served("start", "stream")
    served.wait_for(lambda: served.is_reading("stream"))


def test_queues(served):
    """A limit makes jobs wait in order, ls --queue narrows, and taking the limit away lets them run."""
    text = (served.directory / "batch.conf").read_text()
    for name in ("first", "second"):
        spec = text.replace('"batch"', f'"{name}", job.queue = "nightly"').replace("out/batch", f"out/{name}")
        (served.directory / f"{name}.conf").write_text(spec)
    assert served.json("queues", "nightly", "--limit", "0")["queues"] == [
        {"name": "nightly", "limit": 0, "running": [], "waiting": [], "kind": "fifo", "paused": False, "waiting_since": []}
    ]
    submitted = served.json("submit", "first.conf", "second.conf")["jobs"]
    served.wait_for(lambda: served.job("second")["execution"]["state"] == "QUEUED")
    assert {job["name"] for job in served.json("ls", "--queue", "nightly")["jobs"]} == {"first", "second"}
    assert served.json("ls", "--queue", "nightly", "--state", "RUNNING")["jobs"] == []
    assert "no job" in served("ls", "--queue", "nowhere").stderr
    (queue,) = served.json("queues", "nightly")["queues"]
    assert queue["waiting"] == [job["id"] for job in submitted]
    heading, line = served("queues", "nightly").stdout.splitlines()
    assert heading.split() == ["QUEUE", "LIMIT", "RUNNING", "WAITING", "NEXT"]
    assert line.split() == ["nightly", "0", "0", "2", "first,", "second"]
    assert served("stop", "second").stdout == "second: STOPPED\n"
    assert served("queues", "nightly", "--limit", "none").stdout.splitlines()[1].split()[1] == "-"
    served.wait_for(lambda: served.job("first")["execution"]["state"] == "FINISHED")
    assert "--limit needs the queue" in served("queues", "--limit", "1", status=2).stderr
    assert "neither a number" in served("queues", "q", "--limit", "-1", status=2).stderr


def test_metrics(served):
    """A line a series in the table, all points in JSON, windows as people write them."""
    found = served.wait_for(lambda: served.json("metrics", "stream", "--window", "5m", "--buckets", "10"))
    served.wait_for(lambda: any(point["value"] for series in _rows(served) for point in series["points"]))
    assert found["window"] == 300
    assert all(len(series["points"]) == 10 for series in found["series"])
    summary = served("metrics", "stream", "--window", "1m").stdout
    assert re.search(r"^window +1m00s$", summary, re.MULTILINE)
    assert re.search(r"^rows in +[0-9,]+, [0-9,]+ in the window; .*/s now", summary, re.MULTILINE)
    heading, *lines = served("metrics", "stream", "--series").stdout.splitlines()
    assert heading.split() == ["METRIC", "PLUGIN", "LAST", "MEAN", "LOWEST", "HIGHEST"]
    assert any(line.startswith("rows_in") and line.rstrip().endswith("/s") for line in lines)
    for window in ("0", "5x", "", "99999999d"):
        assert "window of time" in served("metrics", "stream", "--window", window, status=2).stderr
    assert "did you mean" in served("metrics", "streem", status=2).stderr


def _rows(served):
    return [series for series in served.json("metrics", "stream")["series"] if series["name"] == "rows_in"]


def test_pause_resume_and_workers(served):
    """A paused job tells since when and why, a resumed one reads on; workers are listed, changed and counted; what cannot be
    done says so."""
    assert served("pause", "stream", "--reason", "the target is full").stdout == "stream: PAUSED\n"
    shown = served("show", "stream").stdout
    assert re.search(r"^paused +since \d{4}-.*: the target is full$", shown, re.MULTILINE)
    assert re.search(r"^workers +1 of 1 wanted$", shown, re.MULTILINE)
    (worker,) = served.json("workers", "stream")["workers"]
    assert (worker["number"], worker["state"]) == (0, "PAUSED")
    assert served.json("resume", "stream")["execution"]["pause"] is None
    assert served("resume", "stream").stdout == "stream: RUNNING\n"
    assert served("workers", "stream", "--add", "1").stdout.startswith("stream: 2 workers wanted, ")
    served.wait_for(lambda: len(served.json("workers", "stream")["workers"]) == 2)
    served.wait_for(lambda: "STARTING" not in served("workers", "stream").stdout)
    heading, *lines = served("workers", "stream").stdout.splitlines()
    assert heading.split()[:4] == ["WORKER", "PID", "STATE", "SPLITS"]
    assert len(lines) == 2
    assert served.json("workers", "stream", "--total", "1")["execution"]["workers_asked"] == 1
    served.wait_for(lambda: len(served.json("workers", "stream")["workers"]) == 1)
    assert "exclude each other" in served("workers", "stream", "--add", "1", "--total", "2", status=2).stderr
    assert "the last worker cannot leave" in served("workers", "stream", "--remove", "1", status=1).stderr
    assert "no worker runs" in served("workers", "batch").stderr
    assert "the job batch is FINISHED" in served("pause", "batch", status=1).stderr
