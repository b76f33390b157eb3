"""One broken line in a real job file: one message, at the place, and the rest of the file is still checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.check import check_text
from spec.diagnostic import Diagnostic, Severity
from spec.document import ReadOptions

FLIGHTS = (Path(__file__).parents[2] / "samples" / "flights.conf").read_text(encoding="utf-8")
MODE, WIDTH, PATH, JOB = 'job.mode = "BATCH"', "parallelism = 2", 'path = "data/flights.csv"', 'job.name = "flights"'
LATER = 'compress_codec = "snappy"'  # stands behind everything that is broken here


def changed(old: str, new: str, text: str = FLIGHTS) -> str:
    """The sample with the first ``old`` replaced."""
    assert old in text
    return text.replace(old, new, 1)


def without_line(start: str, number: int) -> str:
    """The sample without the ``number``-th line after the first that begins with ``start``."""
    lines = FLIGHTS.splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if line.startswith(start)) + number
    return "".join(lines[:at] + lines[at + 1 :])


def found(text: str) -> list[Diagnostic]:
    """What a check finds, but for the types of columns."""
    return [found for found in check_text(text, "flights.conf", ReadOptions()).diagnostics if not found.code.startswith("T")]


def at_line(diagnostic: Diagnostic) -> str:
    """The line that the message points at."""
    assert diagnostic.primary is not None
    return diagnostic.primary.span.source.line(diagnostic.primary.span.start_position()[0]).strip()


SQL = FLIGHTS[FLIGHTS.index('query = """') : FLIGHTS.index('"""\n  }') + 3]
BROKEN = {
    "no closing brace in the middle": (without_line("env {", 5), "S010", "source {", "expected `}`, found `source`"),
    "no closing brace inside": (changed("time_hour = string\n      }", "time_hour = string"), "S010", "}", "an outer block"),
    "no closing brace at the end": (FLIGHTS.rstrip()[:-1], "S010", "", "found the end of the file"),
    "no opening brace": (changed("source {", "source"), "S020", "source", "expected `{` before the lines below it"),
    "no opening brace inside": (changed("  Sql {", "  Sql"), "S020", "Sql", "expected `{`"),
    "a colon and no brace": (changed("env {", "env:"), "S020", "env:", "expected `{`"),
    "a brace too many": (changed("\n}\n\nsource", "\n}\n}\n\nsource"), "S011", "}", "closes nothing"),
    "a brace too many inside": (changed("    }\n  }\n}\n", "    }\n  }\n  }\n}\n"), "S011", "}", "closes nothing"),
    "a brace too many at the end": (FLIGHTS + "}\n", "S011", "}", "closes nothing"),
    "an opening brace too many": (changed("source {", "source {{"), "S019", "source {{", "expected a key, found `{`"),
    "a bracket for a brace": (changed("\n}\n\nsource", "\n]\n\nsource"), "S011", "]", "a block ends with `}`"),
    "no closing bracket": (changed("speed\n    ]", "speed"), "S010", "}", "expected `]`, found `}`"),
    "no closing quote": (changed(JOB, JOB[:-1]), "S015", 'job.name = "flights', "never closed"),
    "no opening quote": (changed(PATH, PATH.replace('"', "", 1)), "S015", "", 'ends a text that no `"` begins'),
    "a quote inside": (changed(JOB, 'job.name = "fl"ights"'), "S015", 'job.name = "fl"ights"', 'is written \\"'),
    "one quote around several lines": (changed(SQL, SQL.replace('"""', '"')), "S015", 'query = "', 'stands in """, not in "'),
    "three quotes that do not end": (changed('\'NA\'\n    """', "'NA'"), "S015", 'query = """', "never closed"),
    "a comma too many": (changed("      year, month", "      year,, month"), "S021", "", "this comma separates nothing"),
    "no comma between fields": (changed(f"{WIDTH}\n", f"{WIDTH} "), "S013", "", "expected a comma or a new line"),
    "two signs": (changed(WIDTH, "parallelism = = 2"), "S012", "parallelism = = 2", "two signs"),
    "a comparison": (changed(WIDTH, "parallelism == 2"), "S012", "parallelism == 2", "two signs"),
    "an assignment": (changed(WIDTH, "parallelism := 2"), "S012", "parallelism := 2", "two signs"),
    "no sign": (changed(WIDTH, "parallelism 2"), "S020", "parallelism 2", "neither `=`, `:` nor `{`"),
    "no value": (changed(WIDTH, "parallelism ="), "S012", "parallelism =", "has no value"),
    "a colon in a value": (changed(PATH, "path = file:///data"), "S014", "", "`:` cannot stand in a value"),
    "an at sign in a value": (changed(PATH, "path = s3@data"), "S014", "", "`@` cannot stand in a value"),
    "a backslash in a value": (changed(PATH, r"path = data\x"), "S014", "", "cannot stand in a value"),
    "a backslash in a text": (changed(PATH, r'path = "data\xyz"'), "S016", "", "not an escape sequence"),
    "a backslash behind a value": (changed(WIDTH, WIDTH + " \\"), "S014", "parallelism = 2 \\", "cannot stand in a value"),
    "a dollar": (changed(WIDTH, "parallelism = $p"), "S014", "parallelism = $p", "`$` cannot stand in a value"),
    "an open reference": (changed(WIDTH, "parallelism = ${p"), "S018", "parallelism = ${p", "never closed"),
    "an empty reference": (changed(WIDTH, "parallelism = ${}"), "S017", "parallelism = ${}", "needs a name"),
    "a default without quotes": (
        changed(WIDTH, "parallelism = ${p:2}"),
        "S017",
        "parallelism = ${p:2}",
        "not allowed in a ref",
    ),
    "a reference for a key": (changed(WIDTH, "${p} = 2"), "S019", "${p} = 2", "expected a key"),
    "a tab in a text": (changed(JOB, 'job.name = "a\tb"'), "S025", "", "a tab cannot stand in a quoted string"),
    "a comment of C": (changed("env {", "/* one\n * two { */\nenv {"), "S014", "/* one", "no comments in /* */"),
    "a comment of SQL": (changed("env {", "-- a comment\nenv {"), "S020", "-- a comment", "followed by neither"),
    "a comment of INI": (changed("env {", "; a comment\nenv {"), "S020", "; a comment", "followed by neither"),
    "a stray sentence": (changed("env {", "please run this\nenv {"), "S020", "please run this", "followed by neither"),
    "an equals sign that is none": (
        changed(WIDTH, "parallelism \uff1d 2"),
        "S020",
        "parallelism \uff1d 2",
        "followed by neither",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_line_gives_one_error_and_hides_nothing(kind: str) -> None:
    """One error of the syntax, at the line to mend, in words; another problem at the other end of the file is found too."""
    text, code, line, words = BROKEN[kind]
    errors = [diagnostic for diagnostic in found(text) if diagnostic.severity is Severity.ERROR]
    assert [error.code for error in errors] == [code]
    assert not line or at_line(errors[0]) == line
    assert words in errors[0].message
    if "end" not in kind:  # of the file or of a text that runs to it: nothing is left to check
        codes = {diagnostic.code for diagnostic in found(changed(LATER, 'compress_codecs = "snappy"', text))}
        assert codes >= {code, "J201"}


@pytest.mark.parametrize("kind", ["no closing brace in the middle", "no closing brace inside", "an opening brace too many"])
def test_a_brace_does_not_bring_warnings_about_sections(kind: str) -> None:
    """A block that is only inside another one because a brace is missing is no option with the name of a section."""
    assert len(found(BROKEN[kind][0])) == 1


def test_a_text_of_several_lines_without_quotes_is_no_avalanche() -> None:
    """Its first lines are reported, not every word."""
    assert len(found(changed(SQL, SQL.replace('"""', "", 1)))) <= 5


