"""Comments that silence findings: what they reach, and what they cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.check import CheckResult, check_file, check_text
from spec.document import ReadOptions

SOURCE = "source { FakeSource { plugin_output = a, schema { fields { id = int } } } }\n"
READS_OTHER = "sink {\n  Console {\n    plugin_input = b\n  }\n}\n"  # G405, a warning
OLDER = 'sink {\n  Console { source_table_name = "a" }\n}\n'  # M701, a note


def check(text: str) -> CheckResult:
    """Check a job."""
    return check_text(text, "job.conf", ReadOptions())


def codes(text: str) -> list[str]:
    """The codes found, in order."""
    return [diagnostic.code for diagnostic in check(text).diagnostics]


def job(sink: str, head: str = "") -> str:
    """A job with another sink."""
    return f"{head}env {{ }}\n{SOURCE}{sink}"


@pytest.mark.parametrize(
    "comment", ["# flowdeck: ignore[G405]", "// flowdeck: ignore[g405]", "#flowdeck:ignore[ M701 , G405 ] on purpose"]
)
def test_a_comment_on_the_line_or_above_it(comment: str) -> None:
    """In either form of comment, in any case, among other codes, with a reason behind it."""
    expected = ["F903"] if "M701" in comment else []
    assert codes(job(READS_OTHER.replace("= b", f"= b {comment}"))) == expected
    assert codes(job(READS_OTHER.replace("    plugin", f"    {comment}\n    # because\n    plugin"))) == expected


def test_a_comment_two_lines_away_does_nothing() -> None:
    """And says so."""
    assert codes(job(READS_OTHER.replace("  Console", "  # flowdeck: ignore[G405]\n  Console"))) == ["F903", "G405"]


def test_a_comment_behind_a_value_is_not_for_the_next_line() -> None:
    """Only a line of its own speaks of the next one."""
    assert codes(job(READS_OTHER.replace("Console {", "Console { # flowdeck: ignore[G405]"))) == ["F903", "G405"]


def test_a_whole_file() -> None:
    """All findings of a code, wherever they are."""
    text = job(OLDER.replace("Console", "Console { source_table_name = a }\n  Console"), "# flowdeck: ignore-file[M701]\n")
    assert codes(text) == []
    assert codes(text.replace("# flowdeck: ignore-file[M701]", "")) == ["M701", "M701"]


def test_an_error_is_never_silenced() -> None:
    """The job stays invalid, the error is shown, and the comment is told that it cannot."""
    for comment in ("# flowdeck: ignore[J201]\n", "# flowdeck: ignore-file[J201]\n"):
        result = check(f"env {{ }}\n{SOURCE}{comment}sink {{ Console {{ nothing = 1 }} }}\n")
        assert result.job is None
        assert [diagnostic.code for diagnostic in result.diagnostics] == ["F902", "J201"]


def test_a_text_that_cannot_be_read_is_not_silenced() -> None:
    """Syntax errors are errors."""
    result = check(f"# flowdeck: ignore-file[S012]\nenv {{ parallelism = }}\n{SOURCE}{OLDER}")
    assert result.job is None
    assert {"S012", "F902"} <= {diagnostic.code for diagnostic in result.diagnostics}


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# flowdeck: ignore", "does not say which codes"),
        ("# flowdeck: ignore[]", "does not say which codes"),
        ("# flowdeck: ignore-line[G405]", "does not say which codes"),
        ("# flowdeck: ignore[G999]", 'no code "G999"'),
        ("# flowdeck: ignore[everything]", 'no code "EVERYTHING"'),
        ("# flowdeck: ignore[F903]", "F903 cannot be silenced"),
    ],
)
def test_a_comment_that_makes_no_sense(comment: str, message: str) -> None:
    """It is told, and silences nothing."""
    found = check(job("sink { Console { } }\n", f"{comment}\n")).diagnostics
    assert [one.code for one in found] == ["F901"]
    assert message in found[0].message


def test_words_about_flowdeck_are_no_such_comments() -> None:
    """Nor is text in quotes."""
    assert codes(job("sink { Console { } }\n", '# flowdeck: runs this job\nx = "# flowdeck: ignore[G405]"\n')) == []


def test_an_unused_comment_can_be_removed() -> None:
    """Alone on its line with the line, behind a value without the value; of several codes only the unused one."""
    for text, expected in (
        ("# flowdeck: ignore[G405]\nenv { }\n", "env { }\n"),
        ("env { }  # flowdeck: ignore[G405]\n", "env { }\n"),
        ("# flowdeck: ignore[G405] see below\nenv { }\n", "# see below\nenv { }\n"),
    ):
        (found,) = check(f"{text}{SOURCE}sink {{ Console {{ }} }}\n").diagnostics
        assert found.fix is not None
        (edit,) = found.fix.edits
        fixed = text[: edit.span.start] + edit.text + text[edit.span.end :]
        assert fixed == expected


def test_what_depends_on_the_engine_is_never_unused() -> None:
    """The same file may be checked for another engine, where the comment is needed."""
    assert codes(job("sink { Console { } }\n", "# flowdeck: ignore-file[E804, E802]\n")) == []


def test_a_silenced_finding_in_an_included_file(tmp_path: Path) -> None:
    """The comment stands where the finding is."""
    (tmp_path / "part.conf").write_text('source_table_name = "a"  # flowdeck: ignore[M701]\n')
    (tmp_path / "job.conf").write_text(job('sink { Console { include "part.conf" } }\n'))
    assert check_file(tmp_path / "job.conf", ReadOptions(include_root=tmp_path)).diagnostics == ()
