"""The life of a job from the command line: stored, labelled, started, tried dry, updated, deleted, brought back; what waits;
what was asked and what happened; the cluster, workers and samples."""

import json
import re

import pytest


@pytest.fixture
def stream_file(served):
    """Makes the file of a stream of one's own."""

    def make(name: str) -> str:
        text = (served.directory / "stream.conf").read_text()
        (served.directory / f"{name}.conf").write_text(
            text.replace('"stream"', f'"{name}"').replace("out/stream", f"out/{name}")
        )
        return f"{name}.conf"

    return make


def test_stored_labelled_started(served, stream_file):
    """A job is checked by the daemon, kept without being started, found by its labels, and started."""
    file = stream_file("kept")
    assert served("submit", file, "--validate-only").stdout == "kept: valid, 2 plugins; it would be a new job\n"
    assert served.job("kept") is None
    (job,) = served.json("submit", file, "--store-only", "--label", "team=sales", "--reason", "for the night")["jobs"]
    assert (job["execution"], job["labels"]) == (None, {"team": "sales"})
    assert "not there" not in served("submit", file, "--store-only", "--restore", "latest", status=2).stderr
    assert served("label", "kept", "tier=1", "team-").stdout == "kept: tier=1\n"
    assert served("label", "kept").stdout == "kept: tier=1\n"
    assert "is no label" in served("label", "kept", "tier", status=2).stderr
    assert [found["name"] for found in served.json("ls", "--label", "tier=1")["jobs"]] == ["kept"]
    assert "tier=1" in served("ls", "--all").stdout
    assert served.json("start", "kept", "--dry-run")["allowed"] is True
    assert served("start", "kept").stdout.startswith("kept: generation 1, execution ")
    served.wait_for(lambda: served.is_reading("kept"))
    assert served("cancel", "kept", "--no-wait").stdout.startswith("kept: ")
    served.wait_for(lambda: served.job("kept")["execution"]["state"] == "CANCELED")


@pytest.mark.parametrize(
    ("command", "would"),
    [
        (("cancel", "stream"), ("without a savepoint", "lost", "flowdeck stop stream: ")),
        (("stop", "stream"), ("takes a savepoint", "kept")),
        (("stop", "stream", "--no-savepoint"), ("flowdeck",)),
        (("restart", "stream"), ("kept",)),
        (("pause", "stream"), ("kept",)),
        (("savepoint", "stream"), ("kept",)),
        (("workers", "stream", "--add", "1"), ("workers join",)),
        (("update", "stream.conf"), ("flowdeck plan FILE: ",)),
        (("recover", "batch"), ("would",)),
        (("start", "batch"), ("would",)),
    ],
)
def test_a_dry_run_says_what_would_happen(served, command, would):
    """In words and as data: what is kept, what is lost, what would be safer; nothing is done."""
    before = served.job("stream")["execution"]["id"]
    told = served(*command, "--dry-run").stdout
    assert all(part in told for part in would), told
    effects = served.json(*command, "--dry-run")
    assert effects["allowed"] is True
    assert effects["action"] == command[0]
    job = served.job("stream")
    assert (job["execution"]["id"], job["execution"]["state"]) == (before, "RUNNING")


def test_a_dry_run_of_what_would_be_refused(served):
    """Exit code 1, with the reason and what to do."""
    refused = served("rm", "stream", "--dry-run", status=1)
    assert "RUNNING" in refused.stderr
    assert "hint: " in refused.stderr
    assert served.json("resume", "batch", "--dry-run", status=1)["allowed"] is False


def test_updated_deleted_brought_back(served, stream_file):
    """A running job goes on as a new generation; deleted it is hidden, and comes back until it is purged."""
    file = stream_file("updated")
    served("submit", file)
    served.wait_for(lambda: served.is_reading("updated"))
    (served.directory / file).write_text((served.directory / file).read_text().replace("= 2000", "= 1500"))
    (updated,) = served.json("update", file, "--reason", "slower")["jobs"]
    assert (updated["generation"], updated["execution"]["generation"]) == (2, 2)
    assert "did you mean updated" in served("update", file, "--name", "updatet", status=2).stderr
    served("stop", "updated", "--no-savepoint")
    assert f"flowdeck undelete {updated['id']} brings it back" in served("rm", "updated").stderr
    assert "the job updated is deleted" in served("show", "updated", status=2).stderr
    assert [job["name"] for job in served.json("ls", "--deleted")["jobs"]] == ["updated"]
    assert [job["id"] for job in served.json("undelete", "updated")["jobs"]] == [updated["id"]]
    served("rm", "updated")
    served("submit", file, "--store-only")
    same_name = served("undelete", "updated").stderr
    assert f"deleted still: {updated['id']}" in same_name
    assert "purged updated" in served("rm", "updated", "--purge").stderr
    assert "purged updated" in served("rm", updated["id"], "--purge").stderr
    assert served.json("ls", "--deleted")["jobs"] == []


