"""Includes: what they bring in, where values came from, and that nothing outside the directory is ever read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from spec.diagnostic import Severity
from spec.document import Dialect, Document, ReadOptions, read_file, read_text
from spec.syntax.files import FileProblem, read_text_file
from spec.value import ObjectValue, to_plain


def write(directory: Path, **files: str) -> Path:
    """Write `name=text` as name.conf each; the directory."""
    for name, text in files.items():
        (directory / f"{name}.conf").write_text(text, encoding="utf-8")
    return directory


def read(directory: Path, dialect: Dialect = Dialect.HOCON, **environment: str) -> Document:
    """Read main.conf with includes confined to its directory."""
    options = ReadOptions(dialect=dialect, include_root=directory, environment=environment)
    return read_file(directory / "main.conf", options)


def values(directory: Path, dialect: Dialect = Dialect.HOCON, **environment: str) -> Any:
    """The plain data of main.conf, which has no errors."""
    document = read(directory, dialect, **environment)
    assert [d for d in document.diagnostics if d.severity is Severity.ERROR] == []
    assert document.root is not None
    return to_plain(document.root)


def codes(document: Document) -> list[str]:
    """The codes of all diagnostics."""
    return [d.code for d in document.diagnostics]


@pytest.mark.parametrize(
    "statement", ['"a.conf"', '"a"', 'file("a.conf")', 'required("a.conf")', 'required(file("a.conf"))', '"./a.conf"']
)
def test_an_include_brings_in_the_fields(tmp_path: Path, statement: str) -> None:
    """Every form; the suffix may be left out."""
    write(tmp_path, main=f"include {statement}\ny = 2", a="x = 1")
    assert values(tmp_path) == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ('include "a"\nx = 2', {"x": 2, "o": {"p": 1}}),
        ('x = 2\ninclude "a"', {"x": 1, "o": {"p": 1}}),
        ('o { q = 2 }\ninclude "a"', {"x": 1, "o": {"p": 1, "q": 2}}),
        ('in { include "a"\nx = 3 }', {"in": {"x": 3, "o": {"p": 1}}}),
        ('l = [{ include "a" }]', {"l": [{"x": 1, "o": {"p": 1}}]}),
    ],
)
def test_included_fields_are_merged_at_the_place_of_the_include(tmp_path: Path, main: str, expected: Any) -> None:
    """As if their text stood there: later values win."""
    write(tmp_path, main=main, a="x = 1\no { p = 1 }")
    assert values(tmp_path) == expected


@pytest.mark.parametrize(
    ("main", "included", "expected"),
    [
        ('a { include "f" }', "x = 1, y = ${x}", {"a": {"x": 1, "y": 1}}),
        ('a { include "f" }\na.x = 42', "x = 1, y = ${x}", {"a": {"x": 42, "y": 42}}),
        ('x = 7\na { include "f" }', "y = ${x}", {"x": 7, "a": {"y": 7}}),
        ('x = 7\na { include "f" }', "x = 1, y = ${x}", {"x": 7, "a": {"x": 1, "y": 1}}),
        ('a { l = [1] }\na { include "f" }', "l = ${l} [2]", {"a": {"l": [1, 2]}}),
        ('include "f"\nb = ${y}', "x = 1, y = ${x}", {"x": 1, "y": 1, "b": 1}),
    ],
)
def test_references_in_an_included_file_look_there_first(tmp_path: Path, main: str, included: str, expected: Any) -> None:
    """First below the place of the include, then from the root."""
    write(tmp_path, main=main, f=included)
    assert values(tmp_path) == expected


def test_an_include_of_an_include_is_relative_to_the_file_it_stands_in(tmp_path: Path) -> None:
    """Not to the first file."""
    (tmp_path / "sub").mkdir()
    write(tmp_path, main='include "sub/a"')
    write(tmp_path / "sub", a='include "b"', b="x = 1")
    assert values(tmp_path) == {"x": 1}


def test_a_json_file_can_be_included_under_its_own_rules(tmp_path: Path) -> None:
    """Its keys are never split; its grammar is checked."""
    write(tmp_path, main='include "data.json"')
    (tmp_path / "data.json").write_text('{"a.b": 1}', encoding="utf-8")
    assert values(tmp_path) == {"a.b": 1}
    (tmp_path / "data.json").write_text('{"a.b": 1,}', encoding="utf-8")
    assert codes(read(tmp_path)) == ["S031"]


def test_values_know_the_include_they_came_through(tmp_path: Path) -> None:
    """`via` is the include statement; the span is in the included file."""
    write(tmp_path, main='include "a"\nz = ${x}', a='include "b"', b="x = 1")
    root = read(tmp_path).root
    assert isinstance(root, ObjectValue)
    x, z = root.get("x"), root.get("z")
    assert x is not None
    assert z is not None
    assert (Path(x.span.source.name).name, x.span.text) == ("b.conf", "1")
    assert [(Path(span.source.name).name, span.text) for span in x.via] == [
        ("main.conf", 'include "a"'),
        ("a.conf", 'include "b"'),
    ]
    assert [span.text for span in z.via] == ["${x}", 'include "a"', 'include "b"']


def test_the_document_lists_its_sources(tmp_path: Path) -> None:
    """The file first, then each included text once."""
    write(tmp_path, main='include "a"\nb { include "a" }', a="x = 1")
    document = read(tmp_path)
    assert [Path(source.name).name for source in document.sources] == ["main.conf", "a.conf"]
    assert document.source is document.sources[0]


def test_a_problem_in_an_included_file_is_reported_there_once(tmp_path: Path) -> None:
    """With the included file's name, even if it is included twice."""
    write(tmp_path, main='include "a"\nb { include "a" }', a="x = = 1")
    (problem,) = read(tmp_path).diagnostics
    assert (Path(problem.file).name, problem.code) == ("a.conf", "S012")


