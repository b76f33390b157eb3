"""What beside the bare commands can be said: overrides of a restart, queues, metrics; and what is not built yet."""

import pytest


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


def test_queues(served):
    """A limit makes jobs wait in order, ls --queue narrows, and taking the limit away lets them run."""
    text = (served.directory / "batch.conf").read_text()
    for name in ("first", "second"):
        spec = text.replace('"batch"', f'"{name}", job.queue = "nightly"').replace("out/batch", f"out/{name}")
        (served.directory / f"{name}.conf").write_text(spec)
    assert served.json("queues", "nightly", "--limit", "0")["queues"] == [
        {"name": "nightly", "limit": 0, "running": [], "waiting": []}
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
    heading, *lines = served("metrics", "stream").stdout.splitlines()
    assert heading.split() == ["METRIC", "PLUGIN", "LAST", "MEAN", "LOWEST", "HIGHEST"]
    assert any(line.startswith("rows_in") and line.rstrip().endswith("/s") for line in lines)
    for window in ("0", "5x", "", "99999999d"):
        assert "window of time" in served("metrics", "stream", "--window", window, status=2).stderr
    assert "did you mean" in served("metrics", "streem", status=2).stderr


def _rows(served):
    return [series for series in served.json("metrics", "stream")["series"] if series["name"] == "rows_in"]


@pytest.mark.parametrize("command", ["pause", "resume", "recover", "workers", "errors"])
def test_what_is_not_built_yet_says_so(flowdeck, command):
    """One sentence, and what to do instead; no daemon is started for it."""
    refused = flowdeck(command, "stream", status=2)
    first, hint = refused.stderr.splitlines()
    assert "not built yet" in first
    assert "flowdeck " in hint
    assert not flowdeck.home.path.exists()
