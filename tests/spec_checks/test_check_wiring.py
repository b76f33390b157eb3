"""How the plugins of a job are connected, and what the job looks like afterwards."""

from __future__ import annotations

from spec.check import CheckResult, check_text
from spec.document import ReadOptions
from spec.job import JobSpec


def source(output: str = "", **_: str) -> str:
    """A FakeSource with or without a name for its dataset."""
    named = f'plugin_output = "{output}"' if output else ""
    return f"FakeSource {{ {named}\n schema {{ fields {{ id = int }} }} }}"


def transform(reads: str = "", output: str = "") -> str:
    """A Filter between two names."""
    return f"Filter {{ {_reads(reads)}{f'plugin_output = {output}, ' if output else ''}include_fields = [id] }}"


def sink(reads: str = "") -> str:
    """A Console that reads one or more datasets."""
    return f"Console {{ {_reads(reads)} }}"


def _reads(names: str) -> str:
    return f"plugin_input = [{names}], " if names else ""


def check(sources: list[str], transforms: list[str], sinks: list[str], name: str = "job.conf") -> CheckResult:
    """Check a job of these plugins."""
    sections = (("source", sources), ("transform", transforms), ("sink", sinks))
    text = "env { }\n" + "".join(f"{kind} {{\n" + "\n".join(plugins) + "\n}\n" for kind, plugins in sections)
    return check_text(text, name, ReadOptions())


def valid(result: CheckResult) -> JobSpec:
    """The job of a check that found no error."""
    assert result.job is not None, [diagnostic.message for diagnostic in result.diagnostics]
    return result.job


def codes(result: CheckResult) -> list[str]:
    """The codes found, in order."""
    return [diagnostic.code for diagnostic in result.diagnostics]


def edges(job: JobSpec) -> list[tuple[str, tuple[str, ...], str | None]]:
    """Each plugin's id, inputs and output."""
    return [(plugin.id, plugin.inputs, plugin.output) for plugin in job.plugins()]


def test_a_simple_job_needs_no_names() -> None:
    """One source, one transform and one sink run in file order; names and identities are generated."""
    result = check([source()], [transform()], [sink()])
    assert result.diagnostics == ()
    assert edges(valid(result)) == [
        ("source-0-FakeSource", (), "source-0-FakeSource"),
        ("transform-0-Filter", ("source-0-FakeSource",), "transform-0-Filter"),
        ("sink-0-Console", ("transform-0-Filter",), None),
    ]


def test_names_become_identities() -> None:
    """An explicit plugin_output is the plugin's identity too."""
    job = valid(check([source("a")], [transform("a", "b")], [sink("b")]))
    assert edges(job) == [("a", (), "a"), ("b", ("a",), "b"), ("sink-0-Console", ("b",), None)]


def test_a_simple_job_runs_in_file_order_even_when_names_do_not_match() -> None:
    """As in SeaTunnel: a warning, and the sink reads what stands before it."""
    result = check([source("a")], [transform("x", "b")], [sink("a")])
    assert codes(result) == ["G405", "G405"]
    assert [plugin.inputs for plugin in valid(result).plugins()] == [(), ("a",), ("b",)]


def test_branches_unions_and_order() -> None:
    """Several readers of one dataset, several inputs of one reader, transforms in any order in the file."""
    job = valid(
        check(
            [source("a"), source("b")],
            [transform("y", "z"), transform("x", "y"), transform("a, b", "x")],
            [sink("z"), sink("x, b")],
        )
    )
    assert [plugin.output for plugin in job.transforms] == ["x", "y", "z"]
    assert job.transforms[0].inputs == ("a", "b")
    assert [plugin.index for plugin in job.transforms] == [2, 1, 0]
    assert job.sinks[1].inputs == ("x", "b")


def test_one_dataset_is_meant_where_no_other_exists() -> None:
    """Two sinks after a single source both read it, named or not."""
    job = valid(check([source()], [], [sink(), sink()]))
    assert [plugin.inputs for plugin in job.sinks] == [("source-0-FakeSource",)] * 2


def test_a_missing_input_is_an_error_where_several_are_possible() -> None:
    """Which of two datasets the sink reads cannot be guessed."""
    result = check([source("a"), source("b")], [], [sink(), sink("b"), sink("a")])
    assert codes(result) == ["G403"]
    assert result.diagnostics[0].notes == ('datasets of this job: "a", "b"',)


def test_an_unknown_input_suggests_the_near_name() -> None:
    """One finding, with a fix, and the dataset that was meant does not count as unused."""
    result = check([source("orders"), source("customers")], [], [sink("order"), sink("customers")])
    assert codes(result) == ["G401"]
    found = result.diagnostics[0]
    assert found.notes == ('help: did you mean "orders"?',)
    assert found.fix is not None
    assert found.fix.edits[0].text == "orders"
    assert found.pointer == "/sink/0/plugin_input/0"


def test_unused_and_repeated_outputs() -> None:
    """Rows that go nowhere, and two datasets of one name."""
    assert codes(check([source("a"), source("b")], [], [sink("a")])) == ["G404"]
    assert codes(check([source("a"), source()], [], [sink("a")])) == ["G404"]
    repeated = check([source("a"), source("a")], [], [sink("a")])
    assert codes(repeated) == ["G402"]
    assert [label.message for label in repeated.diagnostics[0].secondary] == ["first given here"]


def test_circles_are_found_once_each() -> None:
    """Of two separate circles each is told once; one that reads itself is a circle of one."""
    two = check(
        [source("s")],
        [transform("b", "a"), transform("a", "b"), transform("d", "c"), transform("c", "d")],
        [sink("s"), sink("a"), sink("c")],
    )
    assert codes(two) == ["G406", "G406"]
    own = check([source("s")], [transform("a", "a")], [sink("s"), sink("a")])
    assert codes(own) == ["G406"]
    assert own.diagnostics[0].message == '"a" reads itself'
    assert own.job is None


def test_a_long_chain_is_no_problem() -> None:
    """A thousand transforms in reverse order are put in order."""
    chain = [transform(f"t{index}", f"t{index + 1}") for index in reversed(range(1000))]
    job = valid(check([source("t0")], chain, [sink("t1000")]))
    assert [plugin.output for plugin in job.transforms] == [f"t{index}" for index in range(1, 1001)]


def test_wiring_is_checked_around_plugins_of_another_engine() -> None:
    """A job with a plugin that only SeaTunnel has still gets its names checked."""
    result = check(
        ["Kafka { plugin_output = a, topic = t, bootstrap.servers = k }", source("b")], [], [sink("a"), sink("c"), sink("b")]
    )
    assert codes(result) == ["E801", "G401"]


def test_an_input_as_text_with_commas() -> None:
    """``"a, b"`` are two inputs."""
    text_sink = 'Console { plugin_input = "a, b" }'
    assert valid(check([source("a"), source("b")], [], [text_sink])).sinks[0].inputs == ("a", "b")
