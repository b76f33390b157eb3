"""Query parameters that a route does not know are refused: what is misspelt must not be ignored."""

import json
import urllib.parse

import pytest

from runner.api.application import ROUTES
from runner.api.documentation.document import operations_of
from runner.api.routes.times import moment_of


def ask(daemon, target, method="GET"):
    """Status and problem."""
    status, _headers, body = daemon.request(method, target)
    return status, json.loads(body)


def test_a_misspelt_parameter_is_refused_with_a_suggestion(daemon):
    """The parameter is named, and what it is close to."""
    status, problem = ask(daemon, "/api/v1/jobs?stat=RUNNING&limt=3")
    assert (status, problem["code"]) == (400, "invalid-request")
    assert [(fault["pointer"], fault["hint"]) for fault in problem["errors"]] == [
        ("?limt", "did you mean limit?"),
        ("?stat", "did you mean state?"),
    ]


def test_a_route_without_parameters_says_so(daemon):
    """There is nothing to suggest then."""
    assert ask(daemon, "/api/v1/queues?x=1")[1]["hint"] == "this route takes none"


def test_null_is_no_value(daemon):
    """What is left out is left out; the word null is a mistake where no text is meant."""
    for query in ("state=null", "limit=null", "limit=NULL"):
        status, problem = ask(daemon, f"/api/v1/jobs?{query}")
        assert (status, problem["code"]) == (400, "invalid-request"), query
    assert ask(daemon, "/api/v1/jobs?name=null")[0] == 200


def test_options_lists_all_methods_of_a_path(daemon):
    """Each handler of a path counts, whichever was there first."""
    status, headers, body = daemon.request("OPTIONS", "/api/v1/jobs")
    assert (status, body) == (204, b"")
    assert {entry.strip() for entry in headers["allow"].split(",")} == {"GET", "HEAD", "POST", "OPTIONS"}
    status, refused, _ = daemon.request("DELETE", "/api/v1/jobs")
    assert (status, refused["allow"]) == (405, headers["allow"])


def test_a_parameter_twice_is_refused(daemon):
    """Which of the two would count is nobody's guess."""
    status, problem = ask(daemon, "/api/v1/jobs?limit=1&limit=2")
    assert (status, problem["errors"][0]["pointer"]) == (400, "?limit")


def test_thousands_of_parameters_are_a_short_answer(daemon):
    """The answer does not grow with the request."""
    status, problem = ask(daemon, "/api/v1/jobs?" + "&".join(f"x{n}=1" for n in range(2000)))
    assert status == 400
    assert len(problem["errors"]) == 20


@pytest.mark.parametrize("operation", operations_of(ROUTES), ids=lambda operation: operation.identifier)
def test_every_route_refuses_unknown_parameters(daemon, operation):
    """No route is left out; what it is about need not exist for that, and nothing is done."""
    target = operation.target
    for parameter in operation.parameters:
        if parameter.place == "path":
            target = target.replace(f"{{{parameter.name}}}", "1")
    status, problem = ask(daemon, f"{target}?surely_unknown=1", operation.method)
    assert (status, problem["code"]) == (400, "invalid-request")
    assert problem["errors"][0]["pointer"] == "?surely_unknown"


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        ("state=running", "the parameter state cannot be 'running'", "did you mean RUNNING?"),
        ("state=RUNNING&state=FINISHD", "the parameter state cannot be 'FINISHD'", "did you mean FINISHED?"),
        ("limit=0", "the parameter limit cannot be '0': it has to be a whole number from 1 to 1000", ""),
        ("limit=all", "the parameter limit cannot be 'all': it has to be a whole number from 1 to 1000", ""),
        ("offset=-1", "the parameter offset cannot be '-1': it has to be a whole number of 0 or more", ""),
        ("count=maybe", "the parameter count cannot be 'maybe': it has to be true or false", ""),
    ],
)
def test_a_wrong_value_is_told_with_what_it_may_be(daemon, query, message, hint):
    """In words, not in the names of Python's types; of an enumeration the value that was meant, whatever its case."""
    status, problem = ask(daemon, f"/api/v1/jobs?{query}")
    assert (status, problem["errors"][0]["message"], problem["hint"]) == (400, message, hint)


