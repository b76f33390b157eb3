"""From a document to its graph, as far as it can be told: plugins with mistakes are drawn, and so are datasets nobody makes."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.loader import KINDS
from spec.check import CheckResult
from spec.checks.canonical import Origin
from spec.checks.environment import job_name
from spec.checks.findings import Findings
from spec.checks.options import check_environment, check_plugin
from spec.checks.sections import Outline, outline
from spec.checks.wiring import Node, wire
from spec.diagnostic import Diagnostic, Severity
from spec.document import Dialect
from spec.graph.model import JobGraph, Mark, Vertex, VertexKind

_UNSAID = ""


def graph_of(result: CheckResult, engine: str = "local") -> JobGraph:
    """The graph of a checked document. What is wrong with it stands in ``result``; here it only leaves marks and gaps."""
    unheard = Findings(result.document.source.name)  # the check has told all this already
    root = result.document.root
    if root is None:
        return JobGraph(_UNSAID, (), ())
    parts = outline(root, unheard, engine, blocks_are_sections=result.document.dialect is Dialect.HOCON)
    plugins = [check_plugin(element, unheard, engine) for kind in KINDS for element in parts.elements[kind]]
    graph = wire(plugins, unheard)
    nodes = sorted((*graph.sources, *graph.transforms, *graph.sinks), key=_place)
    return _assembled(_name(parts, result, unheard), nodes, result.diagnostics)


def _place(node: Node) -> tuple[int, int]:
    return KINDS.index(node.kind), node.plugin.element.index


def _name(parts: Outline, result: CheckResult, unheard: Findings) -> str:
    if result.job is not None:
        return result.job.name
    block = parts.environment
    given = check_environment(block, Origin(None, block, "/env"), unheard).data if block is not None else {}
    return job_name(given, result.document.source.name, unheard)


def _assembled(name: str, nodes: list[Node], diagnostics: Iterable[Diagnostic]) -> JobGraph:
    marks = _marks(diagnostics)
    vertices = [
        Vertex(
            kind=VertexKind(node.kind),
            title=node.plugin.element.name,
            output=node.declared_output or _UNSAID,
            mark=marks.get(node.plugin.element.pointer, Mark.NONE),
        )
        for node in nodes
    ]
    index = {node: number for number, node in enumerate(nodes)}
    edges = {(index[before], index[node]): None for node in nodes for before in node.inputs}
    unknown: dict[str, int] = {}
    for node, dataset in _unknown_inputs(nodes):
        start = unknown.setdefault(dataset, len(vertices))
        if start == len(vertices):
            vertices.append(Vertex(VertexKind.UNKNOWN, dataset, mark=Mark.ERROR))
        edges[(start, index[node])] = None
    return JobGraph(name, tuple(vertices), tuple(edges))


def _unknown_inputs(nodes: list[Node]) -> list[tuple[Node, str]]:
    """Who reads a dataset that nobody makes. A plugin that reads another one although it names no dataset of the job runs in
    file order, where names do not count."""
    made = {node.output for node in nodes}
    named = [(node, dataset) for node in nodes for dataset in node.declared_inputs if dataset not in made]
    return [(node, dataset) for node, dataset in named if not (node.inputs and len(node.declared_inputs) == 1)]


def _marks(diagnostics: Iterable[Diagnostic]) -> dict[str, Mark]:
    """The worst of each plugin, by its pointer."""
    marks: dict[str, Mark] = {}
    for diagnostic in diagnostics:
        plugin = "/".join(diagnostic.pointer.split("/")[:3])
        if diagnostic.severity is Severity.ERROR:
            marks[plugin] = Mark.ERROR
        elif diagnostic.severity is Severity.WARNING:
            marks.setdefault(plugin, Mark.WARNING)
    return marks
