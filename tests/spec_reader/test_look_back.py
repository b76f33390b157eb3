"""Self-reference through merged blocks: what a block refers to in the field that takes it in is what the field held before.

The reference implementation (release 1.4.3) gives one of two or three values to most of these documents, and which one hangs
on the names of the keys, as it reads them in the order of their hashes. What is expected here is among its values for every
naming, is what its own tests expect where they have such a document, and is the same whatever the keys are called.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from spec.diagnostic import Severity
from spec.document import Dialect, ReadOptions, read_text
from spec.value import to_plain


def read(text: str) -> Any:
    """The plain data of a document without errors."""
    document = read_text(text, "test.conf", ReadOptions(dialect=Dialect.HOCON))
    assert not [found for found in document.diagnostics if found.severity is Severity.ERROR]
    assert document.root is not None
    return to_plain(document.root)


# Keys are the letters a to c, so that they can be exchanged; values are numbers.
LOOKING_BACK = {
    "a merge goes on behind the block": (
        "a.b.c = 1\nb { a = ${a.b.c}, b = 2 }\na = ${b}\na.b = { c = 4 }\nc.b = ${a.b}",
        {"a": {"a": 1, "b": {"c": 4}}, "b": {"a": 1, "b": 2}, "c": {"b": {"c": 4}}},
    ),
    "the block itself hides what was before": (
        "b { a = ${a.b}, b = 2 }\na.b = 7\na = ${b}\nc.b = ${a.b}",
        {"a": {"a": 7, "b": 2}, "b": {"a": 7, "b": 2}, "c": {"b": 2}},
    ),
    "through two references": (
        "a.c = 1\na = ${b}\nb = ${c}\nc.a = ${a.c}\na.c = 2",
        {"a": {"a": 1, "c": 2}, "b": {"a": 1}, "c": {"a": 1}},
    ),
    "a block further in": (
        "a.c = 1\na = ${b.c}\nb.c.a = ${a.c}\na.c = 2",
        {"a": {"a": 1, "c": 2}, "b": {"c": {"a": 1}}},
    ),
    "a reference further in": (
        "a.c = 1\na = ${b.c}\nb.c.a.b.c = ${a.c}\na.c = 2",
        {"a": {"a": {"b": {"c": 1}}, "c": 2}, "b": {"c": {"a": {"b": {"c": 1}}}}},
    ),
    "joined with a block of its own": ("a.c = 1\na = ${b} { c = 2 }\nb.a = ${a.c}", {"a": {"a": 1, "c": 2}, "b": {"a": 1}}),
    "a block joined to what was before": ("a.c = 1\na = ${a} { b = ${a.c} }\na.c = 2", {"a": {"b": 1, "c": 2}}),
    "the whole value": ("a.c = 1\na = ${b}\nb.a = ${a}\na.c = 2", {"a": {"a": {"c": 1}, "c": 2}, "b": {"a": {"c": 1}}}),
    "a block of two parts": (
        "a.c = 1\nb.b = 5\nb { a = ${a.c} }\na = ${b}\na.c = 2",
        {"a": {"a": 1, "b": 5, "c": 2}, "b": {"a": 1, "b": 5}},
    ),
    "part of a text": ("a.c = 1\na = ${b}\nb.a = <${a.c}>\na.c = 5", {"a": {"a": "<1>", "c": 5}, "b": {"a": "<1>"}}),
    "in a list": ("a.c = 1\na = ${b}\nb.a = [${a.c}]\na.c = 5", {"a": {"a": [1], "c": 5}, "b": {"a": [1]}}),
    "a list that takes in what it replaces": ("a = 1\na = ${b}\nb = [${a}]", {"a": [1], "b": [1]}),
    "a list with blocks": ("a = 1\na = ${b}\nb = [{ c = ${a} }]", {"a": [{"c": 1}], "b": [{"c": 1}]}),
    "taken in twice": (
        "a.c = 1\na = ${b}\na.c = 2\na = ${b}\na.c = 3\nb.a = ${a.c}",
        {"a": {"a": 2, "c": 3}, "b": {"a": 2}},
    ),
    "taken in once, and again with all the rest": (
        "a.c = 1\na = ${b}\na.c = 2\na = ${a}\na.c = 3\nb.a = ${a.c}",
        {"a": {"a": 1, "c": 3}, "b": {"a": 1}},
    ),
    "its own block, again": ("b.c = 1\nb.b = ${b.c}\nb = ${b}\nb.c = 4", {"b": {"b": 1, "c": 4}}),
    "nothing before has the value": (
        "b { c = 1, a = ${a.c} }\na = ${b}\na.c = 2",
        {"a": {"a": 2, "c": 2}, "b": {"a": 2, "c": 1}},
    ),
    "nothing before has the optional value": (
        "b { a = ${?a.c} }\na = ${b}\na.c = 2",
        {"a": {"a": 2, "c": 2}, "b": {"a": 2}},
    ),
    "a block that would hold itself": ("b = 1\nb.b = ${?b}\nb = ${b}", {"b": {}}),
}
LOOKING_FORWARD = {
    "a block that stands in the field itself": ("a { c = 1, b = ${a.c} }\na.c = 2", {"a": {"b": 2, "c": 2}}),
    "a block that is taken in beside the field": (
        "a.c = 1\na.b = ${b}\na.c = 2\nb.a = ${a.c}",
        {"a": {"b": {"a": 2}, "c": 2}, "b": {"a": 2}},
    ),
    "a block that takes in beside the field": (
        "a.c = 1\na = { b = ${b} }\na.c = 2\nb.a = ${a.c}",
        {"a": {"b": {"a": 2}, "c": 2}, "b": {"a": 2}},
    ),
    "a field that becomes a text": ("a.c = 1\na = ${b}\nb.a = <${a}>\na = 5", {"a": 5, "b": {"a": "<5>"}}),
    "a reference from elsewhere": (
        "a.c = 1\na = ${b}\nb.a = ${c}\nc = ${a.c}\na.c = 5",
        {"a": {"a": 5, "c": 5}, "b": {"a": 5}, "c": 5},
    ),
    "blocks that refer to each other": (
        "a { a = ${b.c}, b = 1 }\na.b = 3\nb { a = ${a.b}, c = 2 }\nb.c = 4",
        {"a": {"a": 4, "b": 3}, "b": {"a": 3, "c": 4}},
    ),
}
NAMINGS = [dict(zip("abc", names, strict=True)) for names in permutations("abc")]


def renamed(data: Any, names: dict[str, str]) -> Any:
    """Data with other names for its keys."""
    if isinstance(data, dict):
        return {names[key]: renamed(value, names) for key, value in data.items()}
    return [renamed(value, names) for value in data] if isinstance(data, list) else data


@pytest.mark.parametrize(("text", "expected"), [*LOOKING_BACK.values(), *LOOKING_FORWARD.values()])
def test_self_reference_through_blocks(text: str, expected: Any) -> None:
    """The value is found by the specification's rules, whatever the keys are called and in which order they are read."""
    for names in NAMINGS:
        assert read(text.translate({ord(old): new for old, new in names.items()})) == renamed(expected, names)


def test_an_included_block_looks_back(tmp_path: Path) -> None:
    """What an included file says stands in the block that includes it."""
    (tmp_path / "defaults.conf").write_text("a = ${job.size}, deep { b = ${job.size} }")
    text = 'job.size = 1\ndefaults { include "defaults.conf" }\njob = ${defaults}\njob.size = 2'
    document = read_text(text, "test.conf", ReadOptions(dialect=Dialect.HOCON, include_root=tmp_path))
    assert document.diagnostics == ()
    assert document.root is not None
    defaults = {"a": 1, "deep": {"b": 1}}
    assert to_plain(document.root) == {"job": {"size": 2, **defaults}, "defaults": defaults}


def test_many_blocks_that_look_back_are_read_in_bounded_time() -> None:
    """A field that takes in a thousand blocks, each of which refers to it, ends by the budget or with a value."""
    blocks = "\n".join(f"b{number} {{ a{number} = ${{a.c}} }}\na = ${{b{number}}}\na.c = {number}" for number in range(1000))
    document = read_text(f"a.c = x\n{blocks}", "test.conf", ReadOptions(dialect=Dialect.HOCON))
    assert document.diagnostics == () or {found.code for found in document.diagnostics} == {"I104"}
