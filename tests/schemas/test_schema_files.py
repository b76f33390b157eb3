"""The schema files: valid JSON Schema, fully documented, and consistent with themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.loader import ENGINES, KINDS, environment_schema, job_schema, plugin_names, plugin_schema

ROOT = Path(__file__).parents[2] / "schemas"
FILES = sorted(path for path in ROOT.rglob("*.json") if path.name != "seatunnel.json")
DOCUMENTS = {
    "env": environment_schema(),
    **{f"{kind}/{name}": plugin_schema(kind, name).document for kind in KINDS for name in plugin_names(kind)},
}


def options(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option of a schema, nested ones included, with its dotted path."""
    for name, option in schema.get("properties", {}).items():
        yield f"{path}{name}", option
        yield from options(option, f"{path}{name}.")
        if isinstance(option.get("items"), dict):
            yield from options(option["items"], f"{path}{name}[].")


OPTIONS = [(f"{document}: {path}", option) for document, schema in DOCUMENTS.items() for path, option in options(schema)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_is_valid_2020_12(path: Path) -> None:
    """Each file says it is JSON Schema 2020-12 and is."""
    schema = json.loads(path.read_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_the_eleven_plugins_and_env_and_job_are_there() -> None:
    """The plugins that run here all have a schema, under their canonical names."""
    assert plugin_names("source") == ("FakeSource", "LocalFile")
    assert plugin_names("transform") == ("Copy", "FieldMapper", "Filter", "Replace", "Split", "Sql")
    assert plugin_names("sink") == ("Assert", "Console", "LocalFile")
    assert set(job_schema()["properties"]) == {"env", "source", "transform", "sink"}


@pytest.mark.parametrize("name", sorted(set(DOCUMENTS) - {"env"}))
def test_a_plugin_says_what_it_is(name: str) -> None:
    """Each plugin schema has a description, a delivery guarantee, engines, and refuses unknown options."""
    schema = DOCUMENTS[name]
    assert schema["description"]
    assert schema["x-flowdeck-delivery"] in ("exactly-once", "at-least-once")
    assert schema["x-flowdeck-engines"]
    assert set(schema["x-flowdeck-engines"]) <= set(ENGINES)
    assert schema["x-flowdeck-kind"] == name.split("/")[0]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(("path", "option"), OPTIONS, ids=[path for path, _ in OPTIONS])
def test_an_option_is_documented(path: str, option: dict[str, Any]) -> None:
    """Each option has a type, a description that is a sentence, and an example (or a default or enum) that it allows itself."""
    assert option["type"], path
    assert option["description"].endswith("."), path
    assert option.get("examples"), path
    validator = Draft202012Validator(option)
    for example in [*option["examples"], *([option["default"]] if "default" in option else [])]:
        assert not list(validator.iter_errors(example)), (path, example)


@pytest.mark.parametrize(("path", "option"), OPTIONS, ids=[path for path, _ in OPTIONS])
def test_the_annotations_of_an_option_are_consistent(path: str, option: dict[str, Any]) -> None:
    """Engines are known ones, options some engine lacks say what that means, and values with engines are in the enum."""
    engines = option.get("x-flowdeck-engines")
    assert engines is None or (set(engines) < set(ENGINES) and option["x-flowdeck-unsupported"] in ("error", "warning")), path
    supported = option.get("x-flowdeck-supported-values", {})
    assert set(supported) <= set(ENGINES), path
    if "enum" in option:
        assert all(set(values) < set(option["enum"]) for values in supported.values()), path
    known = {key for key in option if key.startswith("x-flowdeck-")}
    assert known <= {
        "x-flowdeck-aliases",
        "x-flowdeck-at-most",
        "x-flowdeck-engines",
        "x-flowdeck-field-types",
        "x-flowdeck-position",
        "x-flowdeck-replaced-by",
        "x-flowdeck-supported-values",
        "x-flowdeck-unit",
        "x-flowdeck-unsupported",
    }, path


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_rules_name_options_that_exist(name: str) -> None:
    """Every option that a rule requires or tests is one of the schema's options."""
    schema = DOCUMENTS[name]

    def named(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from node.get("required", [])
            for key in ("allOf", "oneOf", "anyOf"):
                for branch in node.get(key, ()):
                    yield from named(branch)
            for key in ("if", "then", "else", "not"):
                yield from named(node.get(key))
            for tested in ("if",):
                yield from node.get(tested, {}).get("properties", {})
            for given, needed in node.get("dependentRequired", {}).items():
                yield given
                yield from needed

    assert set(named(schema)) <= set(schema["properties"])
