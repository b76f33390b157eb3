"""The schema of whole job files: valid itself, no stricter than a check, and not blind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from schemas.loader import KINDS, plugin_names
from spec.bundle.job import job_bundle
from spec.check import check_text
from spec.diagnostic import Severity
from spec.document import ReadOptions
from tui.cli.main import flowdeck

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"


@cache
def validator() -> Draft202012Validator:
    """One validator for all tests: it remembers what references mean."""
    return Draft202012Validator(job_bundle())


def refusals(job: Any) -> list[str]:
    """Where and why the bundle refuses a job."""
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(job)]


def is_right(job: Any) -> bool:
    """Whether a check finds nothing wrong in a job that a schema could see. What it does not run here, how plugins are wired
    and which types flow is not a schema's business."""
    found = check_text(json.dumps(job), "job.json", ReadOptions(variables={"rows": "5"})).diagnostics
    errors = [diagnostic.code for diagnostic in found if diagnostic.severity is Severity.ERROR or diagnostic.code == "J201"]
    return all(code.startswith(("E8", "G4", "T")) for code in errors)


def corpus_jobs() -> Iterator[dict[str, Any]]:
    """What SeaTunnel's own reader makes of the job files of the corpus: JSON as it would be written."""
    for path in sorted(CORPUS.rglob("*.parsed.json")):
        job = json.loads(path.read_text())
        if isinstance(job, dict) and all(isinstance(job.get(kind, []), list) for kind in KINDS) and job.get("source"):
            yield job


def job(source: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    """A small job; ``source`` is put over the options of its source."""
    fake = {"plugin_name": "FakeSource", "row.num": 5, "schema": {"fields": {"id": "int"}}}
    return {"env": {}, "source": [{**fake, **(source or {})}], "sink": [{"plugin_name": "Console"}], **sections}


def test_the_bundle_is_a_schema_of_its_own() -> None:
    """It fulfils the metaschema, needs no other document, and every reference leads somewhere."""
    bundle = job_bundle()
    Draft202012Validator.check_schema(bundle)
    assert bundle["$id"]
    stack: list[Any] = [bundle]
    references = set()
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            references |= {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    assert {reference.removeprefix("#/$defs/") for reference in references} <= bundle["$defs"].keys()


def test_every_plugin_has_a_definition() -> None:
    """A plugin that gets a schema is in the bundle."""
    names = {f"{kind}.{name}" for kind in KINDS for name in plugin_names(kind)}
    assert names <= job_bundle()["$defs"].keys()


def test_samples_are_accepted() -> None:
    """The job files in JSON that come with the project."""
    for path in sorted(ROOT.glob("samples/*.json")):
        assert refusals(json.loads(path.read_text())) == [], path


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")
def test_what_a_check_accepts_is_accepted() -> None:
    """Every job of the corpus in which a check finds nothing wrong, in JSON."""
    count = 0
    for found in corpus_jobs():
        if is_right(found):
            count += 1
            assert refusals(found) == [], found
    assert count > 200


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")
def test_most_misspelt_options_of_the_corpus_are_refused() -> None:
    """One letter too many in an option's name: refused wherever a plugin's options are all known."""
    tried = refused = 0
    for found in [job for job in corpus_jobs() if is_right(job)][::4]:
        plugin = found["source"][0]
        name = next((name for name in plugin if not name.startswith("plugin_") and "table_name" not in name), None)
        if name is not None:
            plugin[f"{name}x"] = plugin.pop(name)
            tried += 1
            refused += bool(refusals(found))
    assert tried > 40
    assert refused / tried > 0.9


SPELLINGS: list[dict[str, Any]] = [
    {"plugin_name": "fakesource"},
    {"row.num": "5"},
    {"row.num": "${rows}"},
    {"row": {"num": 5}},
    {"row.num": None},
    {"schema.fields": {"id": "int"}, "schema": {}},
    {"result_table_name": "rows"},
    {"string.fake.mode": "Range"},
    {"string.template": "a, b"},
    {"parallelism": "2"},
]


@pytest.mark.parametrize("options", SPELLINGS, ids=str)
def test_every_spelling_is_accepted(options: dict[str, Any]) -> None:
    """What the canonical form is made from, a person may have written."""
    assert is_right(job(options))
    assert refusals(job(options)) == []


MISTAKES: list[dict[str, Any]] = [
    job({"plugin_name": "FakeSorce"}),
    job({"row.nums": 5}),
    job({"row.num": "many"}),
    job({"row.num": [5]}),
    job({"row.num": -1}),
    job({"string.fake.mode": "sometimes"}),
    job({"schema": "id int"}),
    job(sink=[]),
    job(sink=[{}]),
    job(sink={"Console": {}}),
    job(sink=[{"plugin_name": "Console", "log.print.data": "maybe"}]),
    job(sink=[{"plugin_name": "LocalFile", "file_format_type": "json"}]),
    job(transform=[{"plugin_name": "Sql"}]),
    job(transform=[{"plugin_name": "Filter", "include_fields": ["a"], "exclude_fields": ["b"]}]),
    job(env={"job.mode": "BACH"}),
    {"env": {}, "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"id": "int"}}}]},
]


@pytest.mark.parametrize("mistaken", MISTAKES, ids=lambda found: json.dumps(found)[:60])
def test_mistakes_are_refused(mistaken: dict[str, Any]) -> None:
    """Names, types, enum values, bounds, what is required and what excludes each other."""
    assert refusals(job()) == []
    assert refusals(mistaken) != []


def command(*arguments: str) -> Result:
    """Run the command inside this process."""
    return CliRunner().invoke(flowdeck, ["schema", *arguments], standalone_mode=False)


def test_the_command_prints_schemas() -> None:
    """Of all, of one plugin in any case, of env; each is a schema."""
    assert json.loads(command().stdout)["$id"] == job_bundle()["$id"]
    for arguments in (("fakesource",), ("Console", "--kind", "sink"), ("env",)):
        schema = json.loads(command(*arguments).stdout)
        Draft202012Validator.check_schema(schema)
        assert "$ref" not in json.dumps(schema)


def test_the_command_says_which_plugins_there_are() -> None:
    """An unknown name gets a suggestion, a name in several sections the sections."""
    unknown = command("FakeSorce").exception
    assert getattr(unknown, "hint", None) == "did you mean FakeSource?"
    assert "--kind source|sink" in getattr(command("LocalFile").exception, "hint", "")
    assert getattr(command("--kind", "sink").exception, "exit_code", None) == 2
