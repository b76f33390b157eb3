"""Jobs that run get no finding about types, and a check without SQL loads no engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spec.check import check_file
from spec.dataflow.schema import Schema
from spec.document import ReadOptions

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
OURS = frozenset(f"T5{number:02}" for number in range(3, 17))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")
@pytest.mark.parametrize("engine", ["local", "seatunnel"])
def test_no_job_of_the_corpus_is_called_wrong(engine: str) -> None:
    """Neither an error nor a warning; and the columns of most datasets with declared columns are known."""
    known = 0
    for entry in json.loads((CORPUS / "manifest.json").read_text()):
        if entry["class"] == "not-a-job-file" or entry["expected"] == "fail":
            continue
        path = CORPUS / entry["path"]
        variables = dict.fromkeys(entry.get("variables") or (), "string")
        result = check_file(path, ReadOptions(variables=variables, include_root=path.parent), engine)
        assert [finding.message for finding in result.diagnostics if finding.code in OURS] == [], path
        known += sum(isinstance(schema, Schema) for schema in result.datasets.values())
    assert known > 150


@pytest.mark.parametrize("sample", ["flights.conf", "stream.conf", "minimal.json"])
def test_the_columns_of_the_samples_are_known_to_the_end(sample: str) -> None:
    """Every dataset of them."""
    result = check_file(ROOT / "samples" / sample, ReadOptions())
    assert result.job is not None
    assert result.datasets
    assert all(isinstance(schema, Schema) and schema.complete for schema in result.datasets.values())


def imports_after(query: str) -> set[str]:
    """Which large libraries a fresh process has loaded after a check of a job with this transform."""
    code = (
        "import sys\nfrom spec.check import check_text\nfrom spec.document import ReadOptions\n"
        "text = 'env { }\\nsource { FakeSource { schema { fields { id = int } } } }\\n"
        f"transform {{ {query} }}\\nsink {{ Console {{ }} }}'\n"
        "assert check_text(text, 'job.conf', ReadOptions()).job is not None\n"
        "print(*(name for name in ('duckdb', 'pyarrow', 'numpy', 'textual') if name in sys.modules))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_engine_is_loaded_for_queries_only() -> None:
    """And never the libraries that carry data."""
    assert imports_after("Filter { include_fields = [id] }") == set()
    assert imports_after('Sql { query = "select id from dual" }') == {"duckdb"}
