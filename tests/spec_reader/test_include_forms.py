"""Includes by a name without a suffix, and of Java properties files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spec.diagnostic import Severity
from spec.document import Dialect, ReadOptions, read_file
from spec.syntax.properties import read_properties
from spec.value import ObjectValue, to_plain


def values(directory: Path, main: str, dialect: Dialect = Dialect.HOCON, **files: str) -> Any:
    """The plain data of a main.conf beside files; in their names `_` stands for the dot."""
    for name, text in files.items():
        (directory / name.replace("_", ".")).write_text(text, encoding="utf-8")
    (directory / "main.conf").write_text(main, encoding="utf-8")
    document = read_file(directory / "main.conf", ReadOptions(dialect=dialect, include_root=directory))
    assert [found for found in document.diagnostics if found.severity is Severity.ERROR] == []
    assert document.root is not None
    return to_plain(document.root)


def test_a_name_without_a_suffix_brings_in_every_file_of_that_name(tmp_path: Path) -> None:
    """All that exist are merged: conf over json over properties."""
    data = values(
        tmp_path, 'include "a"\nz = ${p.q}', a_properties="x=1\ny=1\np.q=1", a_json='{"x": 2, "y": 2, "l": [2]}', a_conf="x = 3"
    )
    assert data == {"x": 3, "y": 2, "p": {"q": "1"}, "l": [2], "z": "1"}


def test_file_takes_a_name_as_it_is(tmp_path: Path) -> None:
    """No suffix is guessed; a missing file is ignored, as HOCON has it."""
    assert values(tmp_path, 'include file("a")\nb = 1', a_conf="x = 3") == {"b": 1}


def test_the_name_of_an_include_may_stand_in_three_quotes(tmp_path: Path) -> None:
    """They are quotes too."""
    assert values(tmp_path, 'include """a"""', a_conf="x = 3") == {"x": 3}


@pytest.mark.parametrize("dialect", [Dialect.HOCON, Dialect.SEATUNNEL])
def test_properties_are_texts_under_dotted_keys(tmp_path: Path, dialect: Dialect) -> None:
    """In both dialects; later fields of the including file win, and objects win over texts of the same key."""
    text = "# c\n! c\na.b = 1\na.c : two words \nd\ne.f=1\ne=lost\ng=lost\ng.h=2\na.b=3\n"
    data = values(tmp_path, 'v { include "p.properties" }\nv { d = x }', dialect, p_properties=text)
    assert data == {"v": {"a": {"b": "3", "c": "two words "}, "d": "x", "e": {"f": "1"}, "g": {"h": "2"}}}


def test_a_property_can_be_referred_to_and_appended_to(tmp_path: Path) -> None:
    """It is a value like any other; numbers for keys make a list."""
    data = values(tmp_path, 'include "p.properties"\nl = ${l} [c]\nn = <${m.n}>', p_properties="l.1=b\nl.0=a\nm.n=x")
    assert data == {"l": ["a", "b", "c"], "m": {"n": "x"}, "n": "<x>"}


def test_a_property_knows_where_it_is_written(tmp_path: Path) -> None:
    """Its spans are the key and the text in the properties file; the include is the way to it."""
    (tmp_path / "p.properties").write_text("# c\n  a.b = text\n")
    (tmp_path / "main.conf").write_text('include "p.properties"')
    document = read_file(tmp_path / "main.conf", ReadOptions(dialect=Dialect.HOCON, include_root=tmp_path))
    assert isinstance(document.root, ObjectValue)
    outer = document.root.field("a")
    assert outer is not None
    assert isinstance(outer.value, ObjectValue)
    inner = outer.value.field("b")
    assert inner is not None
    assert (inner.key_span.text, inner.value.span.text, inner.value.span.start_position()) == ("a.b", "text", (2, 9))
    assert [step.text for step in inner.value.via] == ['include "p.properties"']


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("\n \t\n", []),
        ("#a=b\n!a=b\\\nc=d", [("c", "d")]),
        ("a", [("a", "")]),
        ("=b", [("", "b")]),
        ("a b=c", [("a", "b=c")]),
        ("a  :  b", [("a", "b")]),
        ("a\\ b\\=\\:c=d", [("a b=:c", "d")]),
        ("a=b \\\n   c\\\r\n\td\r\ne=f", [("a", "b cd"), ("e", "f")]),
        ("a\\\n  b=c", [("ab", "c")]),
        ("a = \\t\\u00e9\\q\\\\", [("a", "\té" + "q\\")]),
        ("a=\\ud83d\\ude00\\ud83d", [("a", "😀\ufffd")]),
        ("a=b\\", [("a", "b")]),
        ("a=#b\n", [("a", "#b")]),
        ("a=1\ra=2\r\nb=3", [("a", "1"), ("a", "2"), ("b", "3")]),
        ("a=\\", [("a", "")]),
    ],
)
def test_properties_are_read_as_java_reads_them(text: str, pairs: list[tuple[str, str]]) -> None:
    """Comments, the three signs, escapes and continued lines."""
    found = list(read_properties(text))
    assert [(pair.key, pair.value) for pair in found] == pairs
    assert all(0 <= p.key_start <= p.key_end <= p.value_start <= p.value_end <= len(text) for p in found)
