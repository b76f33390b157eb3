"""The rules of SeaTunnel's files, and the warnings where its own reader would lose or change something."""

from __future__ import annotations

from typing import Any

import pytest

from spec.diagnostic import Diagnostic, Severity
from spec.document import Document, ReadOptions, read_text
from spec.value import to_plain


def read(text: str, **variables: str) -> Document:
    """A job file with -i variables."""
    return read_text(text, "job.conf", ReadOptions(variables=variables))


def values(text: str, **variables: str) -> Any:
    """The plain data of a text without errors."""
    document = read(text, **variables)
    assert [d for d in document.diagnostics if d.severity is Severity.ERROR] == []
    assert document.root is not None
    return to_plain(document.root)


def warning(text: str) -> Diagnostic:
    """The only diagnostic, which is a warning."""
    (found,) = read(text).diagnostics
    assert found.severity is Severity.WARNING
    return found


def under(diagnostic: Diagnostic) -> str:
    """The text under the caret."""
    assert diagnostic.primary is not None
    return diagnostic.primary.span.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a { b.c = 1 }", {"a": {"b.c": 1}}),
        ('a { b.c = 1, "b.c" = 2 }', {"a": {"b.c": 2}}),
        ("a->b = 1", {"a": {"b": 1}}),
        ("a->b.c->d = 1", {"a": {"b.c": {"d": 1}}}),
        ('"a->b" = 1', {"a->b": 1}),
        ("p.a = 1, p = null, p.b = 2", {"p.a": 1, "p": None, "p.b": 2}),
        ('job.mode = "A", job.mode = "B"', {"job.mode": "B"}),
        ("3.14 = 1", {"3.14": 1}),
        (".a. = 1", {".a.": 1}),
    ],
)
def test_dots_do_not_split_keys(text: str, expected: Any) -> None:
    """D1, D12, D13: a dotted key is one key; `->` separates; quoted keys never split."""
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1, a = ${x}", {"x": 1, "a": 1}),
        ("e { x = 1 }\na = ${e->x}", {"e": {"x": 1}, "a": 1}),
        ("e { x = 1 }\na = ${e}", {"e": {"x": 1}, "a": {"x": 1}}),
        ("e { a.b = 1 }\na = ${e->a.b}", {"e": {"a.b": 1}, "a": 1}),
        ("a.b = 1, c = ${a.b}", {"a.b": 1, "c": 1}),
        ('x = 1, q = "a "${x}" b"', {"x": 1, "q": "a 1 b"}),
    ],
)
def test_references_descend_with_arrows(text: str, expected: Any) -> None:
    """D2: `${a->b}` descends, `${a.b}` is the key named a.b."""
    assert values(text) == expected


def test_a_dotted_reference_into_a_block_is_explained() -> None:
    """D2: `${env.x}` finds nothing; the note says how it is written."""
    (error,) = read("env { x = 1 }\na = ${env.x}").diagnostics
    assert error.code == "I101"
    assert any("${env->x}" in note for note in error.notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("transform { Copy {f = 1}\nCopy {g = 2} }", [{"f": 1, "plugin_name": "Copy"}, {"g": 2, "plugin_name": "Copy"}]),
        ("transform { }", []),
        ("transform { A {}, B {} }", [{"plugin_name": "A"}, {"plugin_name": "B"}]),
        ("transform { A { plugin_name = Z } }", [{"plugin_name": "Z"}]),
        ("transform { A.B { x = 1 } }", [{"x": 1, "plugin_name": "A.B"}]),
        ("transform { A->B { c = 1 } }", [{"B": {"c": 1}, "plugin_name": "A"}]),
        ('transform { "A" { x = 1 } }', [{"x": 1, "plugin_name": "A"}]),
        ("transform { A = { x = 1 } }", [{"x": 1, "plugin_name": "A"}]),
        ("transform { A { x = 1, x = 2, o { y = 1 }, o { z = 2 } } }", [{"x": 2, "o": {"y": 1, "z": 2}, "plugin_name": "A"}]),
        ("transform = { A {} }", [{"plugin_name": "A"}]),
        ('"transform" { A {} }', [{"plugin_name": "A"}]),
    ],
)
def test_a_section_is_a_list_of_plugins(text: str, expected: Any) -> None:
    """D3, D8, D9: repeated blocks stay separate, the key is the plugin's name unless the block names one."""
    assert values(text) == {"transform": expected}


def test_plugin_name_comes_last_and_points_at_the_key() -> None:
    """The added name has the span of the block's key."""
    text = "source {\n  Fake { a = 1 }\n}"
    root = read(text).root
    assert root is not None
    plugins = root.get("source")  # type: ignore[union-attr]
    fields = plugins.items[0].fields
    assert [field.key for field in fields] == ["a", "plugin_name"]
    assert (fields[1].key_span.text, fields[1].key_span.start) == ("Fake", text.index("Fake"))


