"""Conversion of documents: what each format says reads back as the same data, or is refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.conversion import hocon, properties
from spec.conversion.conversion import ConversionError, TargetFormat, convert
from tests.warm_processes import WarmProcesses

yaml = pytest.importorskip("yaml", reason="PyYAML is the second opinion on the YAML")

JOB = """env {
  job.mode = "BATCH"
  job.name = ${name}
}
source {
  FakeSource { row.num = 5, schema { fields { id = int, c = "map<string, int>" } }, string.template = ["a b", "true", "1"] }
}
transform {
  Sql { query = \"\"\"SELECT *
    FROM t WHERE CAST(id AS STRING) = 'x: #y'\"\"\" }
}
sink { Console { log.print.data = false } }
"""
RESOLVED = {
    "env": {"job.mode": "BATCH", "job.name": "orders"},
    "source": [
        {
            "row.num": 5,
            "schema": {"fields": {"id": "int", "c": "map<string, int>"}},
            "string.template": ["a b", "true", "1"],
            "plugin_name": "FakeSource",
        }
    ],
    "transform": [{"query": "SELECT *\n    FROM t WHERE CAST(id AS STRING) = 'x: #y'", "plugin_name": "Sql"}],
    "sink": [{"log.print.data": False, "plugin_name": "Console"}],
}
PLAIN: list[Any] = [
    {},
    {"a": []},
    {"a": {}},
    {"a": [[], {}, [1, [2, {"b": None}]]]},
    {"a": None, "b": [None, True, False]},
    {"a": 1, "b": 1.5, "c": -0.0, "d": 10**30, "e": 1e300, "f": 1.0},
    {
        "text": [
            "",
            " lead",
            "trail ",
            "a\nb",
            "tab\t",
            'quo"te',
            "back\\slash",
            "${x}",
            "#c",
            "//c",
            "a: b",
            "- a",
            "null",
            "1e3",
        ]
    },
    {"uni": ["größe", "日本", "\u2028", "\x00\x1b", "😀"]},
    {"a.b": {"c.d": 1}, "a": {"b": 2}},
    {"null": 1, "2024-01-26": [{"0": 2}], "it's: so": {"": 3}, "- x": 4, "<<": 5, '"quoted"': 6, "Größe ": 7},
]


Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(warm: WarmProcesses) -> Run:
    """Runs the command line in a process of its own."""
    return lambda *arguments, cwd: warm.run(["flowdeck", *arguments], cwd)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types and order."""
    return json.dumps(one) == json.dumps(other)


@pytest.mark.parametrize("data", PLAIN, ids=range(len(PLAIN)))
def test_json_and_yaml_say_the_same(data: Any) -> None:
    """JSON always; YAML as an independent reader understands it."""
    assert same(json.loads(convert(data, TargetFormat.JSON).text), data)
    assert same(yaml.safe_load(convert(data, TargetFormat.YAML).text), data)


@pytest.mark.parametrize("data", PLAIN, ids=range(len(PLAIN)))
def test_hocon_reads_back_or_is_refused(data: Any) -> None:
    """Never a text that means something else."""
    try:
        text = convert(data, TargetFormat.HOCON).text
    except ConversionError:
        return
    assert same(hocon.read(text), data)


def test_hocon_of_an_ordinary_document() -> None:
    """Nothing of a job is refused."""
    assert same(hocon.read(convert(RESOLVED, TargetFormat.HOCON).text), RESOLVED)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
KEYS = st.text(min_size=1, max_size=8)
DATA = st.dictionaries(
    KEYS,
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(DATA, st.sampled_from(list(TargetFormat)))
def test_whatever_the_data_the_result_is_right_or_refused(data: dict[str, Any], target: TargetFormat) -> None:
    """For any document: a text that reads back the same, or a clear refusal."""
    try:
        converted = convert(data, target)
    except ConversionError:
        return
    if target is TargetFormat.JSON:
        assert same(json.loads(converted.text), data)
    elif target is TargetFormat.YAML:
        assert same(yaml.safe_load(converted.text), data)
    elif target is TargetFormat.HOCON:
        assert same(hocon.read(converted.text), data)
    else:
        pairs, left_out = properties.flatten(data)
        assert properties.read(converted.text.removesuffix("\n")) == pairs
        assert list(converted.left_out) == left_out


def test_properties_are_flat_text() -> None:
    """Keys joined by dots, list indexes as keys, escapes as Java reads them; null and empty things are named as left out."""
    converted = convert({"a": {"b": [1, "x=y\n#"]}, "n": None, "e": [], "t": True, "s": " lead"}, TargetFormat.PROPERTIES)
    assert converted.text == "a.b.0 = 1\na.b.1 = x\\=y\\n\\#\nt = true\ns = \\ lead\n"
    assert converted.left_out == ("/n", "/e")


def test_what_cannot_be_said_is_refused() -> None:
    """Two keys that become one in properties, and a key that YAML would need escapes for."""
    with pytest.raises(ConversionError, match="two keys become the same"):
        convert({"a.b": 1, "a": {"b": 2}}, TargetFormat.PROPERTIES)
    with pytest.raises(ConversionError, match="would need escapes"):
        convert({"a\nb": 1}, TargetFormat.YAML)
    with pytest.raises(ConversionError):
        convert(5, TargetFormat.PROPERTIES)


@pytest.mark.parametrize("target", ["json", "hocon", "yaml"])
def test_the_command_writes_the_resolved_document(run: Run, tmp_path: Path, target: str) -> None:
    """Variables are in place, sections are lists, and the text is on stdout."""
    (tmp_path / "job.conf").write_text(JOB)
    done = run("convert", "job.conf", "--to", target, "-i", "name=orders", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    data = {"json": json.loads, "yaml": yaml.safe_load, "hocon": hocon.read}[target](done.stdout)
    assert same(data, RESOLVED)


def test_a_converted_job_is_the_same_job(run: Run, tmp_path: Path) -> None:
    """What convert writes as JSON or HOCON checks clean and means the same job."""
    from spec.check import check_file
    from spec.document import Dialect, ReadOptions

    (tmp_path / "job.conf").write_text(JOB)
    for target, dialect in (("json", Dialect.JSON), ("hocon", Dialect.HOCON)):
        done = run("convert", "job.conf", "--to", target, "-i", "name=orders", cwd=tmp_path)
        (tmp_path / f"job.{target}").write_text(done.stdout)
        again = check_file(tmp_path / f"job.{target}", ReadOptions(dialect=dialect))
        first = check_file(tmp_path / "job.conf", ReadOptions(variables={"name": "orders"}))
        assert again.job is not None
        assert again.job == first.job


def test_a_broken_file_is_not_converted(run: Run, tmp_path: Path) -> None:
    """Its errors go to stderr, nothing to stdout; exit 1, or 2 when it cannot be read at all."""
    (tmp_path / "job.conf").write_text("env { a = ${undefined_thing} }\n")
    done = run("convert", "job.conf", "--to", "json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[I101]" in done.stderr
    assert run("convert", "missing.conf", "--to", "json", cwd=tmp_path).returncode == 2


def test_properties_on_the_command_line_tell_what_is_left_out(run: Run, tmp_path: Path) -> None:
    """On stderr, so that stdout stays the properties."""
    (tmp_path / "job.conf").write_text("env { a = 1 }\ntransform { }\n")
    done = run("convert", "job.conf", "--to", "properties", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "env.a = 1\n")
    assert "/transform" in done.stderr


def test_a_refused_conversion_exits_1(run: Run, tmp_path: Path) -> None:
    """With the reason, and the way out."""
    (tmp_path / "job.conf").write_text('env { "a\\nb" = 1 }\n')
    done = run("convert", "job.conf", "--to", "yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "would need escapes" in done.stderr
    assert "--to json" in done.stderr
