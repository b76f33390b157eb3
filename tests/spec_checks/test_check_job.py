"""The job that a check makes: env, names, parallelism, engines, and the outline of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.check import CheckResult, check_file, check_text
from spec.document import Dialect, ReadOptions
from spec.errors import UsageError
from spec.job import EnvSpec, JobMode, JobSpec, RestartKind, decode_job, encode_job

REST = "source { FakeSource { schema { fields { id = int } } } }\nsink { Console { } }\n"


def check(env: str, rest: str = REST, name: str = "orders.conf", engine: str = "local") -> CheckResult:
    """Check a job with these lines in ``env``."""
    return check_text(f"env {{\n{env}\n}}\n{rest}", name, ReadOptions(), engine)


def valid(result: CheckResult) -> JobSpec:
    """The job of a check that found no error."""
    assert result.job is not None, [diagnostic.message for diagnostic in result.diagnostics]
    return result.job


def environment(env: str) -> EnvSpec:
    """The settings of a job with these lines in ``env``."""
    return valid(check(env)).env


def codes(result: CheckResult) -> list[str]:
    """The codes found, in order."""
    return [diagnostic.code for diagnostic in result.diagnostics]


def test_the_defaults_of_env() -> None:
    """A batch job, one reader, only the final checkpoint, three restarts three seconds apart."""
    assert environment("") == EnvSpec()


def test_checkpoints_in_milliseconds() -> None:
    """The file says milliseconds, the job seconds; a streaming job without an interval takes one every ten seconds."""
    given = environment("checkpoint.interval = 1500, checkpoint.timeout = 2500, checkpoint.retained = 7").checkpoint
    assert (given.interval, given.timeout, given.retained) == (1.5, 2.5, 7)
    assert environment("job.mode = streaming").checkpoint.interval == 10.0
    assert environment("job.mode = BATCH").checkpoint.interval is None
    assert environment("job.mode = STREAMING").mode is JobMode.STREAMING


def test_nested_and_dotted_env_are_the_same() -> None:
    """``checkpoint { interval = 1 }`` is ``checkpoint.interval = 1``."""
    assert environment("checkpoint { interval = 1000 }\n job { mode = STREAMING }").checkpoint.interval == 1.0


def test_restarts_under_both_names() -> None:
    """SeaTunnel's retries are a fixed delay; flowdeck's own names say more, and count where both are given."""
    retries = environment("job.retry.times = 5, job.retry.interval.seconds = 2").restart
    assert (retries.kind, retries.attempts, retries.delay) == (RestartKind.FIXED_DELAY, 5, 2.0)
    own = environment(
        "restart { strategy = exponential_backoff, attempts = 9, delay = 0.5, maximum_delay = 20, multiplier = 3 }"
    )
    assert (own.restart.kind, own.restart.attempts, own.restart.delay) == (RestartKind.EXPONENTIAL_BACKOFF, 9, 0.5)
    assert (own.restart.maximum_delay, own.restart.multiplier) == (20.0, 3.0)
    assert (own.restart.jitter, retries.jitter) == (0.1, 0.0)
    given = environment("restart { strategy = exponential_backoff, jitter = 0.3, reset = 60 }").restart
    assert (given.jitter, given.reset) == (0.3, 60.0)
    assert (retries.reset, environment("job.mode = STREAMING").restart.reset) == (None, 3600.0)
    both = check("job.retry.times = 5, restart.attempts = 6, job.mode = STREAMING")
    assert [code for code in codes(both) if code != "E804"] == ["J215"]
    assert valid(both).env.restart.attempts == 6
    assert environment("restart.strategy = none").restart.kind is RestartKind.NONE


def test_rate_limits() -> None:
    """Absent means no limit."""
    assert environment("").rows_per_second is None
    limits = environment("read_limit { rows_per_second = 10, bytes_per_second = 1000 }")
    assert (limits.rows_per_second, limits.bytes_per_second) == (10, 1000)


def test_parallelism_of_the_job_and_of_a_plugin() -> None:
    """A plugin's own parallelism wins over the job's."""
    rest = "source { FakeSource { parallelism = 3, schema { fields { id = int } } } }\nsink { Console { } }\n"
    job = valid(check("parallelism = 2", rest))
    assert [plugin.parallelism for plugin in job.plugins()] == [3, 2]


@pytest.mark.parametrize(
    ("name", "job"), [("dir/orders.conf", "orders"), ("a.b.json", "a.b"), ("<stdin>", "stdin"), ("orders", "orders")]
)
def test_the_name_of_a_job_without_one(name: str, job: str) -> None:
    """The stem of the file's name, or of what stands for it."""
    text = f"env {{ }}\n{REST}"
    options = ReadOptions(dialect=Dialect.SEATUNNEL)
    assert valid(check_text(text, name, options)).name == job