def test_a_block_written_as_a_list_is_no_avalanche() -> None:
    """The bracket and the first field are reported, not every line."""
    text = changed("env {", "env [", changed("\n}\n\nsource", "\n]\n\nsource"))
    assert [diagnostic.code for diagnostic in found(text)] == ["S020", "S027"]


def test_a_merge_conflict_is_one_error() -> None:
    """Both sides are read, the marks are not."""
    text = changed(f"  {WIDTH}\n", f"<<<<<<< ours\n  {WIDTH}\n=======\n  parallelism = 3\n>>>>>>> theirs\n")
    assert [diagnostic.code for diagnostic in found(text) if diagnostic.severity is Severity.ERROR] == ["S028"]


@pytest.mark.parametrize(
    "text",
    [
        FLIGHTS.replace("\n", "\r\n"),
        "\ufeff" + FLIGHTS,
        changed("  parallelism", "\u00a0\u00a0parallelism"),
        changed("parallelism =", "parallelism\u00a0="),
        changed("parallelism =", "\ufeffparallelism\t="),
    ],
    ids=["CR LF", "byte order mark", "no-break indentation", "no-break space", "byte order mark inside"],
)
def test_other_white_space_is_white_space(text: str) -> None:
    """Windows' line ends, byte order marks, no-break spaces."""
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code", "culprit"),
    [
        (changed(PATH, "path = “data/flights.csv”"), "S040", "“"),
        (changed("parallelism =", "parallelism\u200b ="), "S040", "\u200b"),
        (changed(WIDTH, WIDTH + "\x07"), "S040", "\x07"),
        (changed(PATH, "path = 'data/my flights.csv'"), "S040", "'data/my flights.csv'"),
        (changed(PATH, 'path = "data/flights.csv";'), "S040", ";"),
        (FLIGHTS.replace("\n", "\r"), "S041", "\r"),
        (changed(PATH, r'path = "data\flights.csv"'), "S042", r"\f"),
    ],
    ids=["quotation mark", "zero width space", "bell", "single quotes", "semicolon", "carriage returns", "form feed"],
)
def test_what_is_legal_but_hardly_meant_is_pointed_at(text: str, code: str, culprit: str) -> None:
    """Once, as a warning, at the character."""
    warnings = [diagnostic for diagnostic in found(text) if diagnostic.code == code]
    assert [diagnostic.severity for diagnostic in warnings] == [Severity.WARNING]
    assert warnings[0].primary is not None
    assert warnings[0].primary.span.text == culprit


