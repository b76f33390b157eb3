"""Whatever stands in the options of a job, types are inferred or they are not: nothing is raised."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from spec.check import check_text
from spec.document import ReadOptions

FIELDS = {"id": "int", "name": "string", "tags": "array<string>", "row": {"a": "int", "b": "date"}, "ID2": "decimal(4, 2)"}
JOB = {
    "env": {},
    "source": [
        {"plugin_name": "FakeSource", "plugin_output": "a", "schema": {"fields": FIELDS}},
        {"plugin_name": "FakeSource", "plugin_output": "b", "schema": {"columns": [{"name": "id", "type": "int"}]}},
        {
            "plugin_name": "LocalFile",
            "plugin_output": "c",
            "path": "in/x=1/a.csv",
            "file_format_type": "csv",
            "read_columns": ["id"],
            "schema": {"fields": FIELDS},
        },
    ],
    "transform": [
        {"plugin_name": "Sql", "plugin_input": ["a"], "plugin_output": "d", "query": "select id, upper(name) n, row.a from a"},
        {"plugin_name": "Filter", "plugin_input": ["a"], "plugin_output": "e", "include_fields": ["id", "name"]},
        {"plugin_name": "Filter", "plugin_input": ["b", "c"], "plugin_output": "f", "exclude_fields": ["id"]},
        {"plugin_name": "FieldMapper", "plugin_input": ["e"], "plugin_output": "g", "field_mapper": {"id": "x", "name": "y"}},
        {"plugin_name": "Copy", "plugin_input": ["g"], "plugin_output": "h", "fields": {"z": "x"}},
        {"plugin_name": "Replace", "plugin_input": ["h"], "plugin_output": "i", "replace_field": "y", "pattern": "a"},
        {"plugin_name": "Split", "plugin_input": ["i"], "plugin_output": "j", "split_field": "y", "output_fields": ["p", "q"]},
        {
            "plugin_name": "JsonPath",
            "plugin_input": ["a"],
            "plugin_output": "k",
            "columns": [{"src_field": "name", "dest_field": "w"}],
        },
        {"plugin_name": "RowKindExtractor", "plugin_input": ["k"], "plugin_output": "l"},
    ],
    "sink": [
        {
            "plugin_name": "Assert",
            "plugin_input": ["d"],
            "rules": {"field_rules": [{"field_name": "n", "field_type": "string"}]},
        },
        {"plugin_name": "LocalFile", "plugin_input": ["j"], "path": "out", "sink_columns": ["p", "q"], "partition_by": ["p"]},
        {"plugin_name": "Kafka", "plugin_input": ["l"], "topic": "t", "partition_key_fields": ["w"]},
    ],
}
ODD: tuple[Any, ...] = (
    *(None, 0, -1, 1.5, True, "", "x", "a\0b", "id", "é", "9" * 400, "array<int>", "${x}"),
    *([], {}, ["id"], [1, None, {}], {"a": 1}, {"a\0b": "int"}, {"a": {"b\0": "int"}}, {"a": "int", "A": "int"}),
    *("select * from x", "select id, \0 from x", "select '", 'select name || "id" from t where `x`', "select (" * 200),
)
NAMES = ("id", "ID", "name", "x", "a\0", "fields", "columns", "schema", "query", "plugin_input")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path below ``value``."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def mutated(choice: random.Random) -> dict[str, Any]:
    """The job with some of its values replaced, removed or renamed."""
    job = copy.deepcopy(JOB)
    for _ in range(choice.randint(1, 3)):
        *outer, last = choice.choice([path for path in places(job) if len(path) > 2])
        holder: Any = job
        for step in outer:
            holder = holder[step]
        action = choice.random()
        if action < 0.6:
            holder[last] = copy.deepcopy(choice.choice(ODD))
        elif action < 0.8 or isinstance(holder, list):
            del holder[last]
        else:
            holder[choice.choice(NAMES)] = holder.pop(last)
    return job


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("engine", ["local", "seatunnel"])
def test_odd_options_never_raise(seed: int, engine: str) -> None:
    """A job or errors, whatever was changed."""
    choice = random.Random(seed)
    for _ in range(60):
        text = json.dumps(mutated(choice))
        result = check_text(text, "job.json", ReadOptions(), engine)
        assert (result.job is None) == result.has_errors, text
