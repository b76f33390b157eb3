"""The text form of diagnostics: what stands where, on terminals of any width, and that hostile text stays text."""

from __future__ import annotations

from spec.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from spec.position import SourceText, Span
from spec.render.text import render_text

JOB = SourceText(
    "jobs/orders.conf",
    'env {\n\tjob.mode = "BATCH"\n  日本語 = "wide"   # 漢字\n}\n'
    "source {\n  FakeSource {\n    row.nums = 1\n    rows = 2\n  }\n}\n",
)
INCLUDED = SourceText("jobs/common.conf", "parallelism = 2\n")


def span(words: str, source: SourceText = JOB) -> Span:
    """The first place of ``words``."""
    start = source.text.index(words)
    return Span(source, start, start + len(words))


def diagnostic(at: Span | None, label: str = "", **details: object) -> Diagnostic:
    """An error J201 with a primary label."""
    primary = Label(at, label) if at else None
    return Diagnostic("J201", Severity.ERROR, "something is wrong", "jobs/orders.conf", primary, **details)  # type: ignore[arg-type]


def lines(text: str) -> list[str]:
    """The lines of one rendered diagnostic."""
    return text.rstrip("\n").split("\n")


def test_a_whole_diagnostic() -> None:
    """Severity and code, message, place, the line with a caret underline, notes and help."""
    found = Diagnostic(
        "J201",
        Severity.ERROR,
        'unknown option "row.nums"',
        "jobs/orders.conf",
        Label(span("row.nums"), "FakeSource has no such option"),
        notes=('help: did you mean "row.num"?', "the option would be ignored"),
        fix=Fix('replace "row.nums" by "row.num"', (Edit(span("row.nums"), "row.num"),)),
    )
    assert render_text([found]) == (
        'error[J201]: unknown option "row.nums"\n'
        " --> jobs/orders.conf:7:5\n"
        "  |\n"
        "7 |     row.nums = 1\n"
        "  |     ^^^^^^^^ FakeSource has no such option\n"
        "  |\n"
        '  = help: did you mean "row.num"?\n'
        "  = note: the option would be ignored\n"
        "\n"
    )


def test_a_fix_is_offered_when_no_help_line_says_more() -> None:
    """The title of a fix is the help line of a diagnostic without one."""
    fix = Fix("remove it", (Edit(span("rows"), ""),))
    assert lines(render_text([diagnostic(span("rows"), fix=fix)]))[-1] == "  = help: remove it"


def test_a_problem_of_a_whole_file_has_no_snippet() -> None:
    """Only the file is named."""
    assert render_text([diagnostic(None, notes=("why",))]) == (
        "error[J201]: something is wrong\n --> jobs/orders.conf\n  = note: why\n\n"
    )


def test_tabs_and_wide_characters_keep_the_caret_in_place() -> None:
    """A tab goes to the next column of four, and an East Asian character takes two columns."""
    tabbed = lines(render_text([diagnostic(span("job.mode"))]))
    assert tabbed[3:5] == ['2 |     job.mode = "BATCH"', "  |     ^^^^^^^^"]
    wide = lines(render_text([diagnostic(span('"wide"'), "wide", secondary=(Label(span("漢字"), "words"),))]))
    assert wide[3:6] == [
        '3 |   日本語 = "wide"   # 漢字',
        "  |                       ---- words",
        "  |            ^^^^^^ wide",
    ]


def test_secondary_labels_show_their_lines_too() -> None:
    """Lines come in order, what lies between is left out, and other files follow."""
    labels = (
        Label(span("job.mode"), "first"),
        Label(span("row.nums"), "near"),
        Label(span("parallelism", INCLUDED), "elsewhere"),
    )
    assert lines(render_text([diagnostic(span("rows"), "here", secondary=labels)]))[1:] == [
        " --> jobs/orders.conf:8:5",
        "  |",
        '2 |     job.mode = "BATCH"',
        "  |     -------- first",
        "...",
        "7 |     row.nums = 1",
        "  |     -------- near",
        "8 |     rows = 2",
        "  |     ^^^^ here",
        " ::: jobs/common.conf:1:1",
        "  |",
        "1 | parallelism = 2",
        "  | ----------- elsewhere",
    ]


def test_a_span_of_several_lines_is_marked_at_both_ends() -> None:
    """The first line from where it begins, the last one to where it ends."""
    start = JOB.text.index("FakeSource")
    block = Span(JOB, start, JOB.text.index("}\n}") + 1)
    assert lines(render_text([diagnostic(block, "this block")]))[2:] == [
        "  |",
        "6 |   FakeSource {",
        "  |   ^^^^^^^^^^^^ from here ...",
        "...",
        "9 |   }",
        "  |   ^ ... to here: this block",
    ]


def test_a_long_line_is_cut_around_the_caret() -> None:
    """What is marked stays in view, with dots where something is left out, and nothing is wider than asked for."""
    source = SourceText("long.conf", "x = " + "abc " * 100 + "HERE " + "def " * 100)
    shown = lines(render_text([diagnostic(span("HERE", source), "look")], width=80))
    assert all(len(line) <= 80 + 6 for line in shown)
    assert shown[3].startswith("1 | ...")
    assert shown[3].endswith("...")
    assert shown[4].index("^") == shown[3].index("HERE")
    assert "^^^^ look" in shown[4]


def test_a_long_span_is_cut_to_the_window() -> None:
    """A span wider than the window is underlined as far as it is shown."""
    source = SourceText("long.conf", 'x = "' + "a" * 5000 + '"')
    shown = lines(render_text([diagnostic(Span(source, 4, len(source.text)))], width=80))
    assert len(shown[4]) <= 86
    assert shown[4].count("^") > 40


def test_control_characters_never_reach_the_terminal() -> None:
    """Escape sequences, bidirectional controls and bells are shown as escapes, in the source, the message, names and labels."""
    source = SourceText("evil\x1b]0;x\x07.conf", 'a = "\x1b[31mred\u202e\u200b\x9b"\r\n')
    found = Diagnostic(
        "J201",
        Severity.ERROR,
        "bad \x1b[2J\nnews",
        source.name,
        Label(Span(source, 4, 15), "label\x08"),
        notes=("note\x7f",),
    )
    text = render_text([found])
    assert not [character for character in text if not character.isprintable() and character != "\n"]
    assert "\\x1b[31mred\\u202e\\u200b\\u009b" in text
    assert "bad \\x1b[2J\\x0anews" in text
    assert "label\\x08" in text
    assert "note\\x7f" in text


def test_colour_only_when_asked_for() -> None:
    """Without colour there is no escape at all; with it the same text is painted."""
    found = [diagnostic(span("rows"), "here", notes=("help: do it",))]
    plain, painted = render_text(found), render_text(found, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31merror[J201]\x1b[0m" in painted
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_the_end_of_the_file_can_be_marked() -> None:
    """A caret stands where something is missing at the very end."""
    end = len(JOB.text)
    shown = lines(render_text([diagnostic(Span(JOB, end, end), "expected `}`")]))
    assert shown[1:] == ["  --> jobs/orders.conf:11:1", "   |", "11 |", "   | ^ expected `}`"]
