"""The columns of every dataset of a job, from the sources along the edges to the sinks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from spec.checks.findings import Findings
from spec.checks.wiring import Graph, Node
from spec.checks.wording import all_of, quoted
from spec.dataflow.report import Reporter
from spec.dataflow.schema import UNKNOWN, DatasetSchema, Schema
from spec.dataflow.sinks import check_sink
from spec.dataflow.sources import source_schema
from spec.dataflow.transforms import transform_schema
from spec.diagnostic import Label

LOCAL = "local"


def check_types(graph: Graph, findings: Findings, engine: str) -> Mapping[str, DatasetSchema]:
    """What is known of every dataset, by its name (generated where the file has none), after reporting every column that is
    missing or does not fit. With another engine than ``local`` only what it surely refuses is reported."""
    made: dict[Node, DatasetSchema] = {}
    outputs = Counter(node.output for node in (*graph.sources, *graph.transforms))
    for node in (*graph.sources, *graph.transforms, *graph.sinks):
        if findings.full:
            break
        report = Reporter(node, findings, engine == LOCAL)
        if node.kind == "sink":
            check_sink(node, _input(node, made, report), report)
            continue
        if node.kind == "source":
            schema = source_schema(node, report)
        else:
            before = _input(node, made, report)
            schema = transform_schema(node, before, report)
            _report_names(node, schema, before, report)
        made[node] = schema if outputs[node.output] == 1 else UNKNOWN  # of two that have the same name a reader may mean either
    return {str(node.output): schema for node, schema in made.items()}


def infer_types(graph: Graph, engine: str = LOCAL) -> Mapping[str, DatasetSchema]:
    """What :func:`check_types` knows, without its findings."""
    return check_types(graph, Findings(""), engine)


def _report_names(node: Node, schema: DatasetSchema, before: DatasetSchema, report: Reporter) -> None:
    """Names that a transform gives, and nothing can have."""
    known = before.names if isinstance(before, Schema) else ()
    for name in schema.names if isinstance(schema, Schema) else ():
        if "\0" in name and name not in known:
            report.problem("T517", f"the {node} makes a column whose name has a NUL character", node.plugin.element.name_span)


def _input(node: Node, made: Mapping[Node, DatasetSchema], report: Reporter) -> DatasetSchema:
    """The columns that ``node`` reads: its inputs are one dataset to it, so they have to have the same."""
    if len(node.inputs) < len(node.declared_inputs):
        return UNKNOWN  # one of them does not exist, which has been told
    schemas = [made.get(before, UNKNOWN) for before in node.inputs]
    if len(schemas) == 1:
        return schemas[0]
    known = [schema for schema in schemas if isinstance(schema, Schema) and schema.complete and schema.typed() is not None]
    if not schemas or len(known) < len(schemas):
        return UNKNOWN
    if all(schema.typed() == known[0].typed() for schema in known):
        return known[0]
    if report.local:
        _report_union(node, known, report)
    return UNKNOWN


def _report_union(node: Node, schemas: list[Schema], report: Reporter) -> None:
    first, other = schemas[0], next(schema for schema in schemas if schema.typed() != schemas[0].typed())
    origin = report.origin("plugin_input")
    report.findings.add(
        "T507",
        f"the {node} reads {all_of(quoted(str(before.output) for before in node.inputs))} as one, but their columns differ",
        origin.value,
        label=_difference(first, other),
        secondary=[Label(schema.made_at, f'the columns of "{schema.dataset}" come from here') for schema in (first, other)],
        notes=("help: make them alike before, with a FieldMapper or Sql transform",),
        pointer=origin.pointer,
    )


def _difference(first: Schema, other: Schema) -> str:
    """The first thing that differs, in words."""
    for one, two in zip(first.columns, other.columns, strict=False):
        if one.name != two.name:
            return f'"{one.name}" in "{first.dataset}", "{two.name}" in "{other.dataset}"'
        if one.type != two.type:
            return f'"{one.name}" is {one.type} in "{first.dataset}", {two.type} in "{other.dataset}"'
    return f'{len(first.columns)} columns in "{first.dataset}", {len(other.columns)} in "{other.dataset}"'
