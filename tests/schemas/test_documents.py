"""Plugin documents: what hover, completion and ``explain`` read."""

from __future__ import annotations

from schemas.loader import KINDS, OptionDocument, PluginDocument, environment_document, plugin_document, plugin_names


def document(kind: str, name: str) -> PluginDocument:
    """The document of a plugin that exists."""
    found = plugin_document(kind, name)
    assert found is not None
    return found


def option(kind: str, name: str, path: str) -> OptionDocument:
    """The document of an option that exists."""
    found = document(kind, name).option(path)
    assert found is not None, path
    return found


def test_a_plugin_says_what_it_does_and_where_it_runs() -> None:
    """Name, description, engines and delivery come from the schema file, whatever case was asked for."""
    console = document("sink", "console")
    assert (console.name, console.kind, console.delivery) == ("Console", "sink", "at-least-once")
    assert "local" in console.engines
    assert console.description.endswith(".")
    assert plugin_document("sink", "Unheard") is None
    assert plugin_document("../sink", "console") is None


def test_an_option_says_its_type_default_and_values() -> None:
    """What the schema says in JSON is there in words."""
    delay = option("sink", "Console", "log.print.delay.ms")
    assert (delay.type_words, delay.default, delay.unit) == ("whole number", 0, "milliseconds")
    mode = option("sink", "LocalFile", "data_save_mode")
    assert mode.enum_values == ("APPEND_DATA", "DROP_DATA", "ERROR_WHEN_DATA_EXISTS")
    assert mode.default == "APPEND_DATA"
    assert option("transform", "Filter", "include_fields").type_words == "list of texts"
    assert option("transform", "Copy", "fields").type_words == "object of texts"
    assert option("sink", "LocalFile", "path").required
    assert not mode.required


def test_common_and_nested_options_are_there() -> None:
    """``plugin_output`` is an option of every source, ``schema.fields`` is found inside ``schema``, through lists too."""
    output = option("source", "FakeSource", "plugin_output")
    assert output.aliases == ("result_table_name",)
    assert option("source", "FakeSource", "result_table_name") is output
    fields = option("source", "FakeSource", "schema.fields")
    assert (fields.name, fields.path, fields.is_open) == ("fields", "schema.fields", True)
    nested = option("sink", "Assert", "rules.row_rules.rule_type")
    assert nested.required
    assert nested.enum_values == ("MIN_ROW", "MAX_ROW")
    assert option("sink", "Assert", "rules.row_rules").is_list
    assert document("source", "FakeSource").option("schema.nothing") is None


def test_engines_of_an_option_are_at_most_those_of_its_plugin() -> None:
    """An option that one engine ignores says which ones act on it."""
    assert option("transform", "Sql", "engine").engines == ("seatunnel",)
    assert "local" in option("transform", "Sql", "query").engines
    for kind in KINDS:
        for name in plugin_names(kind):
            found = document(kind, name)
            assert all(set(each.engines) <= set(found.engines) for each in found.every_option()), name


def test_env_has_a_document_of_its_own() -> None:
    """The options of ``env`` are told like those of a plugin."""
    env = environment_document()
    mode = env.option("job.mode")
    assert mode is not None
    assert mode.enum_values == ("BATCH", "STREAMING")
    old = env.option("execution.parallelism")
    assert old is not None
    assert old.deprecated
    assert old.replaced_by == "parallelism"


def test_every_option_has_words() -> None:
    """Nothing is shown without a description and a type."""
    for kind in KINDS:
        for name in plugin_names(kind):
            for each in document(kind, name).every_option():
                assert each.description, (name, each.path)
                assert each.type_words, (name, each.path)


def test_rules_are_told_in_words() -> None:
    """Which options need, exclude or belong to each other reads as sentences."""
    jdbc = document("sink", "Jdbc").rules
    assert "`database` is needed when `generate_sink_sql` is true." in jdbc
    assert "`query` is needed when `generate_sink_sql` is false, which is the default." in jdbc
    pulsar = document("source", "Pulsar").rules
    assert pulsar[:2] == (
        "Exactly one of `topic` and `topic-pattern` is given.",
        "`auth.plugin-class` and `auth.params` are given together or not at all.",
    )
    file = document("source", "LocalFile").rules
    assert "`path` and `file_format_type` are needed unless `tables_configs` is given." in file
    assert "`schema` is needed when `file_format_type` is csv, text, json, excel or xml." in file
    assert "`compress_codec` is none or lzo when `file_format_type` is csv, text or json." in file


def test_a_plugin_says_how_it_becomes_exactly_once() -> None:
    """Some sinks take part in checkpoints only when asked to."""
    assert document("sink", "Kafka").delivery == "at-least-once"
    assert document("sink", "Kafka").exactly_once_with == {"semantics": ("EXACTLY_ONCE",)}
    assert document("sink", "Console").exactly_once_with == {}


def test_secrets_are_told() -> None:
    """An editor must not show the value of a password as an example."""
    assert option("sink", "Jdbc", "password").secret
    assert not option("sink", "Jdbc", "user").secret
    assert option("sink", "ClickhouseFile", "node_pass.password").secret
