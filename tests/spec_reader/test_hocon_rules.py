"""HOCON's rules for values: concatenation, merging, substitution and looking back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.diagnostic import Severity
from spec.document import Dialect, Document, ReadOptions, read_text
from spec.value import to_plain


def read(text: str, dialect: Dialect = Dialect.HOCON, **environment: str) -> Document:
    """A document in the dialect hocon."""
    return read_text(text, "test.conf", ReadOptions(dialect=dialect, environment=environment))


def values(text: str, dialect: Dialect = Dialect.HOCON, **environment: str) -> Any:
    """The plain data of a text without errors."""
    document = read(text, dialect, **environment)
    assert document.diagnostics == ()
    assert document.root is not None
    return to_plain(document.root)


def error_codes(text: str) -> list[str]:
    """The codes of the errors in a text."""
    return [d.code for d in read(text).diagnostics if d.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1", {"a": 1}),
        ("a : -3.5", {"a": -3.5}),
        ("a = 1e3", {"a": 1000.0}),
        ("a = 1E+2", {"a": 100.0}),
        ("a = 007", {"a": 7}),
        ("a = 1.", {"a": 1.0}),
        ("a = true, b = false, c = null", {"a": True, "b": False, "c": None}),
        ("a = yes", {"a": "yes"}),
        ("a = truely", {"a": "truely"}),
        ("a = 10 s", {"a": "10 s"}),
        ("a = 10s", {"a": "10s"}),
        ("a = 2024-01-31", {"a": "2024-01-31"}),
        ("a = 1.2.3", {"a": "1.2.3"}),
        ("a = -", {"a": "-"}),
        ("a = /tmp/x", {"a": "/tmp/x"}),
        ('a = "1"', {"a": "1"}),
        ('a = "\\u00e9\\ud83d\\ude00\\/\\n"', {"a": "é😀/\n"}),
        ('a = """x\n "y" \\n"""', {"a": 'x\n "y" \\n'}),
        ('a = """"x""""', {"a": '"x"'}),
        ("a = 9223372036854775807, b = -9223372036854775808", {"a": 2**63 - 1, "b": -(2**63)}),
        ("a = 9223372036854775808, b = -9223372036854775809", {"a": "9223372036854775808", "b": "-9223372036854775809"}),
        ("a = 00000000000000000000000000000000000001", {"a": 1}),
        ("", {}),
        ("# nothing\n", {}),
        ("{}", {}),
        ("[]", []),
        ("[1, a b, {c = 1}]", [1, "a b", {"c": 1}]),
        ("\ufeffa = 1", {"a": 1}),
        ("a = 1\r\nb = x y\r\n", {"a": 1, "b": "x y"}),
    ],
)
def test_a_value_is_what_its_text_says(text: str, expected: Any) -> None:
    """Numbers, words, strings; durations and sizes are just text."""
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a =   one  two\u00a0three   # c", {"a": "one  two\u00a0three"}),
        ('a = true "x" 123  foo', {"a": "true x 123  foo"}),
        ('a = "x"y"z"', {"a": "xyz"}),
        ('a = "x" ', {"a": "x"}),
        ("a = 1.50 x", {"a": "1.50 x"}),
        ("a = null foo", {"a": "null foo"}),
        ("a = [1, 2] [3]", {"a": [1, 2, 3]}),
        ("a = [1\n] [2]", {"a": [1, 2]}),
        ("a = { b = 1, d = 1 } { b = 2, c = 3 }", {"a": {"b": 2, "d": 1, "c": 3}}),
        ("a = [ x y\nz ]", {"a": ["x y", "z"]}),
        ("a = [ {b = 1} {c = 2}\n{d = 3} ]", {"a": [{"b": 1, "c": 2}, {"d": 3}]}),
        ("x = 1, a = ${x}foo${x}", {"x": 1, "a": "1foo1"}),
        ("x = 1.10, a = ${x} m", {"x": 1.1, "a": "1.10 m"}),
        ("x = 1, a = ${x}", {"x": 1, "a": 1}),
        ("x = [1], y = [3], a = ${x} [2] ${y}", {"x": [1], "y": [3], "a": [1, 2, 3]}),
        ("x = [1], a = ${x} ${x}", {"x": [1], "a": [1, 1]}),
        ("x = {b = 1}, a = ${x} {c = 2}", {"x": {"b": 1}, "a": {"b": 1, "c": 2}}),
        ("a = foo${?no}", {"a": "foo"}),
        ("a = [1] ${?no}", {"a": [1]}),
        ("a = ${?no}42", {"a": 42}),
        ("a = ${?no}${?no2}", {}),
        ("a = ${?no} ${?no2}", {"a": " "}),
        ("a = [1, ${?no}, 2]", {"a": [1, 2]}),
    ],
)
def test_pieces_on_a_line_are_joined(text: str, expected: Any) -> None:
    """Text keeps the whitespace between its pieces, lists are appended, objects merged; one piece keeps its type."""
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b.c = 1, a.b.d = 2", {"a": {"b": {"c": 1, "d": 2}}}),
        ("a { b = 1 }\na { c = 2 }", {"a": {"b": 1, "c": 2}}),
        ("a { b = 1 }\na = 5\na { c = 2 }", {"a": {"c": 2}}),
        ("p.a = 1, p = null, p.b = 2", {"p": {"b": 2}}),
        ("a = 1, a = 2", {"a": 2}),
        ("a = [1], a = [2]", {"a": [2]}),
        ('a."b.c".d = 1', {"a": {"b.c": {"d": 1}}}),
        ('"a.b" = 1', {"a.b": 1}),
        ('a"b.c" = 1', {"ab.c": 1}),
        ("a b . c d = 1", {"a b ": {" c d": 1}}),
        ("3.14 = x, true = y", {"3": {"14": "x"}, "true": "y"}),
        ('a."".b = 1', {"a": {"": {"b": 1}}}),
        ("a {b {c = 1}}\na.b.d = 2\na {b.c = 3}", {"a": {"b": {"c": 3, "d": 2}}}),
    ],
)
def test_keys_are_paths_and_later_values_win(text: str, expected: Any) -> None:
    """Objects under one key are merged; anything else replaces what was there."""
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1, b = ${a}, a = 2", {"a": 2, "b": 2}),
        ("b = ${a.x}, a.x = 1", {"b": 1, "a": {"x": 1}}),
        ("a = ${?b}, b = 1", {"a": 1, "b": 1}),
        ("a = 1, a = ${?no}", {"a": 1}),
        ("a = ${no}, a = 42", {"a": 42}),
        ("a = ${a}, a = 42", {"a": 42}),
        ("a = null, b = ${a}", {"a": None, "b": None}),
        ("p = [1], p = ${p} [2], p = ${p} [3]", {"p": [1, 2, 3]}),
        ('p = "/bin", p = ${p}":/usr/bin"', {"p": "/bin:/usr/bin"}),
        ("a = ${?a}foo", {"a": "foo"}),
        ("a = {b = 3}, a = {b = 2} ${a}", {"a": {"b": 3}}),
        ("a = {x = 0}, a = ${a} {y = 1}, a = ${a} {z = 2}", {"a": {"x": 0, "y": 1, "z": 2}}),
        ("a += 1", {"a": [1]}),
        ("a = [1], a += 2, a += {b = 3}", {"a": [1, 2, {"b": 3}]}),
        ("x { a += 1, a += ${y} }, y = 2", {"x": {"a": [1, 2]}, "y": 2}),
        ("a = ${x}, a += 2, x = [1]", {"a": [1, 2], "x": [1]}),
        ("l = [{a += 1, a += 2}]", {"l": [{"a": [1, 2]}]}),
        ("a.b = [1], a { b += 2 }", {"a": {"b": [1, 2]}}),
        ("bar { foo = 42, baz = ${bar.foo} }\nbar { foo = 43 }", {"bar": {"foo": 43, "baz": 43}}),
        (
            "bar { a = ${foo.d}, b = 1 }\nbar.b = 3\nfoo { c = ${bar.b}, d = 2 }\nfoo.d = 4",
            {"bar": {"a": 4, "b": 3}, "foo": {"c": 3, "d": 4}},
        ),
        ("foo {a {c = 1}}\nfoo = ${foo.a}\nfoo {a = 2}", {"foo": {"a": 2, "c": 1}}),
        ("a = 1, b = ${a}, a = ${b}", {"a": 1, "b": 1}),
        ("b = ${a}, a = 1, a = ${b}", {"a": 1, "b": 1}),
        ("a = 1, b = ${c}, c = ${a}, a = ${b}", {"a": 1, "b": 1, "c": 1}),
        ("a = ${?b}, b = ${?c}, c = ${?a}", {}),
        ("d {x = 1, y = 2}\ni = ${d}\ni.y = 3\nj = ${i.y}", {"d": {"x": 1, "y": 2}, "i": {"x": 1, "y": 3}, "j": 3}),
        (
            'base {n = x, path = "/d/"${job.id}}\njob = ${base} {id = 7}',
            {"base": {"n": "x", "path": "/d/7"}, "job": {"n": "x", "path": "/d/7", "id": 7}},
        ),
        ("c {q {a = [2]}}\nc {m = ${c.q} {p = 7}\nm.a = ${c.q.a} [6]}", {"c": {"q": {"a": [2]}, "m": {"a": [2, 6], "p": 7}}}),
        ('a = ${ "x.y" }, "x.y" = 1', {"a": 1, "x.y": 1}),
        ("a = ${b c}, b c = 1", {"a": 1, "b c": 1}),
    ],
)
def test_references_are_lazy_and_look_back_at_themselves(text: str, expected: Any) -> None:
    """A reference sees the final value, except of the key it helps to define: there it sees the value before."""
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = ${no}", "I101"),
        ("a = {b = 1}, c = ${a.no}", "I101"),
        ("a = ${no}, a = {b = 1}", "I101"),
        ("a = ${a}", "I102"),
        ("a = ${b}, b = ${a}", "I102"),
        ("a = {b = ${a}}", "I102"),
        ("a = [${a}]", "I102"),
        ("a = {b = ${a} {c = 1}}", "I102"),
        ("a = x {b = 1}", "I103"),
        ("a = [1] x", "I103"),
        ("a = null {b = 1}", "I103"),
        ("a = {b = 1} [2]", "I103"),
        ("x = [1], a = y${x}z", "I103"),
        ("a = 10, a += 2", "I108"),
        ("a = {x = y}, a += 2", "I108"),
    ],
)
def test_what_cannot_be_resolved_is_an_error(text: str, code: str) -> None:
    """Undefined names, cycles and values that do not go together."""
    assert code in error_codes(text)


@pytest.mark.parametrize("text", ["a = ${no} {b = 1}", "a = [1] ${no}", "a = ${b} [1], b = ${no}", "l = ${no}, l += 1"])
def test_an_undefined_name_is_reported_once(text: str) -> None:
    """What follows from it is not a problem of its own."""
    assert error_codes(text) == ["I101"]


def test_an_error_does_not_take_the_rest_away() -> None:
    """A reference without a value stands as its own text."""
    document = read("a = ${no}\nb = 1\n")
    assert document.root is not None
    assert to_plain(document.root) == {"a": "${no}", "b": 1}


def test_the_environment_is_the_last_resort_and_only_the_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys win over the environment, which is what the caller gives, never the process's own."""
    monkeypatch.setenv("FLOWDECK_TEST_SECRET", "leaked")
    assert values("a = ${HOME}/x\nb = ${c}\nc = 1", HOME="/h", c="2") == {"a": "/h/x", "b": 1, "c": 1}
    assert error_codes("a = ${FLOWDECK_TEST_SECRET}") == ["I101"]


