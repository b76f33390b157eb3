"""Every way to fail has the same shape.

A problem document has exactly the keys of PROBLEM_FIELDS; status repeats the HTTP status, code is stable and not empty, detail
is a sentence, errors is a list. It never shows internals: no traceback, no module name.
"""

import json

import pytest

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "hint", "errors"}


def assert_problem(exchange, status, code):
    """The canonical problem document; returns it."""
    found, headers, body = exchange
    assert found == status, body.decode()
    assert headers["content-type"].startswith("application/problem+json")
    problem = json.loads(body)
    assert set(problem) == PROBLEM_FIELDS
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"urn:flowdeck:problem:{code}"
    assert problem["detail"]
    assert problem["title"]
    assert "Traceback" not in body.decode()
    assert "litestar" not in body.decode().lower()
    return problem


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "jobs/nope"),
        ("DELETE", "jobs/nope"),
        ("POST", "jobs/nope/stop"),
        ("POST", "jobs/nope/cancel"),
        ("POST", "jobs/nope/restart"),
        ("POST", "jobs/nope/savepoints"),
        ("GET", "jobs/nope/checkpoints"),
        ("GET", "savepoints?job=nope"),
        ("DELETE", "jobs/nope/savepoints/1"),
        ("DELETE", "jobs/batch/savepoints/999"),
        ("GET", "jobs/nope/executions"),
        ("GET", "executions/nope"),
        ("GET", "executions/nope/attempts"),
        ("GET", "jobs/nope/generations"),
        ("GET", "jobs/batch/generations/99"),
        ("GET", "jobs/nope/metrics"),
        ("GET", "jobs/nope/logs"),
        ("GET", "jobs/%2e%2e%5c.."),
        ("GET", "jobs/%1b%5d52%3b"),
    ],
)
def test_what_does_not_exist_is_404(daemon, batch, method, path):
    """Whatever is asked about something that does not exist is answered with not-found."""
    assert_problem(daemon.request(method, f"/api/v1/{path}"), 404, "not-found")


@pytest.mark.parametrize("path", ["/", "/api/v1/nope", "/api/v2/jobs", "/api/v1/jobs/a/b/c/d", "/schema"])
def test_a_path_without_a_route_is_404(daemon, path):
    """An unknown path is told apart from an unknown job."""
    assert_problem(daemon.request("GET", path), 404, "no-such-route")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/jobs", {"GET", "HEAD", "POST"}),
        ("POST", "/api/v1/status", {"GET", "HEAD"}),
        ("POST", "/api/v1/jobs/batch", {"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
        ("GET", "/api/v1/jobs/batch/stop", {"POST"}),
    ],
)
def test_a_wrong_method_is_405_with_the_right_ones(daemon, method, path, allowed):
    """405 lists the methods of the path in Allow."""
    exchange = daemon.request(method, path)
    assert_problem(exchange, 405, "method-not-allowed")
    assert {entry.strip() for entry in exchange[1]["allow"].split(",")} == {*allowed, "OPTIONS"}


def test_an_unknown_field_is_refused_with_a_suggestion(daemon):
    """A misspelt field of a body is named, with its pointer and the field it is close to."""
    problem = assert_problem(daemon.request("POST", "/api/v1/jobs/x/stop", {"savepont": False}), 400, "invalid-request")
    (fault,) = problem["errors"]
    assert fault["pointer"] == "/savepont"
    assert fault["hint"] == "did you mean savepoint?"
    assert problem["hint"] == "did you mean savepoint?"


def test_an_unknown_field_without_a_neighbour_lists_the_fields(daemon):
    """When nothing is close, the hint lists what there is."""
    problem = assert_problem(daemon.request("POST", "/api/v1/jobs", {"text": "", "zzzzzz": 1}), 400, "invalid-request")
    assert "variables" in problem["hint"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"text": 1}, "/text"),
        ({"text": "", "variables": {"a": 1}}, "/variables"),
        ([], ""),
        (b"null", ""),
    ],
)
def test_a_body_of_the_wrong_shape_points_at_the_fault(daemon, body, pointer):
    """Wrong and missing values are 400 with a JSON pointer to the fault."""
    headers = {"Content-Type": "application/json"}
    problem = assert_problem(daemon.request("POST", "/api/v1/jobs", body, headers), 400, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith(pointer)


def test_a_submit_without_a_body_is_400(daemon):
    """What needs a body says so."""
    problem = assert_problem(daemon.request("POST", "/api/v1/jobs"), 400, "invalid-request")
    assert "JSON body" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"text": "\xff"}', b"[" * 200_000, b'{"a":' * 100_000, b'{"text": "a" "b"}'],
    ids=["open", "byte", "byte in text", "deep list", "deep object", "no comma"],
)
def test_a_body_that_is_not_json_is_400(daemon, body):
    """Broken, undecodable and absurdly deep JSON are the client's fault, not a defect."""
    headers = {"Content-Type": "application/json"}
    assert_problem(daemon.request("POST", "/api/v1/jobs", body, headers), 400, "malformed-body")


@pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_body_must_be_declared_as_json(daemon, declared):
    """What a web page could send across origins without asking is refused."""
    headers = {"Content-Type": declared} if declared else {}
    exchange = daemon.request("PUT", "/api/v1/queues/default", b'{"limit": null}', headers)
    assert_problem(exchange, 415, "unsupported-media-type")


@pytest.mark.parametrize("declared", ["application/x-www-form-urlencoded", "text/html", "application/json-patch+json", ""])
def test_a_job_file_must_be_of_a_known_type(daemon, declared):
    """JSON, the text of a job file, or an upload: nothing else is guessed."""
    headers = {"Content-Type": declared} if declared else {}
    problem = assert_problem(daemon.request("POST", "/api/v1/jobs", b"env {}", headers), 415, "unsupported-media-type")
    assert "multipart/form-data" in problem["detail"]


def test_a_large_body_is_413(daemon):
    """More than 2 MiB is refused, with and without a declared length."""
    body = b'{"text": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    headers = {"Content-Type": "application/json"}
    assert_problem(daemon.request("POST", "/api/v1/jobs", body, headers), 413, "body-too-large")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("state=SLEEPING", "state"),
        ("limit=0", "limit"),
        ("limit=100000", "limit"),
        ("limit=ten", "limit"),
        ("offset=-1", "offset"),
    ],
)
def test_a_wrong_parameter_is_named(daemon, query, name):
    """A parameter out of its bounds is 400 and named as in the query string."""
    problem = assert_problem(daemon.request("GET", f"/api/v1/jobs?{query}"), 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == f"?{name}"
    assert name in problem["detail"]


@pytest.mark.parametrize("query", ["window=0", "window=-5", "window=nan", "buckets=0", "buckets=1000000"])
def test_metrics_are_bounded(daemon, batch, query):
    """Absurd windows and bucket counts are refused."""
    assert_problem(daemon.request("GET", f"/api/v1/jobs/{batch}/metrics?{query}"), 400, "invalid-request")


def test_an_invalid_job_file_is_422_with_its_diagnostics(daemon):
    """The diagnostics of an invalid job file come with code, position and message, as `check --output json` prints them."""
    text = 'env { job.mode = "BATCH" }\nsource { FakeSorce { } }\nsink { Console { } }\n'
    problem = assert_problem(daemon.request("POST", "/api/v1/jobs", {"text": text}), 422, "spec-invalid")
    assert problem["errors"]
    assert {"code", "severity", "message", "file", "start", "end"} <= set(problem["errors"][0])
    assert any(error["start"]["line"] == 2 for error in problem["errors"])


def test_restore_of_a_checkpoint_that_does_not_exist(daemon, batch):
    """A restore point that is none is refused before anything starts."""
    found, _headers, body = daemon.request("POST", f"/api/v1/jobs/{batch}/restart", {"restore": "12345"})
    assert found in {404, 409}
    assert json.loads(body)["code"] in {"not-found", "conflict"}


def test_a_savepoint_of_a_finished_job_is_409(daemon, batch):
    """What the state does not allow is a conflict that says the state."""
    problem = assert_problem(daemon.request("POST", f"/api/v1/jobs/{batch}/savepoints"), 409, "conflict")
    assert "FINISHED" in problem["detail"]


def test_a_defect_shows_nothing_of_itself():
    """An exception that nobody expected is 500: the answer has no trace of it."""
    import asyncio

    from litestar import Litestar, Request, get
    from litestar.testing import create_async_test_client

    from runner.api.problems import EXCEPTION_HANDLERS

    @get("/boom")
    async def boom(request: Request) -> None:
        raise RuntimeError(f"secret of {type(request).__module__}")

    async def ask():
        async with create_async_test_client([boom], exception_handlers=EXCEPTION_HANDLERS, logging_config=None) as client:
            return await client.get("/boom")

    answer = asyncio.run(ask())
    problem = assert_problem((answer.status_code, answer.headers, answer.content), 500, "internal")
    assert "secret" not in json.dumps(problem)
    assert Litestar.__module__ not in json.dumps(problem)
