"""A client in a larger program: threads, other processes, lists longer than a page, names that are empty."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from runner.async_client import AsyncClient
from runner.client import ApiError, Client, DaemonUnreachable, WaitTimeout
from runner.endpoint import parse_server
from runner.home import Home
from runner.requests import EditRequest, SubmitRequest, UpdateRequest
from runner.verbs import each
from spec.errors import UsageError

BATCH = """
env { job.name = "batch", job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 5, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" } }
"""


STORED = BATCH.replace('"batch"', '"stream"').replace("5", "NUMBER")


@pytest.fixture(scope="module")
def stored(daemon):
    """The ids of seven jobs that are only stored, the newest first."""
    with daemon.client() as client:
        requests = [
            SubmitRequest(text=BATCH, name=f"many {number}", start=False, labels={"many": "yes"}) for number in range(7)
        ]
        return [client.submit(request).id for request in requests][::-1]


def test_threads_share_a_client(daemon, stored):
    """Each call gets its own answer, however many are under way."""
    with daemon.client() as client, ThreadPoolExecutor(8) as threads:
        asked = stored * 12
        assert [job.id for job in threads.map(client.job, asked)] == asked


def test_a_client_that_was_closed_is_used_again(daemon, stored):
    """Closing gives the connections back, nothing else."""
    client = daemon.client()
    for _ in range(2):
        assert client.job(stored[0]).id == stored[0]
        client.close()


def test_every_page_is_read(daemon, stored, monkeypatch):
    """Records come one by one in the order of the list, whatever the size of a page, with the filters of the list."""
    monkeypatch.setattr(each, "MAXIMUM_PAGE", 3)
    with daemon.client() as client:
        assert [job.id for job in client.each_job(labels={"many": "yes"})] == stored
        assert list(client.each_job(name="nothing is called so")) == []
        first = client.each_job(labels={"many": "yes"})
        assert [next(first).id, next(first).id] == stored[:2]
        operations = [operation.job_id for operation in client.each_operation(kind="submit")]
        assert [entry for entry in operations if entry in stored] == stored
        assert [entry.job_id for entry in client.each_audit_entry(stored[0])] == [stored[0]]
        assert list(client.each_execution(stored[0])) == []


def test_every_page_is_in_the_order_that_was_asked_for(daemon, stored, monkeypatch):
    """A token goes on in its own order and is refused in another one."""
    monkeypatch.setattr(each, "MAXIMUM_PAGE", 2)
    with daemon.client() as client:
        assert [job.id for job in client.each_job(labels={"many": "yes"}, sort="name")] == stored[::-1]
        assert [job.id for job in client.each_job(labels={"many": "yes"}, sort="created:asc")] == stored[::-1]
        assert [job.id for job in client.each_job(labels={"many": "yes"}, sort="created")] == stored
        assert sorted(job.id for job in client.each_job(labels={"many": "yes"}, sort="ended")) == sorted(stored)
        for number in range(3):
            client.edit(stored[number], EditRequest(name=f"{number}{'n' * 127}"))
        assert [job.id for job in client.each_job(labels={"many": "yes"}, sort="name")][:3] == stored[:3]
        token = client.jobs(limit=1, sort="name").next
        for other in ("name:desc", "state", "created", None):
            with pytest.raises(ApiError) as refused:
                client.jobs(after=token, sort=other)
            assert (refused.value.status, refused.value.code) == (400, "invalid-token"), other
        with pytest.raises(ApiError) as refused:
            client.jobs(sort="size")
        assert refused.value.code == "invalid-request"
        assert list(client.each_execution(stored[0], sort="started:asc")) == []


def test_every_page_of_errors_is_read(daemon, stream, monkeypatch):
    """Of a job, of its execution, of all jobs: the failures and the groups of each."""
    monkeypatch.setattr(each, "MAXIMUM_PAGE", 1)
    with daemon.client() as client:
        for number in range(3):
            (worker,) = client.workers(stream).workers
            client.kill_worker(client.job(stream).execution.id, worker.number, reason=f"for the reason {'abc'[number]}")
            daemon.wait_until(stream, lambda job, number=number: job.execution.attempt == number + 2 and daemon.is_running(job))
        report = client.errors(stream)
        assert [len(report.failures), len(report.groups), report.next] == [3, 3, None]
        assert list(client.each_failure(stream)) == [*report.failures]
        assert list(client.each_error_group(stream)) == [*report.groups]
        assert list(client.each_error_group(stream, sort="last:asc")) == [*report.groups[::-1]]
        assert [one for one in client.each_failure() if one.job_id == report.failures[0].job_id] == [*report.failures]
        execution_id = client.job(stream).execution.id
        assert client.execution_errors(execution_id, limit=1, offset=1).failures == report.failures[1:2]
        page = client.execution_errors(execution_id, limit=2)
        assert client.execution_errors(execution_id, limit=2, after=page.next).failures == report.failures[2:]


def test_every_page_of_what_belongs_to_a_job_is_read(daemon, stream, monkeypatch):
    """Its generations, attempts, checkpoints and savepoints, too: all at once as before, and page by page."""
    monkeypatch.setattr(each, "MAXIMUM_PAGE", 2)
    with daemon.client() as client:
        taken = [client.savepoint(stream).id for _ in range(3)][::-1]
        execution_id = client.job(stream).execution.id
        client.stop(stream)
        client.wait_until(stream, daemon.is_over, 30)
        taken.insert(0, client.job(stream).execution.savepoint_id)
        for number in range(2, 5):
            client.update(stream, UpdateRequest(text=STORED.replace("NUMBER", str(number))))
        savepoints = client.savepoints(stream)
        assert [one.id for one in savepoints] == taken
        assert (
            list(client.each_savepoint(stream)) == list(client.each_savepoint()) == list(client.savepoints()) == [*savepoints]
        )
        assert [one.id for one in client.savepoint_page(stream, limit=2, offset=1).savepoints] == taken[1:3]
        assert list(client.each_checkpoint(stream)) == [*client.checkpoints(stream, limit=1000)]
        page = client.checkpoint_page(stream, limit=1)
        assert client.checkpoint_page(stream, limit=1, after=page.next) == client.checkpoint_page(stream, limit=1, offset=1)
        assert [one.number for one in client.each_generation(stream)] == [1, 2, 3, 4]
        assert [one.number for one in client.generations(stream)] == [1, 2, 3, 4]
        assert list(client.each_attempt(execution_id)) == [*client.attempts(execution_id)] != []
        first = client.execution_checkpoint_page(execution_id, limit=1)
        rest = client.execution_checkpoint_page(execution_id, limit=1000, after=first.next)
        assert first.checkpoints + rest.checkpoints == client.execution_checkpoints(execution_id, limit=1000)
        with pytest.raises(ApiError) as refused:
            client.savepoint_page(after=client.savepoint_page(stream, limit=1).next)
        assert (refused.value.status, refused.value.code) == (400, "invalid-token")


async def test_every_page_is_read_in_an_event_loop(daemon, stored, monkeypatch):
    """The same with `async for`."""
    monkeypatch.setattr(each, "MAXIMUM_PAGE", 3)
    async with AsyncClient(daemon.home) as client:
        assert [job.id async for job in client.each_job(labels={"many": "yes"})] == stored


def test_errors_travel_between_processes(daemon):
    """A refusal that was pickled or copied says all that it said: pools of processes hand their errors on like that."""
    with daemon.client() as client, pytest.raises(ApiError) as refused:
        client.submit(SubmitRequest(text="source { FakeSorce {} }\nsink { Console {} }"))
    error = refused.value
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is ApiError
        assert (twin.code, twin.message, twin.hint, twin.status) == (error.code, error.message, error.hint, error.status)
        assert twin.spans == error.spans != ()
    for plain in (DaemonUnreachable("gone", hint="look"), WaitTimeout("late"), UsageError("no", code="of-its-own")):
        twin = pickle.loads(pickle.dumps(plain))
        assert (type(twin), vars(twin), str(twin)) == (type(plain), vars(plain), str(plain))


@pytest.mark.parametrize("reference", ["", None])
def test_nothing_names_no_job(reference):
    """An empty name is refused before anything is sent: it would be the target of another request."""
    with pytest.raises(UsageError, match="empty"):
        Client(Home("/nowhere")).delete(reference)


def test_a_client_says_whose_it_is_and_no_key():
    """What is printed in a debugger or a log has the address, not what opens it."""
    far = parse_server("http://127.0.0.1:8080", "fdk_secret")
    assert repr(Client(Home("/nowhere"), server=far)) == "<Client of http://127.0.0.1:8080>"
    assert repr(AsyncClient(Home("/nowhere"))) == "<AsyncClient of unix:/nowhere/api.sock>"
    assert parse_server("http://127.0.0.1:8080", None).headers == ()
