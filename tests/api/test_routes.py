"""Every route through a real daemon: status codes and shapes."""

import pytest

from runner.client import ApiError

JOB_FIELDS = {
    "id", "name", "mode", "desired_state", "generation", "created_at", "updated_at", "file", "execution", "last_checkpoint",
    "reload",
}  # fmt: skip
EXECUTION_FIELDS = {
    "id", "job_id", "job_name", "generation", "state", "state_since", "created_at", "started_at", "finished_at", "attempt",
    "restarts", "restored_from", "restore_reason", "savepoint_id", "error", "totals", "worker_pids", "phase",
}  # fmt: skip
CHECKPOINT_FIELDS = {
    "id", "job_id", "execution_id", "generation", "kind", "status", "triggered_at", "completed_at", "duration", "size",
    "rows_in", "rows_out", "description", "failure",
}  # fmt: skip


def test_status_names_the_process(daemon):
    """The status carries the daemon's own process id, home and version."""
    status = daemon.json("GET", "/api/v1/status", status=200)
    assert status["pid"] == daemon.process.pid
    assert status["home"] == str(daemon.home.path)
    assert status["version"]
    assert status["uptime"] > 0
    assert status["embedded"] is False


def test_submit_answers_the_job(daemon, tmp_path, batch_text):
    """A submit is answered 201 with the job and its new execution."""
    text = batch_text.replace('"batch"', '"submitted"')
    job = daemon.json("POST", "/api/v1/jobs", {"text": text, "base_directory": str(tmp_path)}, status=201)
    assert set(job) >= JOB_FIELDS
    assert set(job["execution"]) >= EXECUTION_FIELDS
    assert job["name"] == "submitted"
    assert job["generation"] == 1
    assert daemon.wait_until(job["id"], daemon.is_over).execution.state == "FINISHED"


def test_jobs_are_listed_filtered_and_paged(daemon, batch, stream):
    """Lists carry the total; state and name narrow them; limit and offset page through them."""
    everything = daemon.json("GET", "/api/v1/jobs", status=200)
    assert {job["name"] for job in everything["jobs"]} >= {"batch", "stream"}
    assert everything["total"] == len(everything["jobs"])
    running = daemon.json("GET", "/api/v1/jobs?state=RUNNING", status=200)
    assert [job["id"] for job in running["jobs"]] == [stream]
    named = daemon.json("GET", "/api/v1/jobs?name=atc", status=200)
    assert [job["id"] for job in named["jobs"]] == [batch]
    pages = [daemon.json("GET", f"/api/v1/jobs?limit=1&offset={n}", status=200) for n in range(everything["total"])]
    assert [page["jobs"][0]["id"] for page in pages] == [job["id"] for job in everything["jobs"]]
    assert {page["total"] for page in pages} == {everything["total"]}


def test_a_job_is_found_by_id_prefix_and_name(daemon, batch):
    """{job} is an id, a unique prefix of one, or a name."""
    for reference in (batch, batch[:-1], "batch"):
        assert daemon.json("GET", f"/api/v1/jobs/{reference}", status=200)["id"] == batch


def test_a_finished_job_says_what_it_did(daemon, batch):
    """The totals of a finished execution stay."""
    execution = daemon.json("GET", f"/api/v1/jobs/{batch}", status=200)["execution"]
    assert execution["state"] == "FINISHED"
    assert execution["totals"]["rows_in"] == 5
    assert execution["totals"]["rows_out"] == 5
    assert execution["finished_at"] >= execution["started_at"]


def test_executions_and_attempts(daemon, batch):
    """A job's executions, each by itself, and its attempts."""
    (execution,) = daemon.json("GET", f"/api/v1/jobs/{batch}/executions", status=200)["executions"]
    assert set(execution) >= EXECUTION_FIELDS
    assert daemon.json("GET", f"/api/v1/executions/{execution['id']}", status=200) == execution
    (attempt,) = daemon.json("GET", f"/api/v1/executions/{execution['id']}/attempts", status=200)["attempts"]
    assert attempt["number"] == 1
    assert attempt["execution_id"] == execution["id"]


def test_generations_keep_text_and_spec(daemon, batch, batch_text):
    """Each generation has the text it came from and the resolved spec."""
    (generation,) = daemon.json("GET", f"/api/v1/jobs/{batch}/generations", status=200)["generations"]
    assert generation["text"] == batch_text
    assert generation["spec"]["sources"][0]["name"] == "FakeSource"
    assert daemon.json("GET", f"/api/v1/jobs/{batch}/generations/1", status=200) == generation


