"""The routes of observation over HTTP: windows, logs, samples, workers, health, cluster, and how they refuse."""

import json

import pytest

from runner.endpoint import open_socket


def read_blocks(daemon, target, count, seconds=15):
    """The first ``count`` blocks of a stream, comments left out."""
    with open_socket(daemon.home.socket_path, 10) as connection:
        connection.sendall(f"GET {target} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        connection.settimeout(seconds)
        received = b""
        while True:
            blocks = [block for block in received.partition(b"\r\n\r\n")[2].split(b"\n\n")[:-1] if not block.startswith(b":")]
            if len(blocks) >= count:
                assert b"text/event-stream" in received.partition(b"\r\n\r\n")[0].lower()
                return [dict(line.split(b": ", 1) for line in block.split(b"\n")) for block in blocks[:count]]
            data = connection.recv(65536)
            assert data, received
            received += data


def test_windows_are_written_as_people_write_them(daemon, batch):
    """1m, 5m, 1h, 24h and plain seconds; anything else is refused with a hint; a history without a measurement is null."""
    for window, seconds in (("1m", 60), ("5m", 300), ("1h", 3600), ("24h", 86_400), ("90", 90), ("7d", 604_800)):
        found = daemon.json("GET", f"/api/v1/jobs/batch/metrics?window={window}&series=false", status=200)
        assert found["window"]["seconds"] == pytest.approx(seconds)
        assert found["window"]["resolution"] * len(found["history"]) == pytest.approx(seconds)
        assert found["series"] == []
    assert found["history"][0]["rows_in_per_second"] is None
    assert found["totals"]["rows_in"] == 5
    assert len(daemon.json("GET", "/api/v1/jobs/batch/metrics?window=10m&buckets=7", status=200)["history"]) == 7
    for window in ("0", "5y", "500d", "1e3"):
        assert daemon.json("GET", f"/api/v1/jobs/batch/metrics?window={window}", status=400)["code"]
    execution = daemon.json("GET", "/api/v1/jobs/batch", status=200)["execution"]["id"]
    assert daemon.json("GET", f"/api/v1/executions/{execution}/metrics", status=200)["execution_id"] == execution


def test_details_are_one_page(daemon, batch):
    """Tasks, configuration, metrics and checkpoints of a job that is over."""
    found = daemon.json("GET", "/api/v1/jobs/batch/details", status=200)
    assert [task["state"] for task in found["tasks"]] == ["STOPPED", "STOPPED"]
    assert found["generation"]["spec"]["sources"][0]["name"] == "FakeSource"
    assert found["checkpoints"][0]["kind"] == "final"
    assert found["metrics"]["job_name"] == "batch"


def test_logs_by_time_text_and_execution(daemon, batch):
    """Pages go on where the former ended; times as seconds, ISO or how long ago; what is no time or level is refused."""
    execution = daemon.json("GET", "/api/v1/jobs/batch", status=200)["execution"]["id"]
    whole = daemon.json("GET", f"/api/v1/executions/{execution}/logs?tail=false", status=200)
    assert whole == daemon.json("GET", "/api/v1/jobs/batch/logs?tail=false", status=200)
    assert whole["execution_id"] == execution
    assert daemon.json("GET", f"/api/v1/jobs/batch/logs?after={whole['next']}", status=200)["lines"] == []
    rows = daemon.json("GET", "/api/v1/jobs/batch/logs?level=output", status=200)["lines"]
    assert len(rows) == 5
    for since in ("-1h", "2020-01-01T00:00:00Z", "0"):
        assert daemon.json("GET", f"/api/v1/jobs/batch/logs?tail=false&since={since}", status=200)["lines"] == whole["lines"]
    assert daemon.json("GET", "/api/v1/jobs/batch/logs?until=2020-01-01", status=200)["lines"] == []
    found = daemon.json("GET", "/api/v1/jobs/batch/logs?contains=finished", status=200)["lines"]
    assert found
    assert all("finished" in line["message"].lower() for line in found)
    for query in ("level=loud", "since=yesterday", "until=-5y", "since=2&until=1", "since=99999999999999"):
        assert daemon.json("GET", f"/api/v1/jobs/batch/logs?{query}", status=400)["code"]
    assert daemon.json("GET", "/api/v1/executions/nothing/logs", status=404)["code"] == "not-found"


def test_following_a_log_ends_with_its_execution(daemon, batch):
    """Each line with its offset as id, then the state; whoever comes back with the last id gets only what follows."""
    lines = daemon.json("GET", "/api/v1/jobs/batch/logs?tail=false", status=200)["lines"]
    blocks = read_blocks(daemon, "/api/v1/jobs/batch/logs/follow?limit=1000", len(lines) + 1)
    assert [int(block[b"id"]) for block in blocks[:-1]] == [line["offset"] for line in lines]
    assert [json.loads(block[b"data"]) for block in blocks[:-1]] == lines
    assert blocks[-1][b"event"] == b"end"
    assert json.loads(blocks[-1][b"data"])["state"] == "FINISHED"
    (end,) = read_blocks(daemon, f"/api/v1/jobs/batch/logs/follow?after={lines[-1]['offset']}", 1)
    assert end[b"event"] == b"end"


def test_samples_and_workers_of_a_running_job(daemon, stream):
    """Rows of each plugin, and at rest a refusal; a worker is killed with a reason, and the job goes on."""
    found = daemon.json("GET", "/api/v1/jobs/stream/samples?limit=3", status=200)["samples"]
    assert [sample["plugin"] for sample in found] == ["rows", "sink-0-LocalFile"]
    assert len(found[0]["records"]) == 3
    assert set(found[0]["records"][0]["values"]) == {"id", "name"}
    (worker,) = daemon.json("GET", "/api/v1/workers?job=stream", status=200)["workers"]
    assert daemon.json("GET", "/api/v1/workers?queue=none", status=200)["workers"] == []
    killed = daemon.json("DELETE", f"/api/v1/workers/{worker['name']}?reason=tests", status=200)
    assert (killed["pid"], killed["reason"]) == (worker["pid"], "tests")
    daemon.wait_until(stream, lambda job: job.execution.attempt == 2 and daemon.is_running(job))
    (group,) = daemon.json("GET", "/api/v1/errors", status=200)["groups"]
    assert (group["code"], group["sample"]) == ("worker-killed", "worker 0 was killed: tests")
    execution = worker["execution_id"]
    assert daemon.json("GET", f"/api/v1/executions/{execution}/errors", status=200)["failures"][0]["attempt"] == 1
    assert daemon.json("GET", f"/api/v1/executions/{execution}/errors?sort=code&offset=1", status=200)["groups"] == []
    assert daemon.json("GET", "/api/v1/errors?sort=size", status=400)["code"] == "invalid-request"
    assert daemon.json("GET", "/api/v1/errors?after=here", status=400)["code"] == "invalid-token"
    assert len(daemon.json("GET", f"/api/v1/executions/{execution}/workers", status=200)["workers"]) == 1
    assert daemon.json("DELETE", f"/api/v1/workers/{execution}/99", status=404)["code"] == "not-found"


def test_samples_at_rest_say_what_to_do(daemon, batch):
    """A job that does not run is refused with a hint."""
    refused = daemon.json("GET", "/api/v1/jobs/batch/samples", status=409)
    assert "flowdeck restart batch" in refused["hint"]


def test_health_and_cluster(daemon, batch):
    """Part by part; the cluster has this machine; statistics count the job."""
    found = daemon.json("GET", "/api/v1/health", status=200)
    assert {"store", "workers", "event-loop"} <= {part["name"] for part in found["components"]}
    assert daemon.json("GET", "/api/v1/health/store", status=200)["detail"]["read_seconds"] >= 0
    assert daemon.json("GET", "/api/v1/health/nothing", status=404)["code"] == "not-found"
    assert daemon.json("GET", "/api/v1/cluster", status=200)["nodes"][0]["pid"] == daemon.process.pid
    assert daemon.json("GET", "/api/v1/cluster/statistics", status=200)["executions_finished"] >= 1


def test_events_narrowed_and_with_a_snapshot(daemon, batch):
    """A snapshot of one job begins the stream; an unknown job is refused."""
    (block,) = read_blocks(daemon, "/api/v1/events?snapshot=true&job=batch", 1)
    event = json.loads(block[b"data"])
    assert (event["kind"], [job["name"] for job in event["data"]["jobs"]]) == ("snapshot", ["batch"])
    kinds = [block[b"event"] for block in read_blocks(daemon, "/api/v1/events?since=0&kind=execution.state&kind=job", 4)]
    assert all(kind == b"execution.state" or kind.startswith(b"job.") for kind in kinds)
    assert daemon.json("GET", "/api/v1/events?job=nothing", status=404)["code"] == "not-found"
