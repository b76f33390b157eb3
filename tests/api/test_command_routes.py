"""The routes of the whole life of jobs through a real daemon: dry runs, operations, the same by execution, lists, queues."""

import msgspec
import pytest

from runner.client import ApiError, Client


def submit(daemon, text, name, tmp_path, **fields):
    """The job of ``text`` under another name."""
    body = {"text": text, "name": name, "base_directory": str(tmp_path), **fields}
    return daemon.json("POST", "/api/v1/jobs", body, status=201)


def test_a_job_is_checked_stored_started_and_purged(daemon, batch_text, tmp_path):
    """Each step has its status; a dry run of a delete has a body, the delete itself has none."""
    checked = daemon.json("POST", "/api/v1/jobs", {"text": batch_text, "validate_only": True}, status=200)
    assert (checked["name"], checked["diagnostics"]) == ("batch", [])
    job = submit(daemon, batch_text, "routed", tmp_path, start=False, labels={"team": "web"})
    assert (job["execution"], job["labels"]) == (None, {"team": "web"})
    assert daemon.json("GET", "/api/v1/jobs?label=team%3Dweb&count=false", status=200)["jobs"] == [job]
    assert daemon.json("GET", "/api/v1/jobs?label=team", status=400)["code"] == "invalid-label"
    path = f"/api/v1/jobs/{job['id']}"
    edited = daemon.json("PATCH", path, {"labels": {"team": None}, "retention": {"executions": 3}}, status=200)
    assert (edited["labels"], edited["retention"]["executions"]) == ({}, 3)
    put = daemon.json("PUT", path, {"text": batch_text.replace("= 5,", "= 6,"), "base_directory": str(tmp_path)}, status=200)
    assert (put["generation"], put["version"] > edited["version"]) == (2, True)
    assert [plugin["name"] for plugin in daemon.json("GET", f"{path}/plan", status=200)["plugins"]] == ["FakeSource", "Console"]
    daemon.json("POST", f"{path}/start?reason=because", status=202)
    assert daemon.wait_until(job["id"], daemon.is_over).execution.state == "FINISHED"
    tried = daemon.json("DELETE", f"{path}?purge=true&dry_run=true", status=200)
    assert (tried["action"], tried["risk"], tried["allowed"]) == ("purge", "destructive", True)
    assert daemon.json("DELETE", path, status=204) is None
    assert [found["id"] for found in daemon.json("GET", "/api/v1/jobs?deleted=true", status=200)["jobs"]] == [job["id"]]
    assert daemon.json("POST", f"{path}/undelete", status=200)["deleted_at"] is None
    assert daemon.json("DELETE", f"{path}?purge=true", status=204) is None
    assert daemon.json("GET", path, status=404)["code"] == "not-found"


def test_an_operation_can_be_followed(daemon, batch, batch_text, tmp_path):
    """The header names it; with respond-async it is the answer, and ends by itself."""
    submit(daemon, batch_text, "followed", tmp_path, start=False)
    status, headers, body = daemon.request("POST", "/api/v1/jobs/followed/start", headers={"Prefer": "wait=1, respond-async"})
    assert (status, headers["Preference-Applied"]) == (202, "respond-async")
    operation = msgspec.json.decode(body)
    assert (operation["kind"], operation["outcome"]) == ("start", None)
    assert operation["requested_by"].startswith("unix:")

    def ended():
        found = daemon.json("GET", headers["Operation-Location"], status=200)
        return found if found["finished_at"] else None

    assert daemon.wait_for(ended)["outcome"] == "succeeded"
    assert (
        daemon.json("GET", "/api/v1/operations?job=followed&open=false", status=200)["operations"][0]["id"] == operation["id"]
    )
    assert daemon.json("GET", "/api/v1/operations/none", status=404)["code"] == "not-found"


def test_the_same_by_execution(daemon, batch_text, tmp_path):
    """An execution takes what its job takes, as long as it is the newest."""
    job = submit(daemon, batch_text, "twice", tmp_path)
    first = daemon.wait_until(job["id"], daemon.is_over).execution.id
    tried = daemon.json("POST", f"/api/v1/executions/{first}/start?dry_run=true", status=200)
    assert (tried["does"], tried["rows_to_read_again"]) == ("starts generation 1 from the beginning", 5)
    second = daemon.json("POST", f"/api/v1/executions/{first}/start", status=202)["execution"]["id"]
    daemon.wait_until(job["id"], daemon.is_over)
    refused = daemon.json("POST", f"/api/v1/executions/{first}/start", status=409)
    assert second in refused["detail"]
    page = daemon.json("GET", f"/api/v1/executions?job={job['id']}&limit=1&count=true", status=200)
    assert ([found["id"] for found in page["executions"]], page["total"]) == ([second], 2)
    (point,) = daemon.json("GET", f"/api/v1/executions/{first}/checkpoints", status=200)["checkpoints"]
    assert (point["kind"], point["execution_id"]) == ("final", first)


