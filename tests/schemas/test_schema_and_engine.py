"""The schemas and the local engine speak of the same options."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.loader import plugin_schema

RUNNER = Path(__file__).parents[2] / "runner"
READERS = {"text", "optional_text", "boolean", "integer", "number", "texts", "mapping", "objects", "choice", "raw", "refuse"}
PLUGINS = {
    "connectors/fake": [("source", "FakeSource")],
    "connectors/file": [("source", "LocalFile"), ("sink", "LocalFile")],
    "connectors/console.py": [("sink", "Console")],
    "connectors/assertion": [("sink", "Assert")],
    "transforms/copy_field.py": [("transform", "Copy")],
    "transforms/field_mapper.py": [("transform", "FieldMapper")],
    "transforms/filter_field.py": [("transform", "Filter")],
    "transforms/replace.py": [("transform", "Replace")],
    "transforms/split.py": [("transform", "Split")],
    "transforms/sql.py": [("transform", "Sql")],
}


def names_read(place: str) -> set[str]:
    """The option names that code passes to the accessors of ``Options``."""
    root = RUNNER / place
    found: set[str] = set()
    for path in [root] if root.is_file() else sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
                found.update(_names(node))
    return found


def _names(call: ast.Call) -> Iterator[str]:
    """All literal arguments; of ``refuse`` only the first, the second says why."""
    arguments = call.args[:1] if isinstance(call.func, ast.Attribute) and call.func.attr == "refuse" else call.args
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def names_described(schema: dict[str, Any]) -> set[str]:
    """Every option of a schema and its aliases, nested ones included."""
    names: set[str] = set()
    for name, option in schema.get("properties", {}).items():
        names |= {name, *option.get("x-flowdeck-aliases", ())} | names_described(option)
        if isinstance(option.get("items"), dict):
            names |= names_described(option["items"])
    return names


@pytest.mark.parametrize("place", PLUGINS)
def test_every_option_that_the_engine_reads_is_described(place: str) -> None:
    """A job file could not even say it otherwise."""
    read = names_read(place)
    described: set[str] = set()
    for kind, name in PLUGINS[place]:
        schema = plugin_schema(kind, name)
        assert schema is not None
        described |= names_described(dict(schema.document))
    assert read - described == set()


@pytest.mark.parametrize("place", [place for place in PLUGINS if place != "connectors/fake"])
def test_every_supported_option_is_read_by_the_engine(place: str) -> None:
    """An option without effect is not called supported. (FakeSource makes the names of its options from those of types.)"""
    read = names_read(place)
    common = {"plugin_name", "plugin_input", "plugin_output", "parallelism", "on_error", "on_error_limit", "on_error_share"}
    for kind, name in PLUGINS[place]:
        schema = plugin_schema(kind, name)
        assert schema is not None
        supported = {
            option for option, described in schema.options.items() if "local" in described.get("x-flowdeck-engines", ["local"])
        }
        assert supported - common - read - NOT_READ_BY_NAME.get((kind, name), set()) == set()


# What the engine acts on without asking for it by name, or where the one supported value asks for nothing.
NOT_READ_BY_NAME = {
    ("source", "LocalFile"): {"schema", "date_format", "datetime_format", "time_format"},
    ("sink", "LocalFile"): {"schema_save_mode", "encoding", "date_format", "datetime_format", "time_format"},
}
