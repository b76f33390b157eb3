"""docs/api.md is complete: every route is in it, and it promises no route that does not exist."""

import re
from pathlib import Path

from litestar.params import HeaderParameter

from runner.api.application import ROUTES
from runner.api.documentation.parameters import GIVEN

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def routes():
    """Method and path of every route, parameters without their types."""
    return {
        (method, ("/api/v1" + re.sub(r":\w+}", "}", path)).rstrip("/"))
        for handler in ROUTES
        for path in handler.paths
        for method in handler.http_methods
    }


def test_every_route_is_documented():
    """A route without a line in docs/api.md is not finished."""
    text = DOCUMENT.read_text()
    missing = [f"{method} {path}" for method, path in routes() if f"| `{method} {path}` |" not in text]
    assert missing == []


def test_every_documented_route_exists():
    """A line about a route that is not there misleads."""
    documented = set(re.findall(r"^\| `([A-Z]+) (/[^`]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    assert documented - routes() == set()


def test_every_problem_code_is_documented():
    """The codes that the API itself makes up are in the table of errors."""
    text = DOCUMENT.read_text()
    for code in ("invalid-request", "malformed-body", "no-such-route", "method-not-allowed", "body-too-large", "internal"):
        assert f"`{code}`" in text


def test_every_query_parameter_is_documented():
    """The parameters of each route stand in its line."""
    lines = {line.split("`")[1]: line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")}
    for handler in ROUTES:
        for name, field in handler.parsed_fn_signature.parameters.items():
            (path,) = handler.paths
            if name in GIVEN or "{" + name in path or isinstance(field.kwarg_definition, HeaderParameter):
                continue
            shown = getattr(field.kwarg_definition, "name", None) or name
            route = f"{next(iter(handler.http_methods))} /api/v1{re.sub(r':[a-z]+}', '}', path)}".rstrip("/")
            if route != "GET /api/v1/events":
                assert f"`{shown}`" in lines[route], (route, shown)