def test_checkpoints_and_savepoints(daemon, stream):
    """A savepoint is answered when complete, listed with its kind, and gone when deleted."""
    savepoint = daemon.json("POST", f"/api/v1/jobs/{stream}/savepoints", {"description": "before"}, status=201)
    assert set(savepoint) >= CHECKPOINT_FIELDS
    assert savepoint["kind"] == "savepoint"
    assert savepoint["status"] in {"completed", "committed"}
    assert savepoint["description"] == "before"
    listed = daemon.json("GET", f"/api/v1/jobs/{stream}/checkpoints?kind=savepoint", status=200)["checkpoints"]
    assert [entry["id"] for entry in listed] == [savepoint["id"]]
    for path in ("/api/v1/savepoints", f"/api/v1/savepoints?job={stream}"):
        assert [entry["id"] for entry in daemon.json("GET", path, status=200)["savepoints"]] == [savepoint["id"]]
    target = f"/api/v1/jobs/{stream}/savepoints/{savepoint['id']}"
    verdict = daemon.json("POST", f"{target}/verify", status=200)
    assert verdict["problems"] == []
    assert verdict["savepoint"]["place"]["path"] == savepoint["place"]["path"]
    assert daemon.json("DELETE", f"{target}?force=true", status=204) is None
    assert daemon.json("GET", "/api/v1/savepoints", status=200) == {"savepoints": [], "next": None}


def test_a_savepoint_needs_no_body(daemon, stream):
    """A body that has only defaults may be left out."""
    assert daemon.json("POST", f"/api/v1/jobs/{stream}/savepoints", status=201)["description"] == ""


def test_metrics_are_series_of_buckets(daemon, stream):
    """Metrics come as series with as many points as were asked for, none of them negative."""
    path = f"/api/v1/jobs/{stream}/metrics?window=60&buckets=30"

    def rates():
        series = daemon.json("GET", path, status=200)["series"]
        points = [entry["points"] for entry in series if entry["name"] == "rows_in"]
        return [point["value"] for line in points for point in line if point["value"]]

    assert all(value > 0 for value in daemon.wait_for(rates))


def test_logs_have_rows_and_offsets(daemon, batch):
    """The log of a finished execution stays readable, from any line's offset on."""
    lines = daemon.json("GET", f"/api/v1/jobs/{batch}/logs?level=output", status=200)["lines"]
    assert len(lines) == 5
    assert {line["level"] for line in lines} == {"output"}
    rest = daemon.json("GET", f"/api/v1/jobs/{batch}/logs?level=output&tail=false&after={lines[1]['offset']}", status=200)
    assert rest["lines"] == lines[2:]


def test_stop_restart_cancel_delete(daemon, tmp_path, stream_text):
    """A job's whole life: stopped with a savepoint, restarted from it, cancelled, deleted."""
    job = daemon.submit(stream_text.replace('"stream"', '"life"'), tmp_path)
    daemon.wait_until(job, daemon.is_running)
    assert daemon.json("POST", f"/api/v1/jobs/{job}/stop", {"description": "over"}, status=202)["desired_state"] == "STOPPED"
    stopped = daemon.wait_until(job, daemon.is_over).execution
    assert stopped.state == "STOPPED"
    assert stopped.savepoint_id is not None
    restarted = daemon.json("POST", f"/api/v1/jobs/{job}/restart", status=202)["execution"]
    assert restarted["id"] != stopped.id
    assert restarted["restored_from"] == stopped.savepoint_id
    daemon.wait_until(job, daemon.is_running)
    assert daemon.json("DELETE", f"/api/v1/jobs/{job}", status=409)["code"] == "conflict"
    daemon.json("POST", f"/api/v1/jobs/{job}/cancel", status=202)
    assert daemon.wait_until(job, daemon.is_over).execution.state == "CANCELED"
    assert daemon.json("DELETE", f"/api/v1/jobs/{job}", status=204) is None
    with daemon.client() as client, pytest.raises(ApiError) as refused:
        client.job(job)
    assert refused.value.status == 404


def test_openapi_describes_every_route(daemon):
    """The OpenAPI document has each path, and the schema of a submit."""
    document = daemon.json("GET", "/api/v1/openapi.json", status=200)
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/jobs/{job}/savepoints/{number}" in document["paths"]
    assert "text" in document["components"]["schemas"]["SubmitRequest"]["required"]


def test_shutdown_ends_the_process(fresh_daemon):
    """POST /shutdown answers with the process id, then the process ends well and frees the home."""
    assert fresh_daemon.json("POST", "/api/v1/shutdown", status=202) == {"pid": fresh_daemon.process.pid}
    assert fresh_daemon.process.wait(60) == 0
    assert fresh_daemon.home.holder() is None
    assert not fresh_daemon.home.socket_path.exists()
