"""Idempotency-Key: a request is carried out once, and answered as often as it is sent."""

import concurrent.futures
import json
import uuid

import pytest

from runner.api.application import ROUTES
from runner.api.idempotency import Claim, Idempotency
from runner.home import Home
from runner.replies import NewKey
from runner.store.asynchronous import AsyncStore
from runner.store.idempotency import RecordedAnswer
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Journal
from runner.supervisor.keyed_request import KeyedRequest
from runner.supervisor.repeats import Repeats


def send(daemon, method, path, body=None, key=None, **headers):
    """One exchange with a key; status, headers and decoded body."""
    status, found, answer = daemon.request(method, path, body, {"Idempotency-Key": key or uuid.uuid4().hex, **headers})
    return status, found, json.loads(answer) if answer else None


def executions(daemon, job):
    """The ids of the job's executions."""
    return [entry["id"] for entry in daemon.json("GET", f"/api/v1/jobs/{job}/executions", status=200)["executions"]]


def restart(daemon, job, key):
    """Have the job run once more from its beginning."""
    return send(daemon, "POST", f"/api/v1/jobs/{job}/restart", {"restore": "none"}, key)


def test_a_repeated_request_has_the_same_answer_and_no_effect(daemon, batch):
    """The second answer is the first one, byte by byte, and says that it is a repetition."""
    first = restart(daemon, batch, "once")
    daemon.wait_until(batch, daemon.is_over)
    known = executions(daemon, batch)
    again = restart(daemon, batch, "once")
    assert (again[0], again[2]) == (first[0], first[2])
    assert again[1]["idempotency-replayed"] == "true"
    assert first[1]["idempotency-replayed"] is None
    assert executions(daemon, batch) == known


def test_another_request_with_the_key_is_refused(daemon, batch):
    """A key belongs to one request: body, path, query and conditions."""
    key = uuid.uuid4().hex
    assert send(daemon, "PUT", "/api/v1/queues/mine", {"limit": 3}, key)[0] == 200
    for path, body in (("/api/v1/queues/mine", {"limit": 4}), ("/api/v1/queues/other", {"limit": 3})):
        status, _headers, problem = send(daemon, "PUT", path, body, key)
        assert (status, problem["code"]) == (422, "idempotency-key-reused")


def test_what_was_not_understood_may_be_tried_again(daemon):
    """A refused request began nothing: its key is free."""
    key = uuid.uuid4().hex
    assert send(daemon, "PUT", "/api/v1/queues/mine", {"limt": 3}, key)[0] == 400
    assert send(daemon, "PUT", "/api/v1/queues/mine", {"limit": 3}, key)[0] == 200


def test_problems_of_the_route_are_answers_too(daemon):
    """What the route found out is kept like a success."""
    key = uuid.uuid4().hex
    first = send(daemon, "POST", "/api/v1/jobs/nope/cancel", key=key)
    again = send(daemon, "POST", "/api/v1/jobs/nope/cancel", key=key)
    assert first[0] == again[0] == 404
    assert again[2] == first[2]
    assert again[1]["content-type"] == first[1]["content-type"] == "application/problem+json"
    assert again[1]["idempotency-replayed"] == "true"


def test_a_stale_condition_is_not_kept_and_a_kept_answer_needs_none(daemon, batch):
    """412 leaves the key free; once the write is done, its repetition is answered although the version has grown."""
    key, tag = uuid.uuid4().hex, daemon.request("GET", f"/api/v1/jobs/{batch}")[1]["etag"]
    path = f"/api/v1/jobs/{batch}/restart"
    assert send(daemon, "POST", path, {"restore": "none"}, key, **{"If-Match": '"0"'})[0] == 412
    first = send(daemon, "POST", path, {"restore": "none"}, key, **{"If-Match": tag})
    daemon.wait_until(batch, daemon.is_over)
    assert first[0] == 202
    assert send(daemon, "POST", path, {"restore": "none"}, key, **{"If-Match": tag})[2] == first[2]


def test_the_same_request_twice_at_once_is_carried_out_once(daemon, batch):
    """Those that come while the first is carried out wait, and get its answer."""
    before = executions(daemon, batch)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: restart(daemon, batch, "at-once"), range(6)))
    daemon.wait_until(batch, daemon.is_over)
    assert {json.dumps([status, body]) for status, _headers, body in answers} == {json.dumps([202, answers[0][2]])}
    assert sum(headers["idempotency-replayed"] is None for _status, headers, _body in answers) == 1
    assert len(executions(daemon, batch)) == len(before) + 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "caf\xe9"])
def test_a_key_has_a_form(daemon, key):
    """What is no key is refused before anything happens."""
    status, _headers, body = daemon.request("PUT", "/api/v1/queues/mine", {"limit": 9}, {"Idempotency-Key": key})
    assert (status, json.loads(body)["code"]) == (400, "idempotency-key-refused")
    (mine,) = [entry for entry in daemon.json("GET", "/api/v1/queues", status=200)["queues"] if entry["name"] == "mine"]
    assert mine["limit"] == 3


