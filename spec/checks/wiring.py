"""Who reads what: datasets connect the plugins of a job into a graph without cycles, loose ends or doubt."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

from spec.checks.canonical import Canonical, Origin
from spec.checks.findings import Findings
from spec.checks.options import CheckedPlugin
from spec.checks.suggestion import suggest
from spec.checks.wording import all_of, quoted
from spec.diagnostic import Label, Severity


@dataclass(slots=True, eq=False)
class Node:
    """A plugin in the graph. ``inputs`` are the nodes it reads, in the order given; ``output`` its dataset's name (generated
    when the file has none), None for sinks."""

    plugin: CheckedPlugin
    id: str
    output: str | None
    inputs: tuple[Node, ...] = ()

    @property
    def kind(self) -> str:
        """The section the plugin stands in."""
        return self.plugin.element.kind

    @property
    def canonical(self) -> Canonical:
        """The plugin's options."""
        return self.plugin.canonical

    @property
    def declared_inputs(self) -> list[str]:
        """The datasets the file says it reads."""
        declared = self.canonical.data.get("plugin_input", ())
        return [name for name in declared if isinstance(name, str)] if isinstance(declared, list) else []

    @property
    def declared_output(self) -> str | None:
        """The name the file gives its dataset."""
        name = self.canonical.data.get("plugin_output")
        return name if isinstance(name, str) and self.kind != "sink" else None

    def input_origin(self, index: int) -> Origin:
        """Where its input of that index was written."""
        return self.canonical.origin(("plugin_input", index))

    def __str__(self) -> str:
        return f'{self.kind} "{self.plugin.name}"'


@dataclass(frozen=True, slots=True)
class Graph:
    """The wired job: every node knows the nodes it reads; transforms stand in dependency order."""

    sources: tuple[Node, ...]
    transforms: tuple[Node, ...]
    sinks: tuple[Node, ...]


def wire(plugins: list[CheckedPlugin], findings: Findings) -> Graph:
    """Connect the plugins of a job that has at least one source and one sink, reporting every problem. The graph is only
    meaningful when nothing was reported as an error."""
    nodes = [_node(plugin) for plugin in plugins]
    by_kind = {kind: [node for node in nodes if node.kind == kind] for kind in ("source", "transform", "sink")}
    outputs = _outputs(nodes, findings)
    if len(by_kind["source"]) == len(by_kind["sink"]) == 1 and len(by_kind["transform"]) <= 1:
        _wire_in_file_order([*by_kind["source"], *by_kind["transform"], *by_kind["sink"]], findings)
    else:
        _wire_by_name(nodes, outputs, findings)
    transforms = _in_dependency_order(by_kind["transform"], findings)
    return Graph(tuple(by_kind["source"]), transforms, tuple(by_kind["sink"]))


def _node(plugin: CheckedPlugin) -> Node:
    element = plugin.element
    node = Node(plugin, f"{element.kind}-{element.index}-{plugin.name}", None)
    if element.kind != "sink":
        node.id = node.output = node.declared_output or node.id
    return node


def _outputs(nodes: list[Node], findings: Findings) -> dict[str, Node]:
    outputs: dict[str, Node] = {}
    for node in nodes:
        if node.output is None:
            continue
        first = outputs.setdefault(node.output, node)
        if first is not node:
            origin = node.canonical.origin(("plugin_output",))
            findings.add(
                "G402",
                f'two plugins make the dataset "{node.output}"',
                origin.value,
                label="given again",
                secondary=(Label(first.canonical.origin(("plugin_output",)).value.span, "first given here"),),
                notes=("help: give each its own name; who reads both lists both: plugin_input = [...]",),
                pointer=origin.pointer,
            )
    return outputs


def _wire_in_file_order(chain: list[Node], findings: Findings) -> None:
    """One source, at most one transform, one sink: they run in file order whatever the names say."""
    for before, node in pairwise(chain):
        node.inputs = (before,)
        declared = node.declared_inputs
        if declared and declared != [before.output]:
            origin = node.canonical.origin(("plugin_input",))
            findings.add(
                "G405",
                f"{all_of(quoted(declared))} is not what the {node} reads: in a job this simple it reads the {before}",
                origin.value,
                label=f"reads the {before.kind}" if before.declared_output is None else f'reads "{before.output}"',
                severity=Severity.WARNING,
                notes=("one source, one sink and at most one transform run in file order, names or not",),
                pointer=origin.pointer,
            )


