"""The outline of a job file: its ``env`` block and the plugins of each section, as written."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.loader import KINDS
from spec.checks.canonical import pointer_step
from spec.checks.findings import Findings
from spec.checks.suggestion import suggest
from spec.checks.wording import described
from spec.diagnostic import Severity
from spec.position import Span
from spec.value import Field, ListValue, ObjectValue, Scalar, Value, to_plain

_SECTIONS = ("env", *KINDS)
_LEFT_OUT = frozenset({"env", "transform"})
"""Sections that a job file may lack: nothing else tells of one that is misspelt."""


@dataclass(frozen=True, slots=True)
class Element:
    """One plugin of a section as written: ``name`` in the file's spelling, ``name_span`` where it stands."""

    kind: str
    index: int
    name: str
    name_span: Span
    block: ObjectValue
    pointer: str


@dataclass(slots=True)
class Outline:
    """The parts of a job file. A section that could not be read is empty; ``complete`` says whether all could."""

    environment: ObjectValue | None = None
    elements: dict[str, list[Element]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    complete: bool = True


def outline(root: Value, findings: Findings, engine: str, *, blocks_are_sections: bool) -> Outline:
    """Read the outline, reporting what is missing or misshapen. ``blocks_are_sections``: a section may be an object whose
    keys are plugin names, as the general HOCON dialect has it."""
    result = Outline()
    if not isinstance(root, ObjectValue):
        findings.add("J203", f"a job file must be an object, found {described(to_plain(root))}", root)
        result.complete = False
        return result
    _misspelt_sections(root, findings, engine)
    _environment(root, findings, result)
    for kind in KINDS:
        _section(root, kind, findings, result, blocks_are_sections=blocks_are_sections)
    return result


def _misspelt_sections(root: ObjectValue, findings: Findings, engine: str) -> None:
    """Other top-level keys are variables, but one that looks like a section and holds a block is most likely a mistake. A job
    that runs here would run without it."""
    for entry in root.fields:
        if entry.key in _SECTIONS or isinstance(entry.value, Scalar):
            continue
        suggestion = suggest(entry.key, _SECTIONS, taken=set(root.keys()))
        if suggestion.names:
            findings.add(
                "J214",
                f'"{entry.key}" is not a section of a job file',
                entry.key_span,
                label="this block has no effect",
                severity=Severity.ERROR if suggestion.certain in _LEFT_OUT and engine == "local" else Severity.WARNING,
                notes=suggestion.note(),
                fix=suggestion.fix(entry.key_span, entry.key),
                pointer=f"/{pointer_step(entry.key)}",
            )


def _environment(root: ObjectValue, findings: Findings, result: Outline) -> None:
    entry = root.field("env")
    if entry is None or (isinstance(entry.value, Scalar) and entry.value.data is None):
        findings.add(
            "J213",
            "the job file has no env block",
            Span(root.span.source, root.span.start, root.span.start),
            severity=Severity.WARNING,
            notes=(
                'SeaTunnel refuses such a file; flowdeck runs it as a batch job. Write env { job.mode = "BATCH" } to say so.',
            ),
        )
    elif isinstance(entry.value, ObjectValue):
        result.environment = entry.value
    else:
        findings.add("J203", f'"env" must be an object, found {described(to_plain(entry.value))}', entry.value, pointer="/env")
        result.complete = False


def _section(root: ObjectValue, kind: str, findings: Findings, result: Outline, *, blocks_are_sections: bool) -> None:
    entry = root.field(kind)
    items = _items(entry, blocks_are_sections=blocks_are_sections) if entry else ()
    if entry is not None and items is None:
        found = described(to_plain(entry.value))
        findings.add("J203", f'"{kind}" must be a list of plugins, found {found}', entry.value, pointer=f"/{kind}")
        result.complete = False
        return
    if not items and kind != "transform":
        _empty_section(root, kind, entry, findings)
        result.complete = False
    for index, item in enumerate(items or ()):
        element = _element(kind, index, item, findings)
        if element is None:
            result.complete = False
        else:
            result.elements[kind].append(element)


def _items(entry: Field, *, blocks_are_sections: bool) -> tuple[Value, ...] | None:
    value = entry.value
    if isinstance(value, ListValue):
        return value.items
    if isinstance(value, ObjectValue) and (blocks_are_sections or not value.fields):
        return tuple(_named(item) for item in value.fields)
    if isinstance(value, Scalar) and value.data is None:
        return ()
    return None


def _named(item: Field) -> Value:
    """The block of a plugin with its key as ``plugin_name``, unless it has one."""
    block = item.value
    if not isinstance(block, ObjectValue) or block.field("plugin_name") is not None:
        return block
    name = Field("plugin_name", item.key_span, Scalar(item.key, item.key_span))
    return ObjectValue((*block.fields, name), block.span, block.via)


def _empty_section(root: ObjectValue, kind: str, entry: Field | None, findings: Findings) -> None:
    misspelt = None if entry else _misspelt(root, kind)
    at = entry or misspelt
    findings.add(
        "J212",
        f"the job file has no {kind}",
        at.key_span if at else Span(root.span.source, root.span.start, root.span.start),
        label="no plugin in here" if entry else f"is this meant to be the {kind}?" if misspelt else "",
        notes=(f"help: a job needs at least one source and one sink: {kind} {{ ... }}",),
        pointer=f"/{kind}" if entry else "",
    )


def _misspelt(root: ObjectValue, kind: str) -> Field | None:
    """The block that was most likely meant to be the section ``kind``."""
    others = (entry for entry in root.fields if entry.key not in _SECTIONS and not isinstance(entry.value, Scalar))
    return next((entry for entry in others if suggest(entry.key, _SECTIONS).certain == kind), None)


def _element(kind: str, index: int, item: Value, findings: Findings) -> Element | None:
    pointer = f"/{kind}/{index}"
    if not isinstance(item, ObjectValue):
        found = described(to_plain(item))
        findings.add("J203", f"a plugin of {kind} must be an object, found {found}", item, pointer=pointer)
        return None
    name = item.field("plugin_name")
    if name is None or (isinstance(name.value, Scalar) and name.value.data in (None, "")):
        findings.add(
            "J211",
            f'this {kind} has no "plugin_name"',
            _opening(item.span) if name is None else name.value,
            label="which plugin is it?",
            pointer=pointer,
        )
        return None
    if not isinstance(name.value, Scalar) or not isinstance(name.value.data, str):
        found = described(to_plain(name.value))
        findings.add("J203", f'"plugin_name" must be a text, found {found}', name.value, pointer=f"{pointer}/plugin_name")
        return None
    return Element(kind, index, name.value.data, name.value.span, item, pointer)


def _opening(span: Span) -> Span:
    """The first character of a block, which says where it is without underlining all of it."""
    return Span(span.source, span.start, min(span.start + 1, span.end))
