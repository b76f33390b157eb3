"""Query parameters that a route does not know are refused: what is misspelt must not be ignored."""

import json

import pytest

from runner.api.application import ROUTES
from runner.api.documentation.document import operations_of


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
    assert {entry.strip() for entry in headers["allow"].split(",")} == {"GET", "POST", "OPTIONS"}


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
