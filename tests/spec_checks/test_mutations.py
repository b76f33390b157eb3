"""Break every valid job of the corpus in one place, and see that the check tells, at the right line.

What an option is called, what its type is and whether it is required comes from the catalogue of SeaTunnel's source, not
from the schemas under test. A run tries a sample; with ``FLOWDECK_MUTATIONS=all`` it tries every mutation there is. The rates
are printed (``pytest -s``).
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spec.check import check_document, check_file, check_text
from spec.diagnostic import Diagnostic
from spec.document import Document, ReadOptions
from spec.value import Field, ListValue, ObjectValue, Scalar, Value

SHARED = Path(__file__).parents[2].parent / "shared"
CORPUS = SHARED / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")

SAMPLES = 160  # of each kind
WANTED = 0.95
VARIABLES = {"c_string": "string", "nameType": "string", "ageType": "int", "rowNum": "10", "file_format_type": "text"}
COMMON = {"plugin_name", "plugin_input", "plugin_output", "source_table_name", "result_table_name", "parallelism"}
INPUTS = ("plugin_input", "source_table_name")
OUTPUTS = ("plugin_output", "result_table_name")
# A value that an option of the type cannot have.
WRONG = {"int": '"many"', "long": '"many"', "double": '"many"', "boolean": '"perhaps"', "enum": '"no_such_value"'}


@dataclass(frozen=True)
class Job:
    """A valid job: how it was read, the engine it is valid for and what is said of it as it is."""

    document: Document
    options: ReadOptions
    engine: str
    said: Counter[tuple[str, int, str]]


@dataclass(frozen=True)
class Mutation:
    """One change: ``text`` instead of characters ``start`` to ``end``. A finding at one of ``lines`` tells it."""

    kind: str
    job: Job
    start: int
    end: int
    text: str
    lines: frozenset[int]

    def mutated(self) -> str:
        """The whole text with the change, as many lines as before."""
        text = self.job.document.source.text
        lost = text[self.start : self.end].count("\n") - self.text.count("\n")
        return text[: self.start] + self.text + "\n" * lost + text[self.end :]

    def is_reported(self) -> bool:
        """Whether a check of the mutated text says something new at the right line."""
        result = check_text(self.mutated(), self.job.document.source.name, self.job.options, self.job.engine)
        new = Counter(map(said_of, result.diagnostics)) - self.job.said
        return any(line in self.lines for _, line, _ in new)

    def __str__(self) -> str:
        was = self.job.document.source.text[self.start : self.end].split("\n")[0]
        return f"{Path(self.job.document.source.name).name}:{min(self.lines)}: {was[:40]!r} -> {self.text[:40]!r}"


def said_of(found: Diagnostic) -> tuple[str, int, str]:
    """A finding by its code, line and words."""
    return found.code, found.primary.span.start_position()[0] if found.primary else 0, found.message


@cache
def catalogue() -> dict[str, Any]:
    """What SeaTunnel's source declares."""
    found: dict[str, Any] = json.loads((SHARED / "catalogue" / "seatunnel-options.json").read_text())
    return found


@cache
def declared(kind: str, name: str) -> Mapping[str, Any]:
    """The catalogue's entry of a plugin; empty when it has none."""
    return next((entry for each, entry in catalogue()[kind].items() if each.lower() == name.lower()), {})


@cache
def jobs() -> tuple[Job, ...]:
    """The jobs of the corpus in which nothing is wrong for SeaTunnel; checked for the local engine where they run there."""
    found = []
    for entry in json.loads((CORPUS / "manifest.json").read_text()):
        if entry["class"] == "not-a-job-file" or entry["expected"] == "fail":
            continue
        path = CORPUS / entry["path"]
        variables = {name: VARIABLES.get(name, "x") for name in entry.get("variables") or ()}
        options = ReadOptions(variables=variables, include_root=path.parent)
        result = check_file(path, options, "seatunnel")
        if result.has_errors or not isinstance(result.document.root, ObjectValue):
            continue
        local = check_document(result.document, "local")
        engine, result = ("seatunnel", result) if local.has_errors else ("local", local)
        found.append(Job(result.document, options, engine, Counter(map(said_of, result.diagnostics))))
    return tuple(found)