def test_names_that_no_job_can_have() -> None:
    """Other characters, nothing, or too many are refused, in env and in the file's name."""
    assert codes(check("job.name = a/b")) == ["J209"]
    assert codes(check('job.name = ""')) in (["J205"], ["J205", "J209"], ["J209", "J205"])
    assert codes(check(f"job.name = {'x' * 129}")) == ["J205"]
    assert codes(check("", name="größe.conf")) == ["J216"]
    assert valid(check("job.name = orders", name="größe.conf")).name == "orders"


def test_a_job_survives_encoding() -> None:
    """What the store keeps is the same job again."""
    job = valid(check("job.name = a, read_limit.rows_per_second = 5"))
    assert decode_job(encode_job(job)) == job


def test_layout_and_comments_do_not_change_the_job() -> None:
    """The content hash is that of the meaning."""
    one = valid(check("parallelism = 1 # one"))
    other = valid(
        check_text('env{"parallelism":"1"}\n\n' + REST.replace("int", "INT ".strip().lower()), "orders.conf", ReadOptions())
    )
    assert one.content_hash() == other.content_hash()


@pytest.mark.parametrize(("engine", "severity"), [("local", "error"), ("seatunnel", "warning")])
@pytest.mark.parametrize("block", ["transforms { Copy { fields { other = id } } }", "evn { job.mode = STREAMING }"])
def test_a_misspelt_section_is_not_left_out_in_silence(block: str, engine: str, severity: str) -> None:
    """A job that runs here would run without it; SeaTunnel does."""
    text = REST if block.startswith("evn") else "env { }\n" + REST
    found = check_text(f"{block}\n{text}", "orders.conf", ReadOptions(), engine=engine)
    assert ("J214", severity) in [(each.code, each.severity) for each in found.diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env { }\nsink { Console { } }\n", ["J212"]),
        ("env { }\nsource { }\nsink { }\n", ["J212", "J212"]),
        (REST, ["J213"]),
        ("env = 5\n" + REST, ["J203"]),
        ("env { }\nsource = 5\nsink { Console { } }\n", ["J203"]),
        ("env { }\nsource { FakeSource = 5 }\nsink { Console { } }\n", ["D307", "J203"]),
        ("env { }\nsource { FakeSource { plugin_name = [a] } }\nsink { Console { } }\n", ["J203"]),
    ],
)
def test_files_that_are_no_whole_job(text: str, expected: list[str]) -> None:
    """Missing and misshapen sections are told, and there is no job (a missing env alone is a warning)."""
    result = check_text(text, "job.conf", ReadOptions())
    assert sorted(codes(result)) == sorted(expected)
    assert (result.job is None) == (expected != ["J213"])


def test_a_json_section_must_be_a_list() -> None:
    """An object there is what SeaTunnel fails on, too."""
    text = '{"env": {}, "source": {"FakeSource": {"schema": {"fields": {"id": "int"}}}}, "sink": [{"plugin_name": "Console"}]}'
    assert codes(check_text(text, "job.json", ReadOptions())) == ["J203"]


def test_the_engine_decides_what_is_supported() -> None:
    """The same file is fine for one engine and not for another."""
    rest = (
        "source { FakeSource { schema { fields { id = int } } } }\n"
        "sink { LocalFile { path = out, file_format_type = orc, row_delimiter = x, tmp_path = x } }\n"
    )
    local = check("", rest)
    assert codes(local) == ["E803", "E802", "E802"]
    assert [found.severity for found in local.diagnostics] == ["error", "error", "warning"]
    assert codes(check("", rest, engine="seatunnel")) == []
    assert codes(check("", rest, engine="flink")) == ["E801"]
    assert codes(check("checkpoint.retained = 5", engine="seatunnel")) == ["E802"]
    assert codes(check("workers = 2", engine="seatunnel")) == ["E802"]
    assert environment("workers = 2, parallelism = 3").workers == 2
    assert codes(check("resources { memory = 512MB, threads = 2, nice = 10 }", engine="seatunnel")) == ["E802"] * 3
    resources = environment("resources { memory = 512MiB, threads = 2, nice = 10 }").resources
    assert (resources.memory, resources.threads, resources.nice) == (512 << 20, 2, 10)
    assert codes(check("resources.memory = 1MB")) == ["J205"]


