"""The verbs of the whole life of a job, through both clients: dry runs, operations, labels, updates, queues, conditions."""

import msgspec
import pytest

from runner.async_client import AsyncClient
from runner.client import ApiError
from runner.requests import (
    CancelQueuedRequest,
    EditRequest,
    SavepointRequest,
    SubmitRequest,
    UpdateRequest,
)


@pytest.fixture
def request_for(tmp_path, batch_text, stream_text):
    """Makes the request for a job of one's own: a batch, or a stream."""

    def make(name: str, *, stream: bool = False, **changes) -> SubmitRequest:
        text = stream_text.replace('"stream"', f'"{name}"') if stream else batch_text.replace('"batch"', f'"{name}"')
        (tmp_path / f"{name}.conf").write_text(text)
        return SubmitRequest(text=text, file=str(tmp_path / f"{name}.conf"), **changes)

    return make


def test_a_job_that_is_only_stored(daemon, request_for):
    """Check, store, label, find, start, delete, bring back, purge."""
    with daemon.client() as client:
        verdict = client.check(request_for("stored", labels={"team": "sales"}))
        assert (verdict.name, verdict.job_id) == ("stored", None)
        assert {plugin.name for plugin in verdict.plugins} == {"FakeSource", "Console"}
        job = client.submit(request_for("stored", start=False, labels={"team": "sales"}), reason="kept for the night")
        assert job.execution is None
        edited = client.edit(job.id, EditRequest(labels={"tier": "1"}))
        assert edited.labels == {"team": "sales", "tier": "1"}
        assert [found.id for found in client.jobs(labels={"team": "sales", "tier": "1"}).jobs] == [job.id]
        assert client.jobs(labels={"team": "nobody"}).jobs == ()
        assert [plugin.name for plugin in client.dataflow(job.id).plugins] == ["FakeSource", "Console"]
        client.start(job.id)
        ended = client.wait_until(job.id, daemon.is_over, 30)
        updated = client.update(
            job.id, UpdateRequest(text=request_for("stored").text.replace("row.num = 5", "row.num = 6"), file=job.file)
        )
        assert (updated.generation, updated.execution.id) == (2, ended.execution.id)
        client.delete(job.id)
        assert job.id not in {found.id for found in client.jobs().jobs}
        assert [found.id for found in client.jobs(deleted=True).jobs] == [job.id]
        assert client.undelete(job.id).deleted_at is None
        client.delete(job.id, purge=True)
        assert job.id not in {found.id for found in client.jobs(deleted=True).jobs}


def test_a_command_is_tried_and_followed(daemon, request_for):
    """A dry run says what is kept and lost and does nothing; in the background a command is an operation."""
    with daemon.client() as client:
        job = client.submit(request_for("tried", stream=True))
        running = client.wait_until(job.id, daemon.is_running, 30)
        effects = client.dry_run.cancel(job.id)
        assert (effects.action, effects.allowed, effects.job_name) == ("cancel", True, "tried")
        assert effects.lost
        assert effects.safer
        assert client.dry_run.start(job.id).does
        assert client.dry_run.delete(job.id).allowed is False
        assert client.job(job.id).execution.state == running.execution.state
        begun = client.background.savepoint(job.id, SavepointRequest(description="later"))
        assert (begun.kind, begun.job_id) == ("savepoint", job.id)
        client.wait_until(job.id, lambda _job: client.operation(begun.id).outcome is not None, 30)
        assert client.operation(begun.id).outcome == "succeeded"
        assert begun.id in {found.id for found in client.operations(job=job.id).operations}
        client.by_execution.cancel(running.execution.id)
        client.wait_until(job.id, daemon.is_over, 30)
        assert running.execution.id in {found.id for found in client.execution_page(job=job.id, limit=1).executions}


def test_a_write_with_a_version_that_has_passed(daemon, batch, request_for):
    """It is refused, and says so; with the version of now it is done."""
    with daemon.client() as client:
        seen = client.job(batch)
        changed = client.edit(batch, EditRequest(labels={"seen": "yes"}), version=seen.version)
        assert changed.version > seen.version
        with pytest.raises(ApiError) as refused:
            client.edit(batch, EditRequest(labels={"seen": "no"}), version=seen.version)
        assert (refused.value.status, refused.value.code) == (412, "precondition-failed")
        assert client.job(batch).labels == {"seen": "yes"}


def test_what_waits_in_a_queue_is_canceled(daemon, request_for):
    """A paused queue starts nothing; what waits is canceled by queue."""
    with daemon.client() as client:
        assert client.pause_queue("verbs").paused
        request = request_for("waits")
        text = request.text.replace('job.name = "waits"', 'job.name = "waits", job.queue = "verbs"')
        job = client.submit(msgspec.structs.replace(request, text=text))
        assert client.queue("verbs").waiting == (job.id,)
        would = client.cancel_queued(CancelQueuedRequest(queue="verbs"), dry_run=True)
        assert [(execution.job_id, execution.state) for execution in would.canceled] == [(job.id, "QUEUED")]
        canceled = client.cancel_queued(CancelQueuedRequest(queue="verbs"), reason="tidy up")
        assert [execution.job_id for execution in canceled.canceled] == [job.id]
        client.wait_until(job.id, daemon.is_over, 30)
        assert client.pause_queue("verbs", False).paused is False
        client.delete_queue("verbs")


def test_logs_as_they_come(daemon, batch, request_for):
    """The lines of an execution until it is over, and how it ended."""
    with daemon.client() as client:
        with client.follow_logs(batch, level="output") as feed:
            assert len(list(feed)) == 5
        assert feed.state == "FINISHED"
        assert len(client.logs(batch, level="output", since="-1h")) == 5
        assert client.logs(batch, level="output", contains="nothing like it") == client.logs(batch, until="-1h") == ()


async def test_the_same_in_an_event_loop(daemon, batch):
    """Dry runs, pages and logs of the asynchronous client."""
    async with AsyncClient(daemon.home) as client:
        assert (await client.dry_run.pause(batch)).allowed is False
        assert (await client.execution_page(job=batch)).executions[0].job_id == batch
        async with client.follow_logs(batch, level="output") as feed:
            assert len([line async for line in feed]) == 5
        assert feed.state == "FINISHED"
        assert (await client.metrics(batch, "1m")).totals.rows_in == 5
