"""Hostile text: random bytes, mutated job files, bombs. The answer is always a Document, soon, in bounded memory."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec.diagnostic import Severity
from spec.document import Dialect, Document, ReadOptions, read_file, read_text
from spec.syntax.readings import parse
from spec.value import ListValue, ObjectValue, Value, to_plain

JOB = """\
# a job
env { job.mode = "BATCH", parallelism = 2 }
source {
  FakeSource {
    plugin_output = "fake", row.num = ${rows}
    schema { fields { id = bigint, name = "string", m = "map<string, int>" } }
    rows = [ { kind = INSERT, fields = [1, "${x:a}", null] } ]
  }
}
transform { Sql { query = "select * from "${t}" where a = 'b'", l = [1] } }
sink { Console { plugin_input = "fake", q = \"\"\"text\"\"\", l += 2, r = ${?env} } }
include "other"
t = name, rows = ${t->x}, base { a = ${base->b}, b = [1] [2] }
"""
ALPHABET = st.sampled_from(
    [*'{}[]=:,+#"\\$.->/!?*\n\t (', "${", "${?", '"""', "+=", "include ", "source {", "a", "1", "null", "\ufeff", "\u2028"]
)


def check_sanity(document: Document) -> None:
    """What every Document promises, whatever was read."""
    sources = {id(source) for source in document.sources}
    for diagnostic in document.diagnostics:
        assert diagnostic.message
        for label in (diagnostic.primary, *diagnostic.secondary):
            if label is not None:
                assert 0 <= label.span.start <= label.span.end <= len(label.span.source.text)
                assert id(label.span.source) in sources or label.span.source.name.startswith("<")
                label.span.start_position()
    if document.root is not None:
        check_spans(document.root)
        to_plain(document.root)


def check_spans(root: Value) -> None:
    """Every value's span is a range of its source."""
    pending: list[Value] = [root]
    while pending:
        value = pending.pop()
        for span in (value.span, *value.via):
            assert 0 <= span.start <= span.end <= len(span.source.text)
        if isinstance(value, ListValue):
            pending.extend(value.items)
        elif isinstance(value, ObjectValue):
            assert len({field.key for field in value.fields}) == len(value.fields)
            pending.extend(field.value for field in value.fields)


def read_everyway(text: str) -> None:
    """Read in every dialect; print the tree."""
    for dialect in Dialect:
        options = ReadOptions(dialect=dialect, variables={"x": "[1]", "t": "${x}"}, environment={"E": "1"})
        document = read_text(text, "job.conf", options)
        check_sanity(document)
        assert parse(document.source).print() == text


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The job with pieces cut out, doubled and inserted."""
    text = JOB
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        middle = draw(st.one_of(ALPHABET, st.just(text[start:end] * 2), st.just("")))
        text = text[:start] + middle + text[end:]
    return text


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_random_text_gives_a_document(text: str) -> None:
    """Any characters at all, halves of surrogate pairs included."""
    read_everyway(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(ALPHABET, max_size=80).map("".join))
def test_random_syntax_gives_a_document(text: str) -> None:
    """Signs and words of the language in any order."""
    read_everyway(text)


@settings(max_examples=150, deadline=None)
@given(mutations())
def test_a_mutated_job_gives_a_document(text: str) -> None:
    """A real job with a few edits, as an editor sees it while someone types."""
    read_everyway(text)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_random_bytes_give_a_document(tmp_path: Path, content: bytes) -> None:
    """Any file content."""
    path = tmp_path / "job.conf"
    path.write_bytes(content)
    check_sanity(read_file(path, ReadOptions(include_root=tmp_path)))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.sampled_from(["=", "+="]),
            st.lists(
                st.sampled_from(
                    ["1", "x", " ", "[2]", "{a=3}", "{b=${c}}", "${a}", "${?b}", "${c}", "${?d}", "${a.a}", "${?b.b}", "[${a}]"]
                ),
                min_size=1,
                max_size=3,
            ),
        ),
        max_size=10,
    )
)
def test_random_references_end(fields: list[tuple[str, str, list[str]]]) -> None:
    """Cycles, look-backs and merges in any combination."""
    text = "\n".join(f"{key} {operator} {''.join(pieces)}" for key, operator, pieces in fields)
    check_sanity(read_text(text, "x", ReadOptions(dialect=Dialect.HOCON)))


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "{",
        "a{",
        "a=[",
        "[[],",
        "x={",
        "a=[{b=",
        "(",
        "source{",
        "a.",
        "${",
        '"',
        '"""',
        "}",
        "]",
        ",",
        "=",
        "!",
        "a=${a}\n",
        "a+=1\n",
        "\n",
    ],
)
def test_floods_are_read_without_recursion(unit: str) -> None:
    """A quarter of a megabyte of anything, with little stack left."""
    limit = sys.getrecursionlimit()
    depth = len(_stack())
    sys.setrecursionlimit(depth + 120)
    try:
        documents = [read_text(unit * (250_000 // len(unit)), "x", ReadOptions(dialect=dialect)) for dialect in Dialect]
    finally:
        sys.setrecursionlimit(limit)
    for document in documents:
        assert len(document.diagnostics) < 1200


def _stack() -> list[object]:
    frame, frames = sys._getframe(), []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return frames


BOMBS = {
    "text": "x0 = aaaaaaaaaa\n" + "".join(f"x{i + 1} = ${{x{i}}}${{x{i}}}\n" for i in range(60)),
    "list": "x0 = [a]\n" + "".join(f"x{i + 1} = ${{x{i}}}${{x{i}}}\n" for i in range(60)),
    "object": "x0 { a = 1 }\n" + "".join(f"x{i + 1} {{ a = ${{x{i}}}, b = ${{x{i}}} }}\n" for i in range(60)),
    "mutual": "".join(f"x{i} = 1\nx{i} = " + "".join(f"${{x{j}}}" for j in range(20) if j != i) + "\n" for i in range(20)),
}


READ_STANDARD_INPUT = """
import pathlib, re, resource, sys
from spec.document import Dialect, ReadOptions, read_text
document = read_text(sys.stdin.read(), "x", ReadOptions(dialect=Dialect.HOCON))
status = pathlib.Path("/proc/self/status")
if status.exists():
    megabytes = int(re.search("VmHWM:[^0-9]*([0-9]+) kB", status.read_text())[1]) // 1024
else:
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)
print(document.root, [d.code for d in document.diagnostics], megabytes)
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_doubling_runs_into_the_budget(bomb: str) -> None:
    """A few lines that would make gigabytes are refused, in bounded memory.

    Measured in a process of its own. On Linux by VmHWM: `ru_maxrss` is handed down by the process that starts it,
    so it would tell the size of pytest.
    """
    command = [sys.executable, "-c", READ_STANDARD_INPUT]
    done = subprocess.run(command, input=BOMBS[bomb], capture_output=True, text=True, timeout=60, check=True)
    root, codes, megabytes = done.stdout.rsplit(maxsplit=2)
    assert (root, codes) == ("None", "['I104']")
    assert int(megabytes) < 400


def test_a_long_chain_of_references_is_refused_and_a_reasonable_one_read() -> None:
    """1,000 references one after another are too many, 900 are not."""
    for length, expected in ((900, set()), (5000, {"I105"})):
        text = "".join(f"x{i} = ${{x{i + 1}}}\n" for i in range(length)) + f"x{length} = 1\n"
        found = read_text(text, "x", ReadOptions(dialect=Dialect.HOCON)).diagnostics
        assert {d.code for d in found} == expected


def test_many_appends_are_no_chain() -> None:
    """`+=` may be repeated as often as the text is long."""
    document = read_text("l += 1\n" * 20_000, "x", ReadOptions(dialect=Dialect.HOCON))
    assert document.diagnostics == ()
    assert isinstance(document.root, ObjectValue)
    items = document.root.get("l")
    assert isinstance(items, ListValue)
    assert len(items.items) == 20_000


def test_a_deep_path_is_refused() -> None:
    """Depth made by dots counts like depth made by braces."""
    document = read_text(".".join("a" * 1000) + " = 1", "x", ReadOptions(dialect=Dialect.HOCON))
    assert {d.code for d in document.diagnostics} == {"I105"}
    assert document.root is not None
    to_plain(document.root)


def test_errors_are_never_pushed_out_by_warnings() -> None:
    """A job with thousands of warnings and one error has an error."""
    text = "source { A {} }\n" * 2000 + "x = ${no}\n"
    found = read_text(text, "job.conf", ReadOptions()).diagnostics
    assert [d.code for d in found if d.severity is Severity.ERROR] == ["I101"]
    assert len(found) < 1100


def test_reading_leaves_the_garbage_collector_as_it_was() -> None:
    """Large texts are read with it switched off."""
    assert gc.isenabled()
    read_text("a = 1\n" * 20_000, "job.conf", ReadOptions())
    assert gc.isenabled()
    gc.disable()
    try:
        read_text("a = 1\n" * 20_000, "job.conf", ReadOptions())
        assert not gc.isenabled()
    finally:
        gc.enable()