def test_queues_are_paused_and_emptied(daemon, batch_text, tmp_path):
    """What waits in a paused queue is canceled by name; then the queue can be deleted."""
    assert daemon.json("PUT", "/api/v1/queues/side", {"paused": True}, status=200)["paused"] is True
    text = batch_text.replace('job.mode = "BATCH"', 'job.mode = "BATCH", job.queue = "side"')
    job = submit(daemon, text, "waits", tmp_path)
    daemon.wait_until(job["id"], lambda found: found.execution.state == "QUEUED")
    assert daemon.json("DELETE", "/api/v1/queues/side", status=409)["code"] == "conflict"
    tried = daemon.json("POST", "/api/v1/cancel?dry_run=true", {"queue": "side"}, status=200)
    assert [found["state"] for found in tried["canceled"]] == ["QUEUED"]
    canceled = daemon.json("POST", "/api/v1/cancel", {"name": "waits"}, status=200)
    assert [found["job_name"] for found in canceled["canceled"]] == ["waits"]
    daemon.wait_for(lambda: not daemon.json("GET", "/api/v1/queues/side", status=200)["waiting"])
    assert daemon.json("DELETE", "/api/v1/queues/side", status=204) is None
    assert daemon.json("GET", "/api/v1/queues/side", status=404)["code"] == "not-found"


def test_commands_to_queues_are_operations(daemon):
    """A limit, a bulk cancellation and a deletion name their operations; with respond-async these are the answers."""
    status, headers, _ = daemon.request("PUT", "/api/v1/queues/narrow", {"limit": 1}, {"Prefer": "respond-async"})
    assert (status, headers["Preference-Applied"]) == (202, "respond-async")

    def outcome(kind, place):
        found = daemon.json("GET", place, status=200)
        assert found["kind"] == kind
        return found["outcome"] and (found["outcome"], found["queue"])

    def wait_for(kind, place):
        return daemon.wait_for(lambda: outcome(kind, place))

    assert wait_for("change-queue", headers["Operation-Location"]) == ("succeeded", "narrow")
    status, headers, body = daemon.request("POST", "/api/v1/cancel", {"queue": "narrow"})
    assert (status, msgspec.json.decode(body)) == (200, {"canceled": [], "left": []})
    assert wait_for("cancel-queued", headers["Operation-Location"]) == ("succeeded", "narrow")
    status, headers, _ = daemon.request("DELETE", "/api/v1/queues/narrow")
    assert (status, wait_for("delete-queue", headers["Operation-Location"])) == (204, ("succeeded", "narrow"))


def test_savepoints_of_a_deleted_job(daemon, stream):
    """They are asked for with deleted=true, by the job's id, as routes and as verbs of the client."""
    savepoint = daemon.json("POST", f"/api/v1/jobs/{stream}/savepoints", status=201)
    path = f"/api/v1/jobs/{stream}/savepoints/{savepoint['id']}"
    assert daemon.json("GET", path, status=200)["place"] == savepoint["place"]
    daemon.json("POST", f"/api/v1/jobs/{stream}/cancel", status=202)
    daemon.wait_until(stream, daemon.is_over)
    daemon.json("DELETE", f"/api/v1/jobs/{stream}", status=204)
    assert daemon.json("GET", path, status=404)["code"] == "not-found"
    assert daemon.json("GET", f"{path}?deleted=true", status=200)["id"] == savepoint["id"]
    with Client(daemon.home) as client:
        ran = list(client.each_execution(stream, deleted=True))
        assert {execution.job_id for execution in ran} == {found.job_id for found in client.savepoints(deleted=True)}
        assert [execution for execution in client.each_execution(deleted=True) if execution.job_name == ran[0].job_name] == ran
        assert not {execution.id for execution in ran} & {execution.id for execution in client.each_execution()}
        with pytest.raises(ApiError) as refused:
            client.execution_page(job="nobody", deleted=True)
        assert refused.value.status == 404
        (found,) = client.savepoints(stream, deleted=True)
        assert found == client.show_savepoint(stream, found.id, deleted=True)
        assert client.verify_savepoint(stream, found.id, deleted=True).problems == ()
        client.delete_savepoint(stream, found.id, force=True, deleted=True)
    assert daemon.json("GET", "/api/v1/savepoints?deleted=true", status=200) == {"savepoints": [], "next": None}