def test_what_waits_is_canceled(served, stream_file):
    """By queue, tried dry first; one of JOB, --queue and --name has to be given."""
    served("queues", "night", "--pause")
    file = stream_file("waits")
    text = (served.directory / file).read_text()
    (served.directory / file).write_text(text.replace('job.name = "waits"', 'job.name = "waits", job.queue = "night"'))
    served("submit", file)
    served.wait_for(lambda: served.job("waits")["execution"]["state"] == "QUEUED")
    assert served("queues", "night").stdout.splitlines()[1].split()[:4] == ["night", "paused", "0", "1"]
    assert served("cancel", "--queue", "night", "--dry-run").stdout == "waits: would be canceled\n"
    assert served("cancel", "--queue", "night").stdout == "waits: CANCELED\n"
    assert "nothing waits" in served("cancel", "--name", "waits").stderr
    assert "name one job" in served("cancel", status=2).stderr
    assert "name one job" in served("cancel", "waits", "--queue", "night", status=2).stderr
    assert (
        served.json("queues", "night", "--resume")["queues"] == [] or not served.json("queues", "night")["queues"][0]["paused"]
    )


def test_what_ran_was_asked_and_happened(served):
    """Executions, operations and events, as tables and as data."""
    executions = served.json("executions", "batch")["executions"]
    assert [found["state"] for found in executions] == ["FINISHED"]
    assert executions[0]["id"] in served("executions", "--state", "finished").stdout
    served("savepoint", "stream", "--reason", "to look at")
    operations = served.json("operations", "stream", "--kind", "savepoint")["operations"]
    assert (operations[0]["outcome"], operations[0]["reason"]) == ("succeeded", "to look at")
    assert "savepoint" in served("operations").stdout
    lines = served("events", "--job", "batch", "--kind", "execution.state").stdout.splitlines()
    assert lines[-1].endswith("batch is FINISHED")
    objects = [json.loads(line) for line in served("events", "--job", "batch", "--output", "json").stdout.splitlines()]
    assert [found["revision"] for found in objects] == sorted(found["revision"] for found in objects)


def test_the_cluster_and_its_workers(served):
    """The machine, the parts of the daemon, all workers; one is killed and the job goes on."""
    found = served.json("cluster")
    assert [controller["job_name"] for controller in found["cluster"]["controllers"]] == ["stream"]
    assert re.search(r"^node .*process \d+", served("cluster").stdout, re.MULTILINE)
    health = served("health", status=None)
    assert health.returncode in {0, 1}
    assert "store" in health.stdout
    assert served.json("health", "store")["status"] == "ok"
    (worker,) = served.json("workers")["workers"]
    assert worker["name"] in served("workers", "--queue", "default").stdout
    killed = served.json("workers", "kill", worker["name"], "--reason", "it hangs")
    assert (killed["pid"], killed["reason"]) == (worker["pid"], "it hangs")
    assert "is no worker" in served("workers", "kill", "stream", status=2).stderr
    served.wait_for(lambda: served.is_reading("stream") and served.job("stream")["execution"]["restarts"])
    tried = served("workers", "kill", "--queue", "default", "--dry-run").stdout
    assert tried == "would kill 1 worker of stream\n"
    killed = served.json("workers", "kill", "--queue", "default", "--reason", "all of it")
    assert [job["job_name"] for job in killed["jobs"]] == ["stream"]
    (entry,) = [entry for entry in served.json("audit")["entries"] if entry["action"] == "DELETE /workers"]
    assert (entry["target"], entry["reason"], entry["outcome"]) == ("default", "all of it", "done")
    served.wait_for(lambda: served.is_reading("stream") and served.job("stream")["execution"]["restarts"] == 2)
    for wrong in (["kill"], ["kill", "a/1", "--queue", "b"], ["kill", "a/1", "--dry-run"]):
        assert "flowdeck workers" in served("workers", *wrong, status=2).stderr
    assert "no queue" in served("workers", "kill", "--queue", "nosuch", status=None).stderr
    assert "worker" in served("errors").stdout
    assert "worker-killed" in {group["code"] for group in served.json("errors", "stream", "--grouped")["groups"]}
    assert served.json("errors", "stream", "--all", "--sort", "count:asc")["failures"][0]["error"]["code"] == "worker-killed"
    assert "as in count:asc" in served("errors", "--sort", "size", status=2).stderr


def test_samples(served):
    """The last rows of each plugin of a job that runs; of one that does not run, why there are none."""
    samples = served.wait_for(lambda: [found for found in served.json("samples", "stream")["samples"] if found["records"]])
    assert {"id", "name"} <= set(samples[0]["columns"])
    table = served("samples", "stream", "--plugin", samples[0]["plugin"], "--limit", "2").stdout.splitlines()
    assert table[0] == samples[0]["plugin"]
    assert table[1].split() == list(samples[0]["columns"])
    assert "batch" in served("samples", "batch", status=1).stderr
