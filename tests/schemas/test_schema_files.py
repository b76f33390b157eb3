"""The schema files: valid JSON Schema, fully documented, and consistent with themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.loader import ENGINES, KINDS, environment_schema, job_schema, plugin_names, plugin_schema

ROOT = Path(__file__).parents[2] / "schemas"
FILES = sorted(ROOT.rglob("*.json"))
REFERENCE = re.compile(r'"\$ref": "(?:\.\./)*(?:families/)?([^"#]*)(?:#/\$defs/([^"/]+))?"')
ANNOTATIONS = {
    "x-flowdeck-aliases",
    "x-flowdeck-at-most",
    "x-flowdeck-engines",
    "x-flowdeck-field-types",
    "x-flowdeck-position",
    "x-flowdeck-replaced-by",
    "x-flowdeck-supported-values",
    "x-flowdeck-unit",
    "x-flowdeck-unsupported",
}
# Names that only sound like one.
NOT_SECRETS = {"node_free_password", "scan_token_query_timeout", "scan_token_batch_size_bytes"}
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


@pytest.mark.parametrize("folder", ["", "families", *KINDS])
def test_every_file_is_valid_2020_12(folder: str) -> None:
    """Each file says it is JSON Schema 2020-12 and is."""
    paths = sorted((ROOT / folder).glob("*.json"))
    assert paths
    for path in paths:
        schema = json.loads(path.read_text())
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", path
        Draft202012Validator.check_schema(schema)


def test_every_definition_is_used() -> None:
    """What the families' files and common.json define is referred to by name from somewhere."""
    texts = {path: path.read_text() for path in FILES}
    named = {(path.name, name) for path in FILES for name in json.loads(texts[path]).get("$defs", {})}
    used = {(found[1] or path.name, found[2]) for path, text in texts.items() for found in REFERENCE.finditer(text)}
    assert named - used == set()
    assert used - named == {("env.json", None)}  # as a whole, by job.json


def test_all_of_seatunnels_plugins_and_env_and_job_are_there() -> None:
    """Every plugin has a schema, under its canonical name."""
    assert {kind: len(plugin_names(kind)) for kind in KINDS} == {"source": 61, "transform": 23, "sink": 58}
    assert {"Kafka", "MySQL-CDC", "FakeSource"} <= set(plugin_names("source"))
    assert set(job_schema()["properties"]) == {"env", "source", "transform", "sink"}


@pytest.mark.parametrize("name", sorted(set(DOCUMENTS) - {"env"}))
def test_a_plugin_says_what_it_is(name: str) -> None:
    """Each plugin schema has a description, a delivery guarantee, engines, and refuses unknown options."""
    schema = DOCUMENTS[name]
    assert schema["description"].endswith(".")
    assert schema["x-flowdeck-delivery"] in ("exactly-once", "at-least-once")
    assert schema["x-flowdeck-engines"]
    assert set(schema["x-flowdeck-engines"]) <= set(ENGINES)
    assert schema["x-flowdeck-kind"] == name.split("/")[0]
    assert schema["additionalProperties"] is False
    assert set(schema.get("x-flowdeck-exactly-once-with", ())) <= set(schema["properties"])


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_option_is_documented(name: str) -> None:
    """Each option has a type, a description that is a sentence, and an example (or a default or enum) that it allows itself."""
    for path, option in options(DOCUMENTS[name]):
        assert option["type"], path
        assert option["description"].endswith("."), path
        assert option["description"][0].isupper() or option["description"].startswith(("`", "orc")), path
        assert option.get("examples"), path
        for example in [*option["examples"], *([option["default"]] if "default" in option else [])]:
            assert not list(_validator(option).iter_errors(example)), (path, example)


@cache
def _validator_of(text: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(text))


def _validator(option: dict[str, Any]) -> Draft202012Validator:
    """One validator for all options that say the same."""
    return _validator_of(json.dumps(option, sort_keys=True))


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_annotations_of_options_are_consistent(name: str) -> None:
    """Engines are known ones, options some engine lacks say what that means, and values with engines are in the enum."""
    for path, option in options(DOCUMENTS[name]):
        engines = option.get("x-flowdeck-engines")
        assert engines is None or (set(engines) < set(ENGINES) and option["x-flowdeck-unsupported"] in ("error", "warning")), (
            path
        )
        supported = option.get("x-flowdeck-supported-values", {})
        assert set(supported) <= set(ENGINES), path
        if "enum" in option:
            assert all(set(values) < set(option["enum"]) for values in supported.values()), path
        assert {key for key in option if key.startswith("x-flowdeck-")} <= ANNOTATIONS, path
        assert bool(option.get("deprecated")) == ("x-flowdeck-replaced-by" in option), path


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_secrets_are_marked(name: str) -> None:
    """What is plainly a secret by its name is `writeOnly`, so that it is never shown."""
    for path, option in options(DOCUMENTS[name]):
        key = path.rpartition(".")[2].lower()
        if any(word in key for word in ("password", "secret", "token", "private_key")) and key not in NOT_SECRETS:
            assert option.get("writeOnly"), path


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
