"""docs/api.md is complete: every route is in it, and it promises no route that does not exist."""

import ast
import re
from pathlib import Path

from litestar.params import HeaderParameter

from runner.api.application import ROUTES
from runner.api.documentation.parameters import GIVEN
from runner.api.statuses import STATUS_OF_CODE

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


# What keeps a daemon from starting, or a client from reaching it, is no answer of the API.
NOT_ANSWERED = {
    *("listen-failed", "listen-refused", "tls-files", "error"),
    *("store-foreign", "store-locked", "store-migration-failed", "store-newer"),
}


def codes_of(folder):
    """The codes that the modules of a folder of the runner name: of classes, and where an error is made."""
    for path in sorted((DOCUMENT.parents[1] / "runner" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.keyword) and node.arg == "code"
            of_class = isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["code"]
            if (named or of_class) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                yield node.value.value


def test_every_problem_code_is_documented():
    """Whatever code the rooms behind the API name is in one of its tables, and so is what the API maps to a status."""
    text = DOCUMENT.read_text()
    found = {code for folder in ("api", "supervisor", "store", "savepoint") for code in codes_of(folder)}
    found |= {*STATUS_OF_CODE, "no-such-route", "body-too-large", "method-not-allowed", "internal"}
    assert len(found) > 40
    assert {code for code in found - NOT_ANSWERED - {""} if f"`{code}`" not in text} == set()


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
