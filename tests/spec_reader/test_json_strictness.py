"""JSON is read strictly: what only HOCON allows is an error, at its place, and the values are still read."""

from __future__ import annotations

from typing import Any

import pytest

from spec.diagnostic import Diagnostic
from spec.document import Dialect, ReadOptions, read_text
from spec.value import to_plain


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a JSON text."""
    return read_text(text, "job.json", ReadOptions()).diagnostics


@pytest.mark.parametrize(
    ("text", "code", "culprit", "data"),
    [
        ('{"a": 1, // c\n"b": 2}', "S030", "// c", {"a": 1, "b": 2}),
        ('{"a": 1 # c\n}', "S030", "# c", {"a": 1}),
        ('{"a": 1,}', "S031", ",", {"a": 1}),
        ("[1, 2,\n]", "S031", ",", [1, 2]),
        ('{"a": 1, "b": 2, "a": 3}', "S032", '"a"', {"a": 3, "b": 2}),
        ('{"a": 1, "\\u0061": 2}', "S032", '"\\u0061"', {"a": 2}),
        ("{a: 1}", "S033", "a", {"a": 1}),
        ("{'a': 1}", "S033", "'a'", {"'a'": 1}),
        ('{"a": abc}', "S033", "abc", {"a": "abc"}),
        ('{"a": True}', "S033", "True", {"a": "True"}),
        ("[NaN]", "S033", "NaN", ["NaN"]),
        ('"a": 1', "S034", '"a"', {"a": 1}),
        ('{"a" = 1}', "S035", "=", {"a": 1}),
        ('{"a" += 1}', "S035", "+=", {"a": [1]}),
        ('{"a" {"b": 1}}', "S035", '"a"', {"a": {"b": 1}}),
        ("[01]", "S036", "01", [1]),
        ("[1.]", "S036", "1.", [1.0]),
        ("[-]", "S036", "-", ["-"]),
        ("[\u00a01]", "S037", "\u00a0", [1]),
        ('["""a"""]', "S038", '"""a"""', ["a"]),
        ('{"b": 1, "a": ${b}}', "S038", "${b}", {"b": 1, "a": 1}),
        ('{"a": 1\n"b": 2}', "S013", "", {"a": 1, "b": 2}),
        ("[1 2]", "S013", "2", ["1 2"]),
        ("[1\n2]", "S013", "", [1, 2]),
        ('{"a": 1 "b": 2}', "S013", '"b"', {"a": 1, "b": 2}),
        ('{"a": "x\ty"}', "S025", "\t", {"a": "x\ty"}),
        ('{"a": "\\x"}', "S016", "\\x", {"a": "x"}),
        ('{"a": 1} x', "S022", "x", {"a": 1}),
        ("[1,,2]", "S021", ",", [1, 2]),
        ('{"a": }', "S012", ":", {"a": None}),
    ],
)
def test_what_is_not_json_is_an_error_at_its_place(text: str, code: str, culprit: str, data: Any) -> None:
    """One error with the exact span; the data is what was meant."""
    (found,) = diagnostics(text)
    assert found.primary is not None
    assert (found.code, found.primary.span.text) == (code, culprit)
    root = read_text(text, "job.json", ReadOptions()).root
    assert root is not None
    assert to_plain(root) == data


def test_a_duplicate_key_shows_the_first_one() -> None:
    """The second label is at the key that came first."""
    (found,) = diagnostics('{"a": 1,\n "a": 2}')
    assert [label.span.start_position() for label in found.secondary] == [(1, 2)]


def test_an_include_is_no_json() -> None:
    """Neither is anything read for it."""
    assert [d.code for d in diagnostics('{include "a"}')] == ["S038"]


@pytest.mark.parametrize(
    "text", ["{}", "[]", '\ufeff{"a": 1}', '{"a":[1,-2.5e-3,true,null,"\\u00e9\\/"]}', ' \r\n\t{"a"\n:\n1\n,\n"b"\n:2}\n']
)
def test_json_is_accepted(text: str) -> None:
    """With whitespace anywhere JSON allows it, and a byte order mark."""
    assert diagnostics(text) == ()


def test_keys_are_never_split_and_sections_are_left_alone() -> None:
    """A JSON job file says what it says."""
    text = '{"env": {"job.mode": "BATCH", "a->b": 1}, "source": [{"plugin_name": "A"}], "sink": {"B": {}}}'
    root = read_text(text, "job.json", ReadOptions()).root
    assert root is not None
    assert to_plain(root) == {
        "env": {"job.mode": "BATCH", "a->b": 1},
        "source": [{"plugin_name": "A"}],
        "sink": {"B": {}},
    }


def test_placeholders_work_in_json_job_files() -> None:
    """The textual pass of SeaTunnel runs over .json files as well."""
    root = read_text('{"a": "${x:1}"}', "job.json", ReadOptions(variables={"x": "2"})).root
    assert root is not None
    assert to_plain(root) == {"a": "2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,}', '{"a": 1}'),
        ("{'a': 1}", '{"a": 1}'),
        ('{"a" = True}', '{"a" : true}'),
        ('{"a": 1\n"b": 2}', '{"a": 1,\n"b": 2}'),
    ],
)
def test_fixes_make_it_json(text: str, expected: str) -> None:
    """Applying every fix leaves no error."""
    edits = [edit for found in diagnostics(text) if found.fix for edit in found.fix.edits]
    for edit in sorted(edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert text == expected
    assert diagnostics(text) == ()


def test_the_dialect_follows_the_name_unless_it_is_given() -> None:
    """`.json` is JSON in any case of letters, everything else a SeaTunnel file."""
    assert read_text("{}", "a.JSON", ReadOptions()).dialect is Dialect.JSON
    assert read_text("{}", "a.conf", ReadOptions()).dialect is Dialect.SEATUNNEL
    assert read_text("{}", "a.json", ReadOptions(dialect=Dialect.HOCON)).dialect is Dialect.HOCON
