"""Real SeaTunnel job files: what SeaTunnel runs, flowdeck does not call wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.loader import KINDS, plugin_schema
from spec.check import CheckResult, check_file
from spec.diagnostic import Severity
from spec.document import ReadOptions

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")

# Files that SeaTunnel's tests only read and do not run as jobs, and what is wrong with them as jobs: plugins and options of
# releases long gone, and sources without the options they need.
NOT_RUN = {
    "config.conf": {"J202", "J210", "G403", "G404"},
    "flink.batch.conf": {"J202", "J210"},
    "kudu_to_kudu_spark.conf": {"J202", "J210"},
    "fake_to_emailsink_flink.conf": {"J202"},
    "fakesource_to_hive.conf": {"J202"},
    "origin.conf": {"J206"},
    "config.shade_caseNull.conf": {"J206"},
}
# Options that are not there, in plugins that run here: SeaTunnel passes over them without a word.
MISSPELT = {
    "batch_fake_to_console_multi_table.conf",
    "config.conf",
    "config.variables.conf",
    "fake_to_assert_with_template.conf",
    "fake_to_emailsink_flink.conf",
    "fakesource_to_hive.conf",
    "flink.batch.conf",
    "kudu_to_kudu_spark.conf",
    "user_defined_params.conf",
}
# A sink of SeaTunnel's tests, which no release has.
TEST_PLUGIN = "InMemory"
VALUES = {
    "nameType": "string",
    "ageType": "int",
    "c_string": "string",
    "rowNum": "10",
    "fake_parallelism": "2",
    "dynamic_job_mode": "BATCH",
    "dynamic_test_parallelism": "2",
    "dynamic_test_row_num_per_parallelism": "10",
    "file_format_type": "text",
    "enable_header_write": "true",
    "jobName": "job",
    "strTemplate": "[abc,def]",
}


def entries() -> list[dict[str, Any]]:
    """The job files of the corpus."""
    if not CORPUS.is_dir():
        return []
    manifest: list[dict[str, Any]] = json.loads((CORPUS / "manifest.json").read_text())
    return [entry for entry in manifest if entry["class"] != "not-a-job-file"]


def check(entry: dict[str, Any], engine: str) -> CheckResult:
    """Check a job file of the corpus, its variables set to something sensible."""
    variables = {name: VALUES.get(name, "x") for name in entry.get("variables") or ()}
    path = CORPUS / entry["path"]
    return check_file(path, ReadOptions(variables=variables, include_root=path.parent), engine)


def false_errors(entry: dict[str, Any], engine: str) -> list[str]:
    """The errors that say something which is not so."""
    allowed = NOT_RUN.get(Path(entry["path"]).name, set())
    errors = [found for found in check(entry, engine).diagnostics if found.severity is Severity.ERROR]
    return [
        f"{found.code} {found.message}"
        for found in errors
        if found.code not in allowed and not (found.code == "J210" and f'"{TEST_PLUGIN}"' in found.message)
    ]


def running() -> list[dict[str, Any]]:
    """Those that SeaTunnel runs; a few are there to fail."""
    return [entry for entry in entries() if entry["expected"] != "fail"]


@pytest.mark.parametrize("entry", running(), ids=lambda entry: entry["path"].rpartition("resources/")[2])
def test_a_job_that_runs_in_seatunnel_has_no_errors(entry: dict[str, Any]) -> None:
    """For SeaTunnel there is none at all; for the local engine only what it does not support, and options that do not exist."""
    assert false_errors(entry, "seatunnel") == []
    name = Path(entry["path"]).name
    local = [message for message in false_errors(entry, "local") if not message.startswith("E8")]
    assert [message for message in local if not (message.startswith("J201") and name in MISSPELT)] == []


def test_every_plugin_of_the_corpus_is_known() -> None:
    """Only the plugins of releases long gone, and the one of SeaTunnel's own tests, have no schema."""
    used = {(kind, str(name)) for entry in entries() for kind in KINDS for name in entry[f"{kind}s"]}
    foreign = {name for kind, name in used if plugin_schema(kind, name) is None}
    assert foreign == {
        TEST_PLUGIN,
        "FileSource",
        "ConsoleSink",
        "KuduSource",
        "kuduSink",
        "fakeStream",
        "json",
        "sql1",
        "sql2",
        "sql3",
        "c.Console",
    }
    assert len(used) > 100


def test_every_file_of_the_corpus_gets_an_answer() -> None:
    """Whatever a file says, a check of it ends with diagnostics or a job, never both an error and a job."""
    for path in sorted(CORPUS.rglob("*.conf")):
        result = check_file(path, ReadOptions(include_root=path.parent))
        assert (result.job is None) == result.has_errors, path
