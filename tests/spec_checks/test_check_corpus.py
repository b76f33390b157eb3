"""Real SeaTunnel job files: what SeaTunnel runs, flowdeck does not call wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.loader import KINDS, plugin_schema
from spec.check import CheckResult, check_file
from spec.diagnostic import Diagnostic, Severity
from spec.document import ReadOptions

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")

# The errors that job files of the corpus really have: SeaTunnel ignores unknown keys without a word.
TRUE_FINDINGS = {
    "fake_to_assert_with_template.conf": {"smalling.fake.mode", "rule_ruls"},
    "batch_fake_to_console_multi_table.conf": {"table-names"},
    "config.variables.conf": {"blankSpace", "username", "password"},
    "user_defined_params.conf": {"blankSpace", "list", "password", "result_table_name", "sql", "username"},
}
# `map<string, { ... }>`: a row written as HOCON text inside another type, which spec.types does not read.
ROW_AS_TEXT = {"fake_full_types_to_assert.conf", "fake_generic_row_type_to_assert.conf"}
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
    """The job files that use only plugins with a schema."""
    if not CORPUS.is_dir():
        return []
    manifest: list[dict[str, Any]] = json.loads((CORPUS / "manifest.json").read_text())
    return [entry for entry in manifest if entry["class"] != "not-a-job-file" and _has_schemas(entry)]


def _has_schemas(entry: dict[str, Any]) -> bool:
    return all(plugin_schema(kind, str(name)) for kind in KINDS for name in entry[f"{kind}s"])


def check(entry: dict[str, Any]) -> CheckResult:
    """Check a job file of the corpus, its variables set to something sensible."""
    variables = {name: VALUES.get(name, "x") for name in entry.get("variables") or ()}
    path = CORPUS / entry["path"]
    return check_file(path, ReadOptions(variables=variables, include_root=path.parent))


def is_false(found: Diagnostic, file: str) -> bool:
    """Whether an error says something that is not so."""
    if found.severity is not Severity.ERROR or found.code.startswith("E8"):
        return False
    if found.code == "T501" and file in ROW_AS_TEXT and "{" in found.message:
        return False
    return not any(f'"{name}"' in found.message for name in TRUE_FINDINGS.get(file, ()))


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["path"].rpartition("resources/")[2])
def test_a_job_that_runs_in_seatunnel_has_no_false_errors(entry: dict[str, Any]) -> None:
    """Only what the local engine does not support yet, and mistakes that are really there."""
    if entry["expected"] == "fail":
        pytest.skip(f"meant to fail: {entry['note']}")
    file = Path(entry["path"]).name
    assert [found.message for found in check(entry).diagnostics if is_false(found, file)] == []


def test_most_of_the_corpus_is_covered() -> None:
    """The selection does not silently become empty."""
    assert len(entries()) > 70


def test_every_file_of_the_corpus_gets_an_answer() -> None:
    """Whatever a file says, a check of it ends with diagnostics or a job, never both an error and a job."""
    for path in sorted(CORPUS.rglob("*.conf")):
        result = check_file(path, ReadOptions(include_root=path.parent))
        assert (result.job is None) == result.has_errors, path
