"""Ten thousand broken texts, made from real ones with a fixed seed: the answer is always a Document, never an exception.

Hypothesis looks for small counterexamples in :mod:`test_hostile_text`; this is about numbers, so it is as cheap as it can be.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from spec.check import check_text
from spec.conversion.conversion import ConversionError, TargetFormat, convert
from spec.diagnostic import Severity
from spec.document import Dialect, Document, ReadOptions, read_file, read_text
from spec.render.text import render_text
from spec.syntax.readings import parse
from spec.value import Plain, to_plain

SAMPLES = Path(__file__).parents[2] / "samples"
JOBS = [
    """\
env { job.mode = "BATCH", parallelism = 2 }
source {
  FakeSource {
    plugin_output = "a", row.num = ${rows}
    schema { fields { id = bigint, m = "map<string, int>" } }
    rows = [ { kind = INSERT, fields = [1, "${x:a}", null] } ]
  }
}
sink { Console { plugin_input = "a", l += 2, r = ${?env} } }
rows = 3
""",
    """\
transform {
  Sql {
    query = \"\"\"
      select * from "t"
      where a = 'b'
    \"\"\"
  }
  Copy { fields { a.b = c } }
}
base { a = ${base.b}, b = [1] [2] }
base = ${base} { c = "x"${base.a} }
include "other"
# end""",
    r"""
{"env": {"job.mode": "BATCH"},
 "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"id": "int"}}, "n": [1e3, -0.5]}],
 "sink": [{"plugin_name": "Console", "s": "\u00e9\n${a:b}"}]}
""",
]
PIECES = [
    *'{}[]=:,+#"\\$.->/!?*\n\t (\r\0',
    "${",
    "${?a}",
    '"""',
    "+=",
    "include ",
    "source {",
    "null",
    "1e9",
    "\ufeff",
    "\u2028",
    "“",
]
DIALECTS = [None, *Dialect]


def mutated(chance: random.Random, text: str) -> str:
    """The text with a few pieces cut out, doubled, moved or put in."""
    for _ in range(chance.randint(1, 5)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.randint(0, 15))
        elsewhere = chance.randrange(len(text) + 1)
        middle = chance.choice(["", text[start:end] * 2, chance.choice(PIECES), text[elsewhere : elsewhere + 10]])
        text = text[:start] + middle + text[end:]
    return text


def is_sane(document: Document) -> bool:
    """Whether every label is a place in its text, the values are whole, and there is a reason when they are not."""
    for found in document.diagnostics:
        for label in (found.primary, *found.secondary):
            if label is not None and not 0 <= label.span.start <= label.span.end <= len(label.span.source.text):
                return False
    if document.root is None:
        return any(found.severity is Severity.ERROR for found in document.diagnostics)
    json.dumps(to_plain(document.root))
    return True


def test_mutated_jobs_are_read() -> None:
    """7,500 of them, in every dialect; the tree prints them again."""
    chance = random.Random(20130101)
    for number in range(7_500):
        text = mutated(chance, chance.choice(JOBS))
        dialect = DIALECTS[number % len(DIALECTS)]
        try:
            document = read_text(text, "job.conf", ReadOptions(dialect=dialect, variables={"x": "[1]"}, environment={"E": "1"}))
            assert is_sane(document)
            assert number % 5 or parse(document.source).print() == text
        except Exception as error:
            raise AssertionError(f"{dialect} {text!r}") from error


def test_mutated_and_random_bytes_are_read(tmp_path: Path) -> None:
    """2,000 files of them, with their includes."""
    chance = random.Random(20130102)
    (tmp_path / "other.conf").write_text("x = ${y}\ny = 1")
    path = tmp_path / "job.conf"
    for number in range(2_000):
        content = chance.randbytes(chance.randrange(60)) if number % 2 else mutated(chance, JOBS[1]).encode()
        at = chance.randrange(len(content) + 1)
        content = content[:at] + chance.randbytes(number % 3) + content[at:]
        path.write_bytes(content)
        try:
            assert is_sane(read_file(path, ReadOptions(include_root=tmp_path, dialect=DIALECTS[number % len(DIALECTS)])))
        except Exception as error:
            raise AssertionError(repr(content)) from error


def test_mutated_jobs_are_checked() -> None:
    """500 of them, through every check and onto a terminal."""
    chance = random.Random(20130103)
    for _ in range(500):
        text = mutated(chance, chance.choice(JOBS))
        try:
            result = check_text(text, "job.conf", ReadOptions())
            assert (result.job is None) == result.has_errors
            shown = render_text(result.diagnostics[:20], width=80)
            assert all(character.isprintable() or character == "\n" for character in shown)
        except Exception as error:
            raise AssertionError(repr(text)) from error


def _values(chance: random.Random, depth: int) -> Plain:
    """Any value."""
    kind = chance.randrange(10 if depth else 7)
    if kind < 4:
        return chance.choice(
            ["a", "a b", "", " x", "${y}", "1", "true", "null", "a\nb", 'q"', "\\", "é😀", "a:b", "10s", "#c", "/*"]
        )
    if kind < 7:
        return chance.choice([0, 1, -5, 2**63 - 1, -(2**63), 1.5, 1e300, -0.1, True, False, None])
    if kind < 8:
        return [_values(chance, depth - 1) for _ in range(chance.randrange(4))]
    keys = ["a", "b.c", "a b", "", "1", "include", "true", "$", "é", 'q"', "source", "x->y"]
    return {chance.choice(keys): _values(chance, depth - 1) for _ in range(chance.randrange(4))}


def _documents() -> Iterator[dict[str, Plain]]:
    chance = random.Random(20130104)
    for _ in range(400):
        yield {key: _values(chance, 3) for key in chance.sample(["a", "b", "env", "c.d"], 3)}


def _errors(document: Document) -> list[str]:
    return [found.message for found in document.diagnostics if found.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("target", "dialect"),
    [(TargetFormat.JSON, Dialect.JSON), (TargetFormat.JSON, Dialect.HOCON), (TargetFormat.HOCON, Dialect.HOCON)],
)
def test_what_is_printed_reads_as_the_same_values(target: TargetFormat, dialect: Dialect) -> None:
    """400 documents, printed as JSON and as HOCON and read again; the few that HOCON's writer cannot say it refuses."""
    refused = 0
    for data in _documents():
        try:
            text = convert(data, target).text
        except ConversionError:
            refused += 1
            continue
        if dialect is Dialect.JSON and "${" in text:
            continue  # there a variable may stand in quotes
        document = read_text(text, "printed", ReadOptions(dialect=dialect))
        assert _errors(document) == []
        assert document.root is not None
        assert json.dumps(to_plain(document.root)) == json.dumps(data), text
    assert refused < 100


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.conf")), ids=lambda path: path.name)
def test_a_job_reads_prints_and_reads_the_same(path: Path) -> None:
    """The values of the sample jobs survive being printed as JSON and as HOCON."""
    first = read_file(path, ReadOptions(include_root=path.parent))
    assert first.root is not None
    data = to_plain(first.root)
    for target, dialect in ((TargetFormat.JSON, Dialect.JSON), (TargetFormat.HOCON, Dialect.HOCON)):
        again = read_text(convert(data, target).text, "printed", ReadOptions(dialect=dialect))
        assert again.root is not None
        assert to_plain(again.root) == data
