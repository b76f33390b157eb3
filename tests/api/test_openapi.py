"""The OpenAPI document and the page made of it: valid, complete, and in need of nothing else."""

import base64
import hashlib
import html.parser
import json
import re

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from runner.api.application import ROUTES
from runner.api.documentation import words
from runner.api.documentation.document import describe, operations_of
from runner.api.documentation.field_words import FIELDS, words_of
from runner.api.documentation.operation_names import OPERATION_NAMES
from runner.api.documentation.page import render_page
from runner.replies import Problem

METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document():
    """The document of all routes."""
    return describe(ROUTES)


@pytest.fixture(scope="module")
def operations(document):
    """Every operation by its id."""
    found = [(route, method) for path, route in document["paths"].items() for method in METHODS if method in route]
    by_id = {route[method]["operationId"]: route[method] for route, method in found}
    assert len(by_id) == len(found), "an operation's id is not unique"
    return by_id


def test_the_document_is_valid(document):
    """It is OpenAPI 3.1, by the specification's own schema, and every default fits its schema."""
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"


def test_every_route_is_described(document, operations):
    """Nothing is served that the document does not have."""
    assert len(operations) == len(list(operations_of(ROUTES)))
    for name, operation in operations.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert {"400", "401", "403", "429", "500", "503"} <= set(operation["responses"]), name
    described = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in operations.values() for tag in operation["tags"]} == described


def test_every_operation_has_a_name_of_its_own(operations):
    """What a generator makes a function's name of: a verb and what it is about, none that is of no route."""
    assert sorted(operations) == sorted(OPERATION_NAMES.values())
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in operations)


def test_every_parameter_is_described(operations):
    """A parameter has a description and a type; numbers have bounds on both sides."""
    bare = []
    for name, operation in operations.items():
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            if not parameter["description"] or not schema:
                bare.append((name, parameter["name"]))
            lower, upper = {"minimum", "exclusiveMinimum"} & set(schema), {"maximum", "exclusiveMaximum"} & set(schema)
            if schema.get("type") in {"integer", "number"} and not (lower and upper):
                bare.append((name, parameter["name"], "no bounds"))
    assert bare == []


def test_every_field_is_described(document):
    """A field of a record has words, and no words are left of fields that are gone."""
    fields = {
        (record, field)
        for record, schema in document["components"]["schemas"].items()
        for field in schema.get("properties", ())
    }
    described = {words_of(record, field) for record, field in fields}
    assert all(document["components"]["schemas"][record]["properties"][field]["description"] for record, field in fields)
    used = {name for record, field in fields for name in (f"{record}.{field}", field) if name in FIELDS}
    assert used == set(FIELDS)
    assert all(text.endswith(".") and not text[0].islower() for text in described)


def test_every_reference_leads_somewhere(document):
    """No schema or answer refers to what is not there, and none is there in vain."""
    referred = set(re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(document)))
    there = {(kind, name) for kind in ("schemas", "responses") for name in document["components"][kind]}
    assert referred <= there
    assert {entry for entry in there if entry[0] == "responses"} <= referred | {("responses", "PayloadTooLarge")}


def test_failures_are_problems(document, operations):
    """Whatever is no success is a problem document of the one schema."""
    responses = document["components"]["responses"]
    for operation in operations.values():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                answer = responses[answer["$ref"].rpartition("/")[2]]
                (media_type,) = answer["content"]
                assert media_type == "application/problem+json"
                assert answer["content"][media_type]["schema"] == {"$ref": "#/components/schemas/Problem"}
                msgspec.convert(answer["content"][media_type]["example"], Problem)


def test_examples_are_valid():
    """An example of a body is one that the daemon reads."""
    bodies = {operation.body.__name__: operation.body for operation in operations_of(ROUTES) if operation.body is not None}
    for name, kind in bodies.items():
        if name in words.EXAMPLES:
            msgspec.convert(words.EXAMPLES[name], kind)
    assert len(bodies.keys() & words.EXAMPLES.keys()) > 5


def test_answers_have_all_their_fields(document):
    """Clients may rely on it: only what may be missing is not required."""
    job = document["components"]["schemas"]["Job"]
    assert set(job["required"]) == set(job["properties"])
    assert document["components"]["schemas"]["SubmitRequest"]["required"] == ["text"]


def test_the_served_document_is_the_same(daemon, document):
    """The daemon serves this document, with a tag."""
    status, headers, body = daemon.request("GET", "/api/v1/openapi.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == document
    again = daemon.request("GET", "/api/v1/openapi.json", headers={"If-None-Match": headers["etag"]})
    assert (again[0], again[2]) == (304, b"")


def test_the_root_leads_on(daemon):
    """Each of the links is a route that answers."""
    root = daemon.json("GET", "/api/v1", status=200)
    for name, target in root["links"].items():
        if name != "events":
            assert daemon.request("GET", target)[0] == 200, target


class Page(html.parser.HTMLParser):
    """What a browser would do with the page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.loads, self.links, self.targets, self.text, self.style = set(), [], [], set(), [], []
        self.stack = []

    def handle_starttag(self, tag, attributes):
        """Note what the element is, loads and leads to."""
        self.tags.add(tag)
        self.stack.append(tag)
        for name, value in attributes:
            assert not name.startswith("on"), name
            if name in {"src", "srcset", "style", "action", "data"}:
                self.loads.append((tag, name, value))
            elif name == "href":
                self.links.append(value)
            elif name == "id":
                self.targets.add(value)

    def handle_data(self, data):
        """Keep the text, and apart from it the style."""
        (self.style if "style" in self.stack[-1:] else self.text).append(data)

    def handle_endtag(self, tag):
        """Leave the element, and those in it that need no end."""
        while self.stack and self.stack.pop() != tag:
            pass


def test_the_page_is_complete_and_loads_nothing(document, operations):
    """Every operation and every record is on it, links lead to places on it, and nothing comes from elsewhere."""
    page = Page()
    page.feed(render_page(document))
    assert page.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"} == set()
    assert page.loads == []
    assert "url(" not in "".join(page.style)
    assert "@import" not in "".join(page.style)
    assert {link.removeprefix("#") for link in page.links if link != "openapi.json"} <= page.targets
    assert set(operations) <= page.targets
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= page.targets
    assert "--unix-socket" in "".join(page.text)


def test_the_page_escapes_what_it_shows(document):
    """Whatever stands in the document, it is text on the page."""
    hostile = json.loads(json.dumps(document).replace("The API about itself", "<script>alert(1)</script> `<b>` & "))
    page = Page()
    page.feed(render_page(hostile))
    assert page.tags & {"script", "b"} == {"b"}  # the methods are bold
    assert any("<script>alert(1)</script>" in text for text in page.text)


def test_the_page_forbids_everything_else(daemon):
    """The policy allows the page's own style by its digest, and nothing more."""
    status, headers, body = daemon.request("GET", "/api/v1/docs")
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(entry.strip().split(" ", 1) for entry in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    page = Page()
    page.feed(body.decode())
    digest = base64.b64encode(hashlib.sha256("".join(page.style).encode()).digest()).decode()
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert headers["x-content-type-options"] == "nosniff"