def test_an_option_that_says_the_default_is_no_problem() -> None:
    """``compress_codec = NONE`` asks for nothing that the engine cannot do."""
    rest = (
        "source { FakeSource { schema { fields { id = int } } } }\n"
        'sink { LocalFile { path = out, file_format_type = csv, compress_codec = NONE, row_delimiter = "\\n" } }\n'
    )
    assert codes(check("", rest)) == []


def test_a_plugin_that_only_seatunnel_runs() -> None:
    """Not unknown, but not run here: the finding says who runs it, and for SeaTunnel its options are checked."""
    kafka = 'Kafka { topic = "t", bootstrap.servers = "localhost:9092", kafka.config { acks = all, linger.ms = 5 } }'
    rest = f"source {{ FakeSource {{ schema {{ fields {{ id = int }} }} }} }}\nsink {{ {kafka} }}\n"
    here = check("", rest)
    assert codes(here) == ["E801"]
    assert "--engine seatunnel" in here.diagnostics[0].notes[-1]
    elsewhere = valid(check("", rest, engine="seatunnel"))
    assert elsewhere.sinks[0].options["kafka.config"] == {"acks": "all", "linger.ms": 5}
    assert elsewhere.sinks[0].options["semantics"] == "NON"


def test_a_sink_that_can_be_exactly_once_says_how() -> None:
    """The note tells what to write; with it there is no note."""
    source = "source {{ FakeSource {{ schema {{ fields {{ id = int }} }} }} }}\n"
    rest = source + "sink {{ Kafka {{ topic = t, bootstrap.servers = k {} }} }}\n"
    found = check("checkpoint.interval = 1000", rest.format(""), engine="seatunnel").diagnostics
    assert [(each.code, each.notes) for each in found] == [
        ("E804", ('help: with semantics = "EXACTLY_ONCE" it is exactly-once',))
    ]
    assert codes(check("checkpoint.interval = 1000", rest.format(", semantics = exactly_once"), engine="seatunnel")) == []


def test_an_option_that_seatunnel_would_pass_over() -> None:
    """An error where the job runs here; for SeaTunnel, which ignores it, a warning, and the option stays in the job."""
    rest = "source { FakeSource { schema { fields { id = int } } } }\nsink { Console { loud = true } }\n"
    assert [(found.code, found.severity) for found in check("", rest).diagnostics] == [("J201", "error")]
    elsewhere = check("", rest, engine="seatunnel")
    assert [(found.code, found.severity) for found in elsewhere.diagnostics] == [("J201", "warning")]
    assert valid(elsewhere).sinks[0].options["loud"] is True


def test_a_plugin_in_the_wrong_section_is_told_where_it_belongs() -> None:
    """``FakeSource`` among the sinks is no misspelling."""
    found = check("", "source { FakeSource { schema { fields { id = int } } } }\nsink { FakeSource { } }\n").diagnostics
    assert [(each.code, each.notes) for each in found] == [("J210", ('help: "FakeSource" is a source, not a sink',))]


def test_an_unknown_engine_is_a_usage_error() -> None:
    """Not a finding in the file."""
    with pytest.raises(UsageError, match="no engine"):
        check("", engine="sparkle")


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """Nothing is raised for it."""
    result = check_file(tmp_path / "missing.conf", ReadOptions())
    assert codes(result) == ["S001"]
    assert result.job is None
    assert codes(check_file(tmp_path, ReadOptions())) == ["S002"]


def test_findings_in_an_included_file_name_that_file(tmp_path: Path) -> None:
    """The finding is in the include, with a label where it is included."""
    (tmp_path / "part.conf").write_text("row.nums = 5\nschema { fields { id = int } }\n")
    job = tmp_path / "job.conf"
    job.write_text('env { }\nsource { FakeSource { include "part.conf" } }\nsink { Console { } }\n')
    result = check_file(job, ReadOptions(include_root=tmp_path))
    (found,) = result.diagnostics
    assert found.code == "J201"
    assert found.file == str(tmp_path / "part.conf")