def test_an_arrow_key_is_no_section() -> None:
    """`source->Fake { }` is an object, as SeaTunnel reads it."""
    assert values("source->Fake { a = 1 }") == {"source": {"Fake": {"a": 1}}}


def test_a_block_may_refer_to_defaults() -> None:
    """A plugin's block can be a reference or a merge with one; it still gets its name."""
    text = "d { x = 1 }\nsource { A = ${d} { y = 2 }\nB = ${d} }"
    assert values(text)["source"] == [{"x": 1, "y": 2, "plugin_name": "A"}, {"x": 1, "plugin_name": "B"}]


def test_a_section_written_twice_keeps_both() -> None:
    """D4: SeaTunnel drops the first; here both are read, with a warning at the second that shows the first."""
    text = "source { A {} }\nsource { B {} }\n"
    assert values(text) == {"source": [{"plugin_name": "A"}, {"plugin_name": "B"}]}
    found = warning(text)
    assert (found.code, under(found)) == ("D301", "source")
    assert found.primary is not None
    assert (found.primary.span.start_position()[0], found.secondary[0].span.start_position()[0]) == (2, 1)


def test_a_section_may_be_a_list_as_in_json() -> None:
    """D5: SeaTunnel corrupts it; here it is what it says, with a warning."""
    text = "source = [{ plugin_name = A, a = 1 }]"
    assert values(text) == {"source": [{"plugin_name": "A", "a": 1}]}
    found = warning(text)
    assert (found.code, under(found)) == ("D303", "source")


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("sink { Jdbc { source { x {} } } }", {"source": {"x": {}}}),
        ("sink { Jdbc { transform = [{ a = 1 }] } }", {"transform": [{"a": 1}]}),
        ("sink { Jdbc { schema { sink { b = 2 } } } }", {"schema": {"sink": {"b": 2}}}),
    ],
)
def test_a_section_name_inside_a_plugin_is_an_ordinary_key(text: str, inner: Any) -> None:
    """D7: SeaTunnel makes a list of it at any depth; here it stays, with a warning at the key."""
    assert values(text) == {"sink": [{**inner, "plugin_name": "Jdbc"}]}
    found = warning(text)
    assert (found.code, under(found)) == ("D305", next(key for key in ("source", "transform", "sink") if key in str(inner)))


@pytest.mark.parametrize("value", ["[a, b]", "text", "5"])
def test_plain_values_under_a_section_name_are_no_problem(value: str) -> None:
    """Only blocks are turned into lists by SeaTunnel."""
    assert read(f"sink {{ A {{ source = {value} }} }}").diagnostics == ()


def test_an_entry_that_is_no_block_is_reported() -> None:
    """D9: SeaTunnel reads `A = 1` as a bare 1 without a name."""
    assert values("source { A = 1 }") == {"source": [1]}
    found = warning("source { A = 1 }")
    assert (found.code, under(found)) == ("D307", "A")


@pytest.mark.parametrize(("text", "code"), [("source { A = ${no} }", "I101"), ("source { A = }", "S012")])
def test_an_entry_without_a_known_value_is_reported_once(text: str, code: str) -> None:
    """The missing value is the problem, not its type."""
    assert [d.code for d in read(text).diagnostics] == [code]


def test_appending_inside_a_plugin_appends() -> None:
    """SeaTunnel forgets the earlier elements; here they stay, with a warning at the operator."""
    text = "source { A { l = [1]\nl += 2 } }"
    assert values(text) == {"source": [{"l": [1, 2], "plugin_name": "A"}]}
    found = warning(text)
    assert (found.code, under(found)) == ("D306", "+=")


def test_the_same_option_dotted_and_nested_is_reported() -> None:
    """D13: these are two keys, of which only one is read."""
    text = "env { checkpoint { interval = 1 }\ncheckpoint.interval = 2 }"
    assert values(text) == {"env": {"checkpoint": {"interval": 1}, "checkpoint.interval": 2}}
    found = warning(text)
    assert (found.code, under(found), found.secondary[0].span.text) == ("D304", "checkpoint.interval", "interval")


def test_an_undefined_variable_is_an_error() -> None:
    """D11: SeaTunnel keeps the text or fails late; here it is an error at the reference."""
    (error,) = read("x = ${nope}").diagnostics
    assert (error.code, error.severity, under(error)) == ("I101", Severity.ERROR, "${nope}")


@pytest.mark.parametrize("reference", ["${source->A->x}", "${source->x}"])
def test_references_into_sections_do_not_resolve(reference: str) -> None:
    """Sections are lists, so no path leads into them."""
    assert [d.code for d in read(f"source {{ A {{ x = 1 }} }}\na = {reference}").diagnostics] == ["I101"]