def test_an_include_inside_a_section_brings_plugins(tmp_path: Path) -> None:
    """D6: SeaTunnel drops it; here its blocks are plugins, with a warning."""
    write(tmp_path, main='source { include "part"\nB {} }', part="A { x = 1 }")
    document = read(tmp_path, Dialect.SEATUNNEL)
    assert document.root is not None
    assert to_plain(document.root) == {"source": [{"x": 1, "plugin_name": "A"}, {"plugin_name": "B"}]}
    (found,) = document.diagnostics
    assert found.primary is not None
    assert (found.code, found.severity, found.primary.span.text) == ("D302", Severity.WARNING, 'include "part"')


def test_includes_in_env_and_in_a_plugin_are_fine(tmp_path: Path) -> None:
    """SeaTunnel reads those too."""
    write(tmp_path, main='env { include "part" }\nsource { A { include "part" } }', part="x.y = 1")
    assert values(tmp_path, Dialect.SEATUNNEL) == {"env": {"x.y": 1}, "source": [{"x.y": 1, "plugin_name": "A"}]}
    assert read(tmp_path, Dialect.SEATUNNEL).diagnostics == ()


def test_an_included_file_may_hold_whole_sections(tmp_path: Path) -> None:
    """Included at the top, its `source` is the job's source."""
    write(tmp_path, main='include "part"\nsink { B {} }', part="source { A {} }")
    expected = {"source": [{"plugin_name": "A"}], "sink": [{"plugin_name": "B"}]}
    assert values(tmp_path, Dialect.SEATUNNEL) == expected


def test_a_missing_file_is_ignored_with_a_warning_unless_required(tmp_path: Path) -> None:
    """HOCON's rule, said aloud."""
    write(tmp_path, main='include "no"\nx = 1')
    document = read(tmp_path)
    assert [(d.code, d.severity) for d in document.diagnostics] == [("I110", Severity.WARNING)]
    write(tmp_path, main='include required("no")\nx = 1')
    assert [(d.code, d.severity) for d in read(tmp_path).diagnostics] == [("I110", Severity.ERROR)]


@pytest.mark.parametrize("statement", ['url("http:x")', 'classpath("x")', 'required(url("file:x"))'])
def test_urls_and_classpaths_are_refused(tmp_path: Path, statement: str) -> None:
    """Nothing is fetched."""
    write(tmp_path, main=f"include {statement}")
    assert codes(read(tmp_path)) == ["I111"]


def test_without_a_root_includes_are_refused(tmp_path: Path) -> None:
    """The default of ReadOptions."""
    write(tmp_path, main='include "a"', a="x = 1")
    document = read_file(tmp_path / "main.conf", ReadOptions(dialect=Dialect.HOCON))
    assert codes(document) == ["I111"]


@pytest.mark.parametrize(
    "target", ["../secret.conf", "sub/../../secret.conf", "{outside}/secret.conf", "link.conf", "dir/secret.conf"]
)
def test_nothing_outside_of_the_root_is_read(tmp_path: Path, target: str) -> None:
    """Neither by `..`, nor by an absolute path, nor through symbolic links to files and directories."""
    inside, outside = tmp_path / "jobs", tmp_path
    inside.mkdir()
    write(outside, secret="password = 1")
    (inside / "link.conf").symlink_to(outside / "secret.conf")
    (inside / "dir").symlink_to(outside)
    for kind in ("", "file"):
        name = target.format(outside=outside)
        write(inside, main=f'include {kind}("{name}")' if kind else f'include "{name}"')
        document = read(inside)
        assert codes(document) == ["I112"]
        assert document.root is not None
        assert to_plain(document.root) == {}


