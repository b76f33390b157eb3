"""The schema loader: lookup by name, common options, positions."""

from __future__ import annotations

import subprocess
import sys

from schemas.loader import common_options, open_schema, plugin_names, plugin_schema, position_options


def test_lookup_ignores_case_and_gives_the_canonical_name() -> None:
    """``fakesource`` and ``FAKESOURCE`` are FakeSource."""
    for spelling in ("fakesource", "FAKESOURCE", "FakeSource"):
        schema = plugin_schema("source", spelling)
        assert schema is not None
        assert schema.name == "FakeSource"
        assert schema.options["row.num"]["default"] == 5


def test_a_name_belongs_to_its_section() -> None:
    """FakeSource is no sink, and LocalFile is both a source and a sink with options of their own."""
    assert plugin_schema("sink", "FakeSource") is None
    source, sink = plugin_schema("source", "LocalFile"), plugin_schema("sink", "LocalFile")
    assert source is not None
    assert sink is not None
    assert "skip_header_row_number" in source.options
    assert "skip_header_row_number" not in sink.options


def test_hostile_names_find_nothing() -> None:
    """A name that would leave the folder, or a section that does not exist, has no schema."""
    for name in ("../env", "..", "", "/etc/passwd", "fakesource.json", "a\0b"):
        assert plugin_schema("source", name) is None
    assert plugin_schema("..", "env") is None


def test_every_plugin_has_the_common_options_of_its_section() -> None:
    """Sources make datasets, sinks read them, transforms do both."""
    assert common_options() == ("plugin_name", "plugin_input", "plugin_output", "parallelism")
    source, transform, sink = (
        plugin_schema(*at) for at in (("source", "FakeSource"), ("transform", "Sql"), ("sink", "Console"))
    )
    assert source is not None
    assert transform is not None
    assert sink is not None
    assert "plugin_output" in source.options
    assert "plugin_input" not in source.options
    assert {"plugin_input", "plugin_output"} <= set(transform.options)
    assert "plugin_input" in sink.options
    assert "plugin_output" not in sink.options
    assert sink.options["plugin_input"]["x-flowdeck-aliases"] == ["source_table_name"]


def test_positions_depend_on_what_identifies_the_input() -> None:
    """A changed path or row count makes saved positions meaningless; a renamed output does not."""
    assert set(position_options("FakeSource")) == {"row.num", "split.num"}
    assert {"path", "file_format_type"} <= set(position_options("localfile"))
    assert "plugin_output" not in position_options("LocalFile")
    assert position_options("Unheard") == ()


def test_names_are_those_of_an_engine_when_asked() -> None:
    """All of SeaTunnel's plugins have a schema; what runs here is a part of them."""
    assert "Kafka" in plugin_names("source")
    assert plugin_names("sink", "local") == ("Assert", "Console", "LocalFile")
    assert set(plugin_names("transform", "local")) == {"Copy", "FieldMapper", "Filter", "Replace", "Split", "Sql"}
    assert set(plugin_names("source", "local")) == {"FakeSource", "LocalFile"}


def test_an_unknown_plugin_has_the_common_options() -> None:
    """A plugin without a schema is still checked as a part of the job."""
    assert plugin_schema("sink", "Unheard") is None
    assert {"plugin_name", "plugin_input", "parallelism"} <= set(open_schema("sink", "Unheard").options)


def test_importing_the_loader_reads_no_file() -> None:
    """Schemas are read when asked for, and only the one that was asked for."""
    code = (
        "import schemas.loader as loader\n"
        "from schemas.files import read_schema\n"
        "assert read_schema.cache_info().currsize == 0\n"
        "loader.plugin_schema('sink', 'console')\n"
        "print(sorted(key for key in ['sink/console.json', 'common.json']), read_schema.cache_info().currsize)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split()[-1] == "2"
