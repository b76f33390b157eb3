"""The quick validation agrees with the JSON Schema library wherever it decides."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.loader import KINDS, environment_schema, plugin_names, plugin_schema
from spec.checks.acceptance import Acceptance

DOCUMENTS = [environment_schema(), *(plugin_schema(kind, name).document for kind in KINDS for name in plugin_names(kind))]
ODD = [
    "",
    "a",
    "x",
    "TEXT",
    0,
    -1,
    7,
    1.5,
    2.0,
    True,
    False,
    None,
    [],
    ["a", "a"],
    [1, 1],
    {},
    {"a": 1},
    [{"name": "id"}],
    {"fields": 5},
]


def filled(schema: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Some of the options of a schema with their examples, and now and then something odd."""
    data = {}
    for name, option in schema["properties"].items():
        if chance.random() < 0.5 or name in schema.get("required", ()):
            values = [*option.get("examples", ()), *option.get("enum", ())]
            data[name] = chance.choice(ODD if not values or chance.random() < 0.03 else values)
    if chance.random() < 0.1:
        data["unheard.of"] = 1
    return data


def test_it_agrees_with_the_library() -> None:
    """Never a wrong yes; and hardly ever a no where the library finds nothing."""
    chance = random.Random(7)
    valid = missed = 0
    for schema in DOCUMENTS:
        library, quick = Draft202012Validator(schema), Acceptance(schema)
        for _ in range(12):
            data = filled(schema, chance)
            if library.is_valid(data):
                valid += 1
                missed += not quick.accepts(data)
            else:
                assert not quick.accepts(data), (schema["title"], data)
    assert valid > 300
    assert missed < valid / 20


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "integer"]},
        {"enum": ["a", "b"]},
        {"const": True},
        {"const": "a"},
        {"minimum": 1, "maximum": 7},
        {"minLength": 1, "maxLength": 2, "pattern": "^[a-z]*$"},
        {"minItems": 1, "maxItems": 1, "items": {"type": "string"}},
        {"uniqueItems": True},
        {"minProperties": 1, "additionalProperties": {"type": "integer"}},
        {
            "properties": {"a": {"type": "string"}},
            "patternProperties": {"^b": {"type": "string"}},
            "additionalProperties": False,
        },
        {"patternProperties": {"^a": {"type": "string"}}},
        {"required": ["a"], "dependentRequired": {"a": ["b"]}},
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"anyOf": [{"type": "string"}, {"minimum": 3}]},
        {"allOf": [{"type": "object"}, {"not": {"required": ["a", "b"]}}]},
        {
            "if": {"properties": {"a": {"const": "x"}}, "required": ["a"]},
            "then": {"required": ["b"]},
            "else": {"maxProperties": 0},
        },
        {"prefixItems": [{"type": "string"}]},
    ],
    ids=json.dumps,
)
def test_each_keyword_agrees_with_the_library(schema: dict[str, Any]) -> None:
    """On values of every type; a keyword it does not know leaves the decision to the library."""
    objects = [{"a": "x"}, {"a": "x", "b": "y"}, {"b": 1}, {"b": "y"}, {"c": 1}, {"a": 5}]
    for value in [*ODD, *objects, "abc", "A", [1], ["a", 2], ["a", "b"]]:
        assert not Acceptance(schema).accepts(value) or Draft202012Validator(schema).is_valid(value), value
    accepted = [value for value in [*ODD, *objects] if Acceptance(schema).accepts(value)]
    assert bool(accepted) == ("prefixItems" not in schema)


def test_a_clean_job_needs_no_library(tmp_path: Any) -> None:
    """``check`` of a file in which nothing is wrong imports neither the JSON Schema library nor anything of the data plane."""
    job = tmp_path / "job.conf"
    job.write_text(
        'env { job.mode = "BATCH" }\nsource { FakeSource { schema { fields { id = int } } } }\nsink { Console { } }\n'
    )
    code = (
        "import sys\nfrom pathlib import Path\nfrom spec.check import check_file\nfrom spec.document import ReadOptions\n"
        f"assert check_file(Path({str(job)!r}), ReadOptions()).job is not None\n"
        "heavy = {'jsonschema', 'referencing', 'pyarrow', 'duckdb', 'textual', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
