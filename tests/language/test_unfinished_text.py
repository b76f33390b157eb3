"""Nothing an editor asks may fail, whatever the text: every question is asked of job files cut off and damaged at random."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from spec.document import Dialect
from spec.language.completion import complete
from spec.language.highlighting import highlights
from spec.language.hints import hints
from spec.language.hover import hover
from spec.language.known import Known
from spec.language.navigation import RenameRefused, find_definition, find_references, rename, renameable
from spec.language.symbols import folds, symbols
from spec.language.view import DocumentView
from spec.position import SourceText

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.conf"))
PIECES = [
    '"',
    '"""',
    "{",
    "}",
    "[",
    "]",
    "=",
    "${",
    "${x}",
    ":",
    ",",
    "#",
    "\n",
    "->",
    ".",
    "\\",
    "\u2028",
    "😀",
    "\ud800",
    "include ",
]
CASES = 400


def ask_everything(known: Known, offset: int) -> None:
    """Every question at one place; what is refused is refused with words."""
    complete(known, offset)
    hover(known, offset)
    find_definition(known, offset)
    find_references(known, offset)
    if renameable(known.view, offset) is None:
        with pytest.raises(RenameRefused):
            rename(known.view, offset, "new_name")
    else:
        assert rename(known.view, offset, "new_name")
    for each in (*symbols(known.view), *folds(known.view), *hints(known, 0, offset)):
        assert each
    assert all(one.end <= other.start for one, other in pairwise(highlights(known.view)))


def damaged(text: str, chance: random.Random) -> str:
    """``text`` with pieces cut out and others put in."""
    for _ in range(chance.randint(0, 4)):
        start = chance.randrange(len(text))
        end = min(len(text), start + chance.choice((0, 0, 1, 5, 40)))
        text = text[:start] + chance.choice((*PIECES, "")) + text[end:]
    return text[: chance.randrange(len(text))] if chance.random() < 0.5 else text


def test_any_text_can_be_asked_about():
    """Damaged job files in every dialect, at random places and at both ends."""
    assert SAMPLES
    texts = [path.read_text() for path in SAMPLES]
    for case in range(CASES):
        chance = random.Random(case)
        text = damaged(chance.choice(texts), chance)
        known = Known(DocumentView(SourceText("job.conf", text), chance.choice(list(Dialect))))
        for offset in (0, len(text), chance.randint(0, len(text))):
            ask_everything(known, offset)


def test_every_place_of_a_text_can_be_asked_about():
    """Not one offset is without an answer or a refusal."""
    source = 'source { FakeSource { plugin_output = "a", row.num = ${x}, schema { fields { i = int } } } }'
    text = f"x = 1\n{source}\nsink {{ Console {{ plugin_input = [a] }} }}"
    known = Known(DocumentView(SourceText("job.conf", text), Dialect.SEATUNNEL))
    for offset in range(len(text) + 1):
        ask_everything(known, offset)


def test_deep_and_long_text():
    """Nesting and length cost time in proportion, never the interpreter's stack."""
    for text in (
        "a{" * 3000,
        "a=[" * 3000,
        "source { " + "A { plugin_output = x }\n" * 3000,
        "${a}" * 3000,
        "x=" + "y " * 20_000,
    ):
        known = Known(DocumentView(SourceText("job.conf", text), Dialect.SEATUNNEL))
        ask_everything(known, len(text) // 2)