def test_an_outside_file_is_refused_whether_it_exists_or_not(tmp_path: Path) -> None:
    """The answer does not tell what is there."""
    inside = tmp_path / "jobs"
    inside.mkdir()
    write(inside, main='include "../nothing.conf"')
    assert codes(read(inside)) == ["I112"]


def test_a_symbolic_link_inside_the_root_is_followed(tmp_path: Path) -> None:
    """Links are not forbidden, only leaving is."""
    write(tmp_path, main='include "link"', a="x = 1")
    (tmp_path / "link.conf").symlink_to(tmp_path / "a.conf")
    assert values(tmp_path) == {"x": 1}


@pytest.mark.parametrize(("main", "a"), [('include "main"', ""), ('include "a"', 'include "main"')])
def test_a_loop_is_found(tmp_path: Path, main: str, a: str) -> None:
    """Directly or by way of another file."""
    write(tmp_path, main=main, a=a)
    assert codes(read(tmp_path)) == ["I113"]


def test_depth_and_number_of_includes_are_bounded(tmp_path: Path) -> None:
    """16 deep, 64 in all: a tower and a tree of includes both end."""
    write(tmp_path, main='include "f0"', **{f"f{i}": f'x{i} = 1\ninclude "f{i + 1}"' for i in range(30)})
    document = read(tmp_path)
    assert codes(document) == ["I114"]
    assert document.root is not None
    assert len(to_plain(document.root)) == 16  # type: ignore[arg-type]
    write(
        tmp_path, main='include "g0"', **{f"g{i}": f'a {{ include "g{i + 1}" }}\nb {{ include "g{i + 1}" }}' for i in range(10)}
    )
    assert set(codes(read(tmp_path))) == {"I110", "I114"}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = \xe9", b"a = \0"])
def test_an_unreadable_file_is_reported_at_the_include(tmp_path: Path, content: bytes) -> None:
    """Binary or wrongly encoded text."""
    write(tmp_path, main='x = 1\ninclude "a.conf"')
    (tmp_path / "a.conf").write_bytes(content)
    (problem,) = read(tmp_path).diagnostics
    assert problem.code == "I115"
    assert problem.primary is not None
    assert problem.primary.span.text == 'include "a.conf"'


def test_a_named_pipe_does_not_make_the_reader_wait(tmp_path: Path) -> None:
    """It is refused."""
    os.mkfifo(tmp_path / "pipe.conf")
    write(tmp_path, main='include "pipe.conf"')
    assert codes(read(tmp_path)) == ["I115"]


def test_an_included_list_is_refused(tmp_path: Path) -> None:
    """Only fields can be included."""
    write(tmp_path, main='include "a"', a="[1]")
    assert codes(read(tmp_path)) == ["S034"]


def test_text_without_a_file_includes_from_the_root(tmp_path: Path) -> None:
    """`read_text` has no directory of its own."""
    write(tmp_path, a="x = 1")
    document = read_text('include "a"', "<stdin>", ReadOptions(dialect=Dialect.HOCON, include_root=tmp_path))
    assert document.root is not None
    assert to_plain(document.root) == {"x": 1}


@pytest.mark.parametrize("name", ["", "a\\u0000b", "x" * 5000, ".", "/", "sub"])
def test_odd_names_are_only_diagnostics(tmp_path: Path, name: str) -> None:
    """Empty, with a NUL, too long, a directory."""
    (tmp_path / "sub").mkdir()
    write(tmp_path, main=f'include "{name}"')
    assert len(read(tmp_path).diagnostics) == 1


def test_a_name_that_no_file_can_have_is_only_a_diagnostic(tmp_path: Path) -> None:
    """Half of a surrogate pair cannot be encoded."""
    document = read_text('include "\ud800"', "x", ReadOptions(dialect=Dialect.HOCON, include_root=tmp_path))
    assert codes(document) == ["S024"]


def test_reading_text_does_not_need_a_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deleted one does not matter without includes."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert read_text("a = 1", "a\0b", ReadOptions()).diagnostics == ()


def test_an_opened_file_lies_where_includes_are_confined_to(tmp_path: Path) -> None:
    """What counts is where the file is that was opened: a link that was put there after the look at the path leads nowhere."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.conf").write_text("a = 1")
    (inside / "own.conf").write_text("a = 2")
    (inside / "link.conf").symlink_to(tmp_path / "outside.conf")
    (tmp_path / "other").symlink_to(inside)
    assert read_text_file(inside / "own.conf", beneath=tmp_path / "other") == "a = 2"
    refused = read_text_file(inside / "link.conf", beneath=inside)
    assert isinstance(refused, FileProblem)
    assert "any more" in refused.message
