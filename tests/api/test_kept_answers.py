"""What a transaction keeps as the answer is what is sent: nothing is written after it."""

from __future__ import annotations

from litestar import Litestar, Request, Response, post

from runner.api.etags import Answer
from runner.api.idempotency import Claim, Idempotency, Recording, have_answered, recorded
from runner.home import Home
from runner.model import Job
from runner.store.asynchronous import AsyncStore
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Journal
from runner.supervisor.keyed_request import KeyedRequest, work_for
from runner.supervisor.repeats import Repeats

HEADERS = {"Operation-Location": "/api/v1/operations/1"}


async def test_the_answer_that_is_kept_is_the_one_that_is_sent(tmp_path, caplog):
    """Of a job that a route answers with 201 the transaction that makes it knows every byte beforehand: the answer goes out
    although the store is closed by then."""
    home = Home(tmp_path / "home")
    home.create()
    store = await AsyncStore.open(home.store_path)
    journal = Journal(store, EventBus(), ExecutionLog(home))
    idempotency, claim = Idempotency(Repeats(journal)), Claim(KeyedRequest("unix:1", "key", "print"))
    job = Job(
        id="job-1", name="größe \u2028", mode="BATCH", desired_state="running", generation=1, created_at=0.1, updated_at=1e22
    )

    def make(entry):
        entry.made = job

    @post("/jobs", status_code=201)
    async def submit(request: Request) -> Response[Job]:
        work_for(claim.request)
        have_answered(lambda made: recorded(201, HEADERS, made))
        await journal.write(make)
        await store.close()
        return Response(job, status_code=201, headers=HEADERS)

    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/jobs",
        "raw_path": b"/jobs",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": None,
        "server": None,
        "flowdeck.claim": claim,
    }
    application = Litestar([submit], response_class=Answer, openapi_config=None, logging_config=None)
    await Recording(application, idempotency)(scope, receive, send)
    assert sent[0]["status"] == 201
    assert b"".join(message.get("body", b"") for message in sent) == claim.request.answer.body
    assert "was not kept" not in caplog.text
    assert claim.done.is_set()