def test_used_environment_variables_are_recorded() -> None:
    """Only those that the text asked for and got."""
    document = read("a = ${?A}${?NO}\nb = ${c}\nc = 1", A="x", B="y", c="z")
    assert document.environment_used == {"A": "x"}


def test_an_optional_reference_keeps_the_value_before() -> None:
    """The idiom for overriding a default from the environment."""
    text = "port = 80\nport = ${?PORT}\n"
    assert values(text) == {"port": 80}
    assert values(text, PORT="8080") == {"port": "8080"}


JSON_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON_ROOTS = st.recursive(
    st.lists(JSON_SCALARS, max_size=4) | st.dictionaries(st.text(), JSON_SCALARS, max_size=4),
    lambda inner: st.lists(inner | JSON_SCALARS, max_size=4) | st.dictionaries(st.text(), inner | JSON_SCALARS, max_size=4),
    max_leaves=20,
)


@settings(max_examples=120, deadline=None)
@given(JSON_ROOTS, st.booleans(), st.sampled_from([None, 2]))
def test_json_documents_read_as_json_reads_them(data: Any, ascii_only: bool, indent: int | None) -> None:
    """Any JSON document means the same in json and hocon, but for integers of more than 64 bits, which HOCON reads as text."""
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    for dialect in (Dialect.JSON, Dialect.HOCON):
        wide = dialect is Dialect.HOCON and any(abs(int(number)) >= 1 << 63 for number in re.findall("[0-9]{19,}", text))
        if not wide and ("${" not in text or dialect is Dialect.HOCON):
            document = read(text, dialect)
            assert {found.code for found in document.diagnostics} <= {"S042"}  # "a\b" may be meant
            assert document.root is not None
            got = to_plain(document.root)
            assert got == json.loads(text)
            assert json.dumps(got) == json.dumps(data)