def test_include_schema_changes_is_an_ordinary_key() -> None:
    """Only the word `include` by itself begins an include."""
    text = "source { MySQL-CDC { include.schema.changes = true } }"
    assert values(text) == {"source": [{"include.schema.changes": True, "plugin_name": "MySQL-CDC"}]}


def test_the_root_of_a_job_file_is_an_object() -> None:
    """A list is refused."""
    document = read("[1]")
    assert document.root is None
    assert [d.code for d in document.diagnostics] == ["S034"]


# --- variables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [("50", "50"), ("true", "true"), ("[a, b]", ["a", " b"]), ("[]", []), ("[", "["), ("", "")],
)
def test_a_variable_is_text_or_a_list_of_texts(value: str, expected: Any) -> None:
    """Nothing is typed; `[a, b]` is split at the commas and not trimmed."""
    assert values("a = ${x}", x=value) == {"a": expected}


def test_keys_and_the_environment_win_over_variables() -> None:
    """SeaTunnel's order; a variable that the environment hides is reported."""
    assert values("x = 1, a = ${x}", x="2") == {"x": 1, "a": 1}
    document = read_text("a = ${X}", "job.conf", ReadOptions(variables={"X": "-i"}, environment={"X": "env"}))
    assert document.root is not None
    assert to_plain(document.root) == {"a": "env"}
    assert [(d.code, d.severity) for d in document.diagnostics] == [("I107", Severity.WARNING)]


def test_a_dotted_variable_is_found_under_its_name() -> None:
    """`-i x.y=1` gives `${x.y}` and `${x->y}`."""
    assert values("a = ${x.y}, b = ${x->y}", **{"x.y": "1"}) == {"a": "1", "b": "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"${x}"', "X"),
        ('"a ${x} b ${x}"', "a X b X"),
        ('"${x:default}"', "X"),
        ('"${no:default}"', "default"),
        ('"${no: two words }"', "two words"),
        ('"${no:}"', ""),
        ('"${no}"', "${no}"),
        ('"${empty:d}"', "d"),
        ('"${empty}"', "${empty}"),
        ('"""${x}"""', "X"),
        ('"${n}"', "5"),
        ('"${table_name}"', "${table_name}"),
        ('"${table_name:d}"', "${table_name:d}"),
        ('"$x {x}"', "$x {x}"),
        ('"a"${x}"b"', "aXb"),
    ],
)
def test_placeholders_in_quotes_are_filled(text: str, expected: str) -> None:
    """D10: the textual pass: variable, else default (trimmed), else untouched; the engine's own names are left alone."""
    assert values(f"b {{ a = {text} }}", x="X", n="5", empty="") == {"b": {"a": expected}}


def test_placeholders_are_filled_at_every_depth() -> None:
    """Lists and maps inside lists included."""
    text = 'source { A { rows = [{ fields = ["${x}", 1] }], o { k = "${x:1}" } } }'
    assert values(text, x="X")["source"][0] == {"rows": [{"fields": ["X", 1]}], "o": {"k": "X"}, "plugin_name": "A"}


def test_a_filled_value_is_not_filled_again() -> None:
    """A variable that looks like a placeholder stays text."""
    assert values('a = "${x}"', x="${y}", y="1") == {"a": "${y}"}


def test_placeholders_do_not_see_the_environment() -> None:
    """The textual pass knows -i only."""
    document = read_text('a = "${X:d}"', "job.conf", ReadOptions(environment={"X": "env"}))
    assert document.root is not None
    assert to_plain(document.root) == {"a": "d"}
    assert document.environment_used == {}


def test_reserved_names_cannot_be_given() -> None:
    """`-i table_name=...` is an error that names it."""
    (error,) = read("a = 1", table_name="t").diagnostics
    assert (error.code, error.severity, under(error)) == ("I106", Severity.ERROR, "table_name")
    assert error.file == "<-i>"


@pytest.mark.parametrize(
    ("known", "asked"),
    [({"variables": {"rowNum": "1"}}, "rowNun"), ({"environment": {"DATA_DIR": "/x"}}, "DATA_DI")],
)
def test_a_misspelt_name_gets_a_suggestion(known: dict[str, dict[str, str]], asked: str) -> None:
    """Did-you-mean over keys, variables and the environment."""
    (error,) = read_text(f"a = ${{{asked}}}", "job.conf", ReadOptions(**known)).diagnostics
    (right,) = next(iter(known.values()))
    assert f"did you mean `{right}`?" in error.notes


def test_a_misspelt_key_gets_a_suggestion() -> None:
    """Keys of the document are candidates too."""
    (error,) = read("interval = 1\na = ${intervall}").diagnostics
    assert "did you mean `interval`?" in error.notes