@pytest.mark.parametrize("path", ["it's", "''s", "a'", '"a;"', '";"', "a;b", '"""\'a\'"""'])
def test_apostrophes_and_semicolons_inside_of_texts_are_text(path: str) -> None:
    """What does not look like quotes, or like the end of a statement."""
    assert found(changed(PATH, f"path = {path}")) == []


@pytest.mark.parametrize(
    ("text", "is_yaml"),
    [
        ("env:\n  job.mode: BATCH\nsource:\n  - plugin_name: FakeSource\n", True),
        ("source:\r\n\r\n# one\r\n- plugin_name: FakeSource\r\n", True),
        ("env { job.name =\n}\n", False),
        ("name:\nother: 1\n", False),
    ],
)
def test_yaml_is_known_by_its_looks(text: str, *, is_yaml: bool) -> None:
    """Who writes blocks by indentation is told of braces, and not to write empty texts."""
    notes = [note for diagnostic in found(text) if diagnostic.code == "S012" for note in diagnostic.notes]
    assert notes
    assert all(note.startswith("this looks like YAML") == is_yaml for note in notes)


def test_single_quotes_are_mended_as_a_pair() -> None:
    """The fix leaves a text in double quotes."""
    text = changed(PATH, "path = 'data/my flights.csv'")
    [warning] = found(text)
    assert warning.fix is not None
    for edit in sorted(warning.fix.edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert 'path = "data/my flights.csv"' in text


def test_layout_is_only_heeded_where_braces_are_amiss() -> None:
    """A file without any indentation is read by its braces, and with one missing still gives only that error."""
    flat = "\n".join(line.strip() for line in FLIGHTS.splitlines())
    assert found(flat) == []
    errors = [diagnostic.code for diagnostic in found(flat.rstrip()[:-1]) if diagnostic.severity is Severity.ERROR]
    assert errors == ["S010"]
