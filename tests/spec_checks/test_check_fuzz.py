"""Broken and hostile job files: a check always ends with an answer that every form of output can show."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from spec.check import check_text
from spec.document import Dialect, ReadOptions
from spec.job import decode_job, encode_job
from spec.render.github import render_github
from spec.render.json_report import render_json
from spec.render.sarif import render_sarif
from spec.render.text import render_text

SAMPLES = Path(__file__).parents[2] / "samples"
TEXTS = [path.read_text() for path in sorted(SAMPLES.rglob("*.conf"))]
PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        "=",
        ",",
        "\n",
        '"',
        '"""',
        "${a}",
        "${?a}",
        "null",
        "5",
        "source",
        "plugin_input = a",
        "\x1b[31m",
        "日本",
        "\t",
    ]
) | st.text(max_size=5)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A sample with pieces cut out, doubled or put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = text[:start] + draw(st.sampled_from(["", text[start:end] * 2]) | PIECES) + text[end:]
    return text


def show(text: str, name: str, options: ReadOptions) -> None:
    """Check a text and show what was found in every form."""
    result = check_text(text, name, options)
    assert (result.job is None) == result.has_errors
    if result.job is not None:
        assert decode_job(encode_job(result.job)) == result.job
    rendered = render_text(result.diagnostics, width=80)
    assert all(character.isprintable() or character == "\n" for character in rendered)
    json.loads(render_json(result.diagnostics, 1))
    json.loads(render_sarif(result.diagnostics, "0"))
    assert render_github(result.diagnostics).count("\n") == len(result.diagnostics)


@settings(max_examples=100, deadline=None)
@given(mutated(), st.sampled_from([None, *Dialect]))
def test_a_mutated_job_file_gets_an_answer(text: str, dialect: Dialect | None) -> None:
    """In every dialect."""
    show(text, "job.conf", ReadOptions(dialect=dialect))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["env", "source", "plugin_name", "schema", "fields", "columns", "rules", "row.num", "row", "type"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
NAMES = (
    "plugin_name plugin_input plugin_output schema rows rules row.num row fields int.min int.max parallelism field_mapper path"
)
OPTIONS = st.dictionaries(
    st.sampled_from([*NAMES.split(), "file_format_type", "compress_codec", "string.template"]), VALUES, max_size=5
)
PLUGINS = st.lists(
    st.builds(
        lambda name, options: {"plugin_name": name, **options},
        st.sampled_from(["FakeSource", "LocalFile", "Assert", "Copy", "Filter", "Sql", "Console", "Kafka", "x"]),
        OPTIONS,
    ),
    max_size=3,
)


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries({"env": VALUES, "source": PLUGINS, "transform": PLUGINS, "sink": PLUGINS}))
def test_whatever_stands_in_an_option(job: dict[str, object]) -> None:
    """Any value under any option: findings, never a crash."""
    show(json.dumps(job), "job.json", ReadOptions())
