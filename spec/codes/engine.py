"""E8xx: what the chosen engine can do."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

_ENV = 'env { job.mode = "BATCH" }\n'
_FAKE = "source { FakeSource { schema { fields { id = int } } } }\n"


def _sink(block: str, env: str = _ENV) -> str:
    return f"{env}{_FAKE}sink {{ {block} }}\n"


def _query(expression: str) -> str:
    transform = f'transform {{\n  Sql {{ query = "select {expression} as hidden from dual" }}\n}}\n'  # noqa: S608 - an example
    return f"{_ENV}source {{ FakeSource {{ schema {{ fields {{ name = string }} }} }} }}\n{transform}sink {{ Console {{ }} }}\n"


CODES = (
    Code(
        "E801",
        "plugin that the engine does not run",
        "The plugin exists in SeaTunnel, but the chosen engine does not have it. With --engine seatunnel the file is checked "
        "for running there.",
        bad=_sink('Kafka { topic = "orders", bootstrap.servers = "localhost:9092" }'),
        good=_sink("Console { }"),
    ),
    Code(
        "E802",
        "option that the engine does not support",
        "The option exists, but the chosen engine does not act on it. Where the job would give another result without it this "
        "is an error, otherwise a warning.",
        bad=_sink('LocalFile { path = "out", file_format_type = "csv", row_delimiter = ";" }'),
        good=_sink('LocalFile { path = "out", file_format_type = "csv" }'),
    ),
    Code(
        "E803",
        "value that the engine does not support",
        "The option takes this value in SeaTunnel, but the chosen engine cannot do it.",
        bad=_sink('LocalFile { path = "out", file_format_type = "orc" }'),
        good=_sink('LocalFile { path = "out", file_format_type = "parquet" }'),
    ),
    Code(
        "E804",
        "sink that may see rows twice",
        "The sink takes no part in checkpoints. After a restart it gets the rows since the last checkpoint once more, while "
        "exactly-once sinks do not show rows twice.",
        bad=_sink("Console { }", "env { checkpoint.interval = 1000 }\n"),
        good=_sink('LocalFile { path = "out", file_format_type = "csv" }', "env { checkpoint.interval = 1000 }\n"),
        severity=Severity.NOTE,
    ),
    Code(
        "E805",
        "SQL function that the engine does not have",
        "SeaTunnel has the function, but the local engine does not, so it cannot run the query. With --engine seatunnel the "
        "file is checked for running there.",
        bad=_query("des_encrypt('key', name)"),
        good=_query("md5(name)"),
    ),
)