def plugins(job: Job) -> Iterator[tuple[str, ObjectValue, Scalar]]:
    """Every plugin of a job: its section, its block and its name."""
    assert isinstance(job.document.root, ObjectValue)
    for kind in ("source", "transform", "sink"):
        section = job.document.root.get(kind)
        for block in section.items if isinstance(section, ListValue) else ():
            name = block.get("plugin_name") if isinstance(block, ObjectValue) else None
            if isinstance(block, ObjectValue) and isinstance(name, Scalar):
                yield kind, block, name


def written(job: Job, block: ObjectValue) -> Iterator[Field]:
    """The options of a block that stand in the job file itself, once and as they are."""
    for entry in block.fields:
        spans = (entry.key_span, entry.value.span)
        here = all(span.source is job.document.source for span in spans) and not entry.value.via
        if here and entry.key_span.text.strip('"') == entry.key and entry.key != "plugin_name":
            yield entry


def option_of(kind: str, name: str, key: str) -> Mapping[str, Any] | None:
    """The catalogue's entry of an option by its name or another spelling."""
    entries = catalogue()["env"]["options"] if kind == "env" else declared(kind, name).get("options", ())
    named = [entry for entry in entries if key == entry["name"] or key in (entry.get("aliases") or ())]
    return named[0] if named else None


def line_of(job: Job, offset: int) -> int:
    """The line of an offset."""
    return job.document.source.line_column(offset)[0]


def misspelt(name: str) -> str:
    """A name as a hurried person writes it: two letters swapped, or one left out or doubled."""
    places = [at for at in range(len(name) - 1) if name[at] != name[at + 1] and (name[at] + name[at + 1]).isalpha()]
    if not places:
        return name + "x"
    chance = zlib.crc32(name.encode())
    at = places[chance % len(places)]
    swapped = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return (swapped, name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:])[chance % 3]


def blocks(job: Job) -> Iterator[tuple[str, str, ObjectValue]]:
    """Every plugin's block and that of ``env``."""
    assert isinstance(job.document.root, ObjectValue)
    environment = job.document.root.get("env")
    if isinstance(environment, ObjectValue):
        yield "env", "env", environment
    for kind, block, name in plugins(job):
        yield kind, str(name.data), block


def misspellings(job: Job) -> Iterator[Mutation]:
    """Every option of the catalogue that the job gives, its name misspelt."""
    for kind, name, block in blocks(job):
        for entry in written(job, block):
            if option_of(kind, name, entry.key) is not None or (kind != "env" and entry.key in COMMON):
                span = entry.key_span
                text = span.text.replace(entry.key, misspelt(entry.key))
                yield Mutation("misspelt option", job, span.start, span.end, text, frozenset({line_of(job, span.start)}))


def nested_misspellings(job: Job) -> Iterator[Mutation]:
    """Every key inside ``schema``, Assert's rules, and entries of several tables that the catalogue knows, misspelt."""
    known = {entry["name"] for entry in catalogue()["common"]["schema"]["options"]}
    known |= {entry["name"].rpartition(".")[2] for entry in declared("sink", "Assert")["options"]}
    for _, block, _ in plugins(job):
        for entry in written(job, block):
            if entry.key in ("schema", "rules", "tables_configs"):
                for key in keys_below(job, entry.value):
                    if key.key in known:
                        span = key.key_span
                        text = span.text.replace(key.key, misspelt(key.key))
                        at = frozenset({line_of(job, span.start)})
                        yield Mutation("misspelt nested option", job, span.start, span.end, text, at)


def keys_below(job: Job, value: Value) -> Iterator[Field]:
    """The keys of all objects in ``value``, except the columns' own names."""
    if isinstance(value, ListValue):
        for item in value.items:
            yield from keys_below(job, item)
    elif isinstance(value, ObjectValue):
        for entry in written(job, value):
            yield entry
            if entry.key not in ("fields", "equals_to", "field_type", "rows"):
                yield from keys_below(job, entry.value)


def omissions(job: Job) -> Iterator[Mutation]:
    """Every option that the plugin's rules require, left out. What is missing is told at the plugin's name."""
    for kind, block, name in plugins(job):
        required = set(required_options(kind, str(name.data), block))
        for entry in written(job, block):
            option = option_of(kind, str(name.data), entry.key)
            if option is not None and option["name"] in required:
                end = entry.value.span.end
                following = job.document.source.text[end:]
                if following.lstrip().startswith(","):
                    end += len(following) - len(following.lstrip()) + 1
                at = line_of(job, name.span.start)
                yield Mutation("missing option", job, entry.key_span.start, end, "", frozenset({at}))


