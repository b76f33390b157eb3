"""A block or list that is left open: told once, with nothing that only follows from it, and the rest is still checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.check import check_text
from spec.document import Dialect, ReadOptions, read_text

FLIGHTS = (Path(__file__).parents[2] / "samples" / "flights.conf").read_text(encoding="utf-8")
TYPO = FLIGHTS.replace("parallelism", "paralelism")
COLUMNS = "arr_delay, speed\n    ]"


def changed(old: str, new: str, text: str = TYPO) -> str:
    """The sample with the first ``old`` replaced."""
    assert old in text
    return text.replace(old, new, 1)


def flat(text: str) -> str:
    """The text without any indentation."""
    return "\n".join(line.strip() for line in text.splitlines())


def found(text: str) -> list[tuple[str, str]]:
    """The code of each finding, and the line that it points at."""
    places = []
    for diagnostic in check_text(text, "flights.conf", ReadOptions()).diagnostics:
        assert diagnostic.primary is not None
        places.append((diagnostic.code, text.splitlines()[diagnostic.primary.span.start_position()[0] - 1].strip()))
    return places


UNKNOWN = ("J201", "paralelism = 2")
LEFT_OPEN = {
    "a list at the top": ("x = [\n" + FLIGHTS, [("S010", "env {")]),
    "a list at the top with elements": ("x = [1, 2\n" + FLIGHTS, [("S010", "env {")]),
    "a list of blocks at the top": ("x = [{\n" + FLIGHTS, [("S010", "env {")]),
    "a block at the top": ("x {\n" + FLIGHTS, [("S010", "env {")]),
    "a list between sections": (changed("source {", "x = [\n\nsource {"), [UNKNOWN, ("S010", "source {")]),
    "a list inside a section": (
        changed("  paralelism = 2", "  x = [\n  job.retry.times = 3\n  paralelism = 2"),
        [("S010", "job.retry.times = 3"), UNKNOWN],
    ),
    "a list of columns": (changed(COLUMNS, COLUMNS[:-1]), [UNKNOWN, ("S010", "}")]),
    "a section, without indentation": (flat(changed("milliseconds\n}", "milliseconds")), [UNKNOWN, ("S010", "source {")]),
    "a list, without indentation": (flat("x = [\n" + TYPO), [("S010", "env {"), UNKNOWN]),
    "the last section": (TYPO.rstrip()[:-1].rstrip(), [UNKNOWN, ("S010", "}")]),
    "the last section, without indentation": (flat(TYPO).rstrip()[:-1].rstrip(), [UNKNOWN, ("S010", "}")]),
    "a list at the end": (TYPO + "\nx = [", [UNKNOWN, ("S010", "x = [")]),
    "a text cut off": (
        TYPO[: TYPO.index('"renamed"')],
        [UNKNOWN, ("S012", "plugin_output ="), ("S010", "plugin_output =")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), LEFT_OPEN.values(), ids=LEFT_OPEN)
def test_what_is_left_open_is_told_once_and_the_rest_is_checked(text: str, expected: list[tuple[str, str]]) -> None:
    """The syntax error, the misspelt option, and nothing else."""
    assert [place for place in found(text) if place != ("J201", "x = [")] == expected


def test_a_block_that_nothing_explains_hides_only_what_stands_in_it() -> None:
    """Where neither layout nor sections tell the end, what comes before is checked and what comes after is not guessed at."""
    text = (
        "env { paralelism = 1, job.mode = STREAMNG }\nsink {\nConsole {\nschema {\nlog.print.dela = 1\n}\nJdbc {\nurk = 1\n}\n}"
    )
    assert [code for code, _ in found(text)] == ["J201", "J204", "S010"]
    assert [code for code, _ in found(text + "\n}")].count("J201") == 3


def test_names_that_the_lost_rest_may_define_are_not_missed() -> None:
    """A reference to what a text that breaks off does not define (any more) is no finding."""
    document = read_text("a = ${b}\nc {\n  d = 1", "a.conf", ReadOptions(dialect=Dialect.HOCON))
    assert [finding.code for finding in document.diagnostics] == ["S010"]
    assert [place.text for place in document.doubtful] == [""]


def test_sections_inside_of_blocks_are_blocks_like_others() -> None:
    """A block of that name inside a plugin ends nothing while the braces match, nor where its reading makes things worse."""
    text = "source {\nA {\nsource {\nx = 1\n}\n}\n}\nsink {\nB { }\n}\n"
    assert read_text(text, "a.conf", ReadOptions()).doubtful == ()
    assert [found.code for found in read_text(text[:-2], "a.conf", ReadOptions()).diagnostics] == ["D305", "S010"]