def test_a_value_like_no_other_is_told_all_there_are(daemon):
    """Nothing is close: the list is."""
    hint = ask(daemon, "/api/v1/jobs?state=zzz")[1]["hint"]
    assert hint.startswith("write one of CREATED, QUEUED, ")


@pytest.mark.parametrize(
    ("body", "pointer", "message", "hint"),
    [
        ({"cleanup": "eror"}, "/cleanup", "no such value: 'eror'", "did you mean errors?"),
        ({"cleanup": 5}, "/cleanup", "expected a text", ""),
    ],
)
def test_a_wrong_field_is_told_the_same_way(daemon, body, pointer, message, hint):
    """The body's fields as the parameters."""
    status, _, answer = daemon.request("POST", "/api/v1/jobs/any/recover", body)
    (fault,) = json.loads(answer)["errors"]
    assert (status, fault["pointer"], fault["hint"]) == (400, pointer, hint)
    assert message in fault["message"]


@pytest.mark.parametrize("target", ["/api/v1/status", "/api/v1/health", "/api/v1/docs", "/api/v1/events", "/api/v1/jobs/none"])
def test_head_is_get_without_a_body(daemon, target):
    """Monitors ask like that: the same status and type, nothing else; a stream of events ends with its head."""
    status, headers, body = daemon.request("HEAD", target)
    assert (status, body) == (404 if target.endswith("none") else 200, b"")
    assert headers["content-type"].startswith(("application/", "text/"))


def test_a_compressed_body_is_refused(daemon):
    """It says so, instead of that the bytes are no JSON."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    status, _, answer = daemon.request("POST", "/api/v1/jobs", {"text": ""}, headers)
    assert (status, json.loads(answer)["code"]) == (415, "unsupported-media-type")
    assert "'gzip'" in json.loads(answer)["detail"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/api/v1/jobs/any/metrics?window=1m30s", ["'1m30s'", "like 5m"]),
        ("/api/v1/audit?since=-1w", ["'-1w' is not a time"]),
        ("/api/v1/audit?since=1769853600000", ["not a time", "milliseconds: write 1769853600.000"]),
        ("/api/v1/operations?kind=stpo", ["'stpo'", "did you mean stop?"]),
        ("/api/v1/operations?kind=zzz", ["write one of submit, start, "]),
    ],
)
def test_times_and_kinds_are_refused_with_what_to_write(daemon, target, words):
    """No regular expression, and never an empty list for a word that is misspelt."""
    status, problem = ask(daemon, target)
    assert (status, problem["code"]) == (400, "invalid-request")
    said = f"{problem['detail']} {problem['hint']}"
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize("zone", ["Z", "%2B01:00", "+01:00", "+0100", "-02:00", ""])
def test_a_time_has_any_zone(zone):
    """Also one whose plus sign nobody escaped, so that it came as a space."""
    said = urllib.parse.unquote_plus(f"2026-01-31T10:00:00.5{zone}")
    hours = {"%2B01:00": 1, "+01:00": 1, "+0100": 1, "-02:00": -2}.get(zone, 0)
    assert moment_of(said) == 1769853600.5 - 3600 * hours


@pytest.mark.parametrize("said", ["2026-01-31 10:00", "2026-01-31", "1769853600"])
def test_a_time_without_a_zone_stays_what_it_is(daemon, said):
    """A date, a date and a time, and epoch seconds; the audit trail takes what logs take."""
    assert moment_of(said) in {1769853600.0, 1769817600.0}
    assert daemon.request("GET", f"/api/v1/audit?since={urllib.parse.quote(said)}&until=-0.1s")[0] == 200