def test_a_secret_is_never_kept_to_be_given_again(daemon):
    """Routes that answer a new key refuse an idempotency key, and make nothing."""
    status, _headers, problem = send(daemon, "POST", "/api/v1/keys", {"name": "kept"})
    assert (status, problem["code"]) == (400, "idempotency-key-refused")
    assert "kept" not in {key["name"] for key in daemon.json("GET", "/api/v1/keys", status=200)["keys"]}
    secret = [handler for handler in ROUTES if handler.parsed_fn_signature.return_type.annotation is NewKey]
    assert secret
    assert all(handler.opt.get("replayable") is False for handler in secret)


SUBMITTED = """
env { job.mode = BATCH, job.name = "NAME" }
source { FakeSource { row.num = 1, schema { fields { id = bigint } } } }
sink { Console { log.print.data = false } }
"""


def submit(daemon, name, key, **fields):
    """Submit a job of that name under the key."""
    return send(daemon, "POST", "/api/v1/jobs", {"text": SUBMITTED.replace("NAME", name), **fields}, key)


def test_what_is_submitted_twice_at_once_with_one_key_is_one_job(daemon):
    """The first makes the job, the others get its answer; another text is refused, and so is the key for another job."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: submit(daemon, "keyed", "one-job", start=False), range(6)))
    assert {json.dumps([status, body]) for status, _headers, body in answers} == {json.dumps([201, answers[0][2]])}
    assert sum(headers["idempotency-replayed"] is None for _status, headers, _body in answers) == 1
    assert len({headers["operation-location"] for _status, headers, _body in answers}) == 1
    assert submit(daemon, "other", "one-job", start=False)[2]["code"] == "idempotency-key-reused"
    assert [job["name"] for job in daemon.json("GET", "/api/v1/jobs?name=keyed", status=200)["jobs"]] == ["keyed"]


def test_a_submit_that_changes_nothing_is_known_by_its_key_too(daemon):
    """What is refused, and what is there already, is answered again as it was the first time."""
    refused = [submit(daemon, "", "refused") for _ in range(2)]
    assert [status for status, _headers, _body in refused] == [422, 422]
    submit(daemon, "there", "make-it", start=False)
    again = [submit(daemon, "there", "it-is-there", start=False) for _ in range(2)]
    for first, second in (refused, again):
        assert first[2] == second[2]
        assert (first[1]["idempotency-replayed"], second[1]["idempotency-replayed"]) == (None, "true")


def test_answers_outlive_the_daemon(fresh_daemon):
    """After a kill the next daemon of the home gives the same answer, and knows the key."""
    made = submit(fresh_daemon, "outliving", "made")
    first = send(fresh_daemon, "PUT", "/api/v1/queues/mine", {"limit": 3}, "kept")
    fresh_daemon.process.kill()
    fresh_daemon.process.wait()
    fresh_daemon.start()
    again = send(fresh_daemon, "PUT", "/api/v1/queues/mine", {"limit": 3}, "kept")
    assert (again[0], again[2], again[1]["idempotency-replayed"]) == (200, first[2], "true")
    assert send(fresh_daemon, "PUT", "/api/v1/queues/mine", {"limit": 4}, "kept")[0] == 422
    again = submit(fresh_daemon, "outliving", "made")
    assert (again[0], again[2], again[1]["idempotency-replayed"]) == (201, made[2], "true")
    assert again[1]["operation-location"] == made[1]["operation-location"]


@pytest.mark.parametrize(
    ("status", "free", "known"), [(429, True, False), (409, False, True), (500, False, False), (504, False, False)]
)
async def test_what_failed_halfway_is_not_done_again(tmp_path, status, free, known):
    """A refusal leaves the key free; a failure of our own keeps it, without an answer, because nobody knows what was done."""
    home = Home(tmp_path / "home")
    home.create()
    store = await AsyncStore.open(home.store_path)
    repeats = Repeats(Journal(store, EventBus(), ExecutionLog(home)))
    claim = Claim(KeyedRequest("unix:1", "k", "f"))
    assert await repeats.begin(claim.request) is None
    await Idempotency(repeats).finish(claim, RecordedAnswer(status=status, headers=(), body=b"{}"))
    again = await repeats.begin(KeyedRequest("unix:1", "k", "f"))
    await store.close()
    assert claim.done.is_set()
    assert (again is None) is free
    assert (again is not None and again.answer is not None) is known


def test_an_answer_given_again_is_no_second_deed_in_the_audit_trail(daemon):
    """Both requests are on record, the second as one that was only answered."""
    for _ in range(2):
        send(daemon, "PUT", "/api/v1/queues/audited", {"limit": 3}, "audited")
    entries = daemon.json("GET", "/api/v1/audit?limit=2", status=200)["entries"]
    assert [entry["action"] for entry in entries] == ["PUT /queues/{name} (answered again)", "PUT /queues/{name}"]