def required_options(kind: str, name: str, block: ObjectValue) -> Iterator[str]:
    """The options that SeaTunnel's rules require of this block and that have no default."""
    given = {entry.key: entry.value.data for entry in block.fields if isinstance(entry.value, Scalar)}
    options = {option["name"]: option for option in declared(kind, name).get("options", ())}
    for rule in declared(kind, name).get("rules", ()):
        if rule["kind"] == "conditional":
            when = rule["when"]
            value = given.get(when["option"], options.get(when["option"], {}).get("default"))
            holds = str(value).lower() in {str(each).lower() for each in when["in"]}
        else:
            holds = rule["kind"] == "required"
        yield from (each for each in rule["options"] if holds and options[each]["default"] is None)


def broken_references(job: Job) -> Iterator[Mutation]:
    """Every input that names a dataset, named otherwise; and every output that is named, where an input names it."""
    inputs = list(references(job, INPUTS))
    for value in inputs:
        at = frozenset({line_of(job, value.span.start)})
        yield Mutation("broken reference", job, value.span.start, value.span.end, '"nowhere_to_be_found"', at)
    for value in references(job, OUTPUTS):
        users = {line_of(job, user.span.start) for user in inputs if user.data == value.data}
        if users:
            lines = frozenset({*users, line_of(job, value.span.start)})
            yield Mutation("broken reference", job, value.span.start, value.span.end, '"renamed_output"', lines)


def references(job: Job, keys: tuple[str, ...]) -> Iterator[Scalar]:
    """The names of datasets under ``keys``."""
    for _, block, _ in plugins(job):
        for entry in written(job, block):
            if entry.key in keys and isinstance(entry.value, Scalar) and isinstance(entry.value.data, str):
                yield entry.value
            elif entry.key in keys and isinstance(entry.value, ListValue):
                yield from (item for item in entry.value.items if isinstance(item, Scalar))


def wrong_types(job: Job) -> Iterator[Mutation]:
    """Every option of the catalogue that the job gives, with a value of another type; and every column with a type that is
    none."""
    for kind, name, block in blocks(job):
        for entry in written(job, block):
            option = option_of(kind, name, entry.key)
            if option is not None:
                yield changed(job, entry.value, wrong_value(option["type"]))
            if entry.key == "schema" and isinstance(entry.value, ObjectValue):
                yield from wrong_columns(job, entry.value)


def wrong_columns(job: Job, schema: ObjectValue) -> Iterator[Mutation]:
    """Every simple column with a misspelt type."""
    fields = schema.get("fields")
    for entry in written(job, fields) if isinstance(fields, ObjectValue) else ():
        if isinstance(entry.value, Scalar) and isinstance(entry.value.data, str):
            yield changed(job, entry.value, f'"{misspelt(entry.value.data)}"')


def wrong_value(declared_type: str) -> str:
    """A value that an option of the type cannot have."""
    if declared_type in WRONG:
        return WRONG[declared_type]
    return "{ a = 1 }" if declared_type == "string" or declared_type.startswith("list") else "7"


def changed(job: Job, value: Value, text: str) -> Mutation:
    """The value replaced."""
    return Mutation("wrong type", job, value.span.start, value.span.end, text, frozenset({line_of(job, value.span.start)}))


KINDS = {
    "misspelt option": misspellings,
    "misspelt nested option": nested_misspellings,
    "missing option": omissions,
    "broken reference": broken_references,
    "wrong type": wrong_types,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_job_is_reported_at_the_right_line(kind: str) -> None:
    """At least 95 of 100 mutations are told where they are."""
    every = [mutation for job in jobs() for mutation in KINDS[kind](job)]
    step = 1 if os.environ.get("FLOWDECK_MUTATIONS") == "all" else max(1, len(every) // SAMPLES)
    tried = every[::step]
    missed = [mutation for mutation in tried if not mutation.is_reported()]
    rate = 1 - len(missed) / len(tried)
    print(
        f"\n{kind}: {rate:.1%} of {len(tried)} (of {len(every)}) mutations of {len(jobs())} jobs are reported at the right line"
    )
    for mutation in missed:
        print(f"  not reported: {mutation}")
    assert len(tried) > SAMPLES // 2
    assert rate >= WANTED, [str(mutation) for mutation in missed]