def _wire_by_name(nodes: list[Node], outputs: dict[str, Node], findings: Findings) -> None:
    read: set[str] = set()
    suggested: set[str] = set()
    for node in nodes:
        if node.kind == "source":
            continue
        declared = node.declared_inputs
        inputs = [outputs[name] for name in declared if name in outputs] if declared else _implied(node, nodes, findings)
        node.inputs = tuple(inputs)
        read.update(str(before.output) for before in inputs)
        for index, name in enumerate(declared):
            if name not in outputs and not findings.full:
                suggested.update(_unknown_input(node, index, name, outputs, findings))
    used = read | suggested
    for node in nodes:
        if node.output is not None and node.output not in used and outputs[node.output] is node:
            _unused(node, findings)


def _implied(node: Node, nodes: list[Node], findings: Findings) -> list[Node]:
    """The only dataset that a plugin without an input can mean."""
    candidates = [other for other in nodes if other.output is not None and other is not node]
    if len(candidates) == 1:
        return candidates
    names = [other.declared_output for other in candidates if other.declared_output]
    findings.add(
        "G403",
        f'the {node} needs a "plugin_input": there are {len(candidates)} datasets it could read',
        node.plugin.element.name_span,
        label="which dataset does it read?",
        notes=(f"datasets of this job: {', '.join(quoted(names))}",)
        if names
        else ("help: name the datasets with plugin_output",),
        pointer=node.plugin.element.pointer,
    )
    return []


def _unknown_input(node: Node, index: int, name: str, outputs: dict[str, Node], findings: Findings) -> tuple[str, ...]:
    origin = node.input_origin(index)
    known = [str(other.output) for other in outputs.values() if other.declared_output and other is not node]
    suggestion = suggest(name, known)
    findings.add(
        "G401",
        f'the {node} reads "{name}", which no plugin makes',
        origin.value,
        label="no such dataset",
        notes=suggestion.note() or ((f"datasets of this job: {', '.join(quoted(known))}",) if known else ()),
        fix=suggestion.fix(origin.value.span, name),
        pointer=origin.pointer,
    )
    return suggestion.names


def _unused(node: Node, findings: Findings) -> None:
    named = node.declared_output is not None
    origin = node.canonical.origin(("plugin_output",) if named else ())
    findings.add(
        "G404",
        f'nothing reads "{node.output}"' if named else f"nothing reads the {node}: it has no plugin_output",
        origin.value.span if named else node.plugin.element.name_span,
        label="this dataset goes nowhere" if named else "its rows go nowhere",
        notes=("help: name it in the plugin_input of a transform or sink, or remove the plugin",),
        pointer=origin.pointer,
    )


def _in_dependency_order(transforms: list[Node], findings: Findings) -> tuple[Node, ...]:
    """Transforms after what they read, otherwise in file order. Those on a cycle are reported, once per cycle."""
    position = {node: index for index, node in enumerate(transforms)}
    waits_for = {node: sum(before in position for before in node.inputs) for node in transforms}
    readers: dict[Node, list[Node]] = {node: [] for node in transforms}
    for node in transforms:
        for before in node.inputs:
            if before in position:
                readers[before].append(node)
    ready = [position[node] for node in transforms if not waits_for[node]]
    ordered: dict[Node, None] = {}
    while len(ordered) < len(transforms):
        if not ready:
            if findings.full:
                break
            cycle = _cycle([node for node in transforms if node not in ordered])
            _report_cycle(cycle, findings)
            heappush(ready, position[cycle[0]])
        node = transforms[heappop(ready)]
        if node in ordered:
            continue
        ordered[node] = None
        for reader in readers[node]:
            waits_for[reader] -= 1
            if not waits_for[reader] and reader not in ordered:
                heappush(ready, position[reader])
    return tuple(ordered)


def _cycle(waiting: list[Node]) -> list[Node]:
    """A cycle among nodes each of which reads another of them (or itself), in reading order."""
    remaining = set(waiting)
    trail: dict[Node, int] = {}
    node = waiting[0]
    while node not in trail:
        trail[node] = len(trail)
        node = next(before for before in node.inputs if before in remaining)
    return list(trail)[trail[node] :]


def _report_cycle(cycle: list[Node], findings: Findings) -> None:
    names = [str(node.output) for node in cycle]
    labels = [Label(node.canonical.origin(("plugin_input",)).value.span, f'"{node.output}" reads this') for node in cycle]
    loop = " -> ".join(quoted([*reversed(names), names[-1]]))
    findings.add(
        "G406",
        f"the transforms read each other in a circle: {loop}" if len(cycle) > 1 else f'"{names[0]}" reads itself',
        labels[0].span,
        label=labels[0].message,
        secondary=labels[1:],
        pointer=cycle[0].canonical.origin(("plugin_input",)).pointer,
    )
