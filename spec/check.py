"""Check a job file: read it, run every check over it, and make the :class:`~spec.job.JobSpec` that the runner executes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.loader import ENGINES, KINDS, environment_schema
from spec.checks.assembly import assemble
from spec.checks.canonical import Canonical, Origin
from spec.checks.concealment import conceal
from spec.checks.engine_support import check_delivery, check_option_support, check_plugin_support
from spec.checks.environment import check_restart_settings, environment_spec, job_name
from spec.checks.field_types import check_column_names, check_field_types
from spec.checks.findings import MAXIMUM_FINDINGS, Findings
from spec.checks.inclusions import show_inclusions
from spec.checks.old_names import check_old_names
from spec.checks.options import CheckedPlugin, check_environment, check_plugin, with_defaults
from spec.checks.placeholders import check_placeholders
from spec.checks.recovery_settings import check_recovery_settings
from spec.checks.references import check_no_references, check_references
from spec.checks.regular_expressions import check_regular_expressions
from spec.checks.secret_text import hide_named_secrets
from spec.checks.secrets import check_secrets
from spec.checks.sections import Element, Outline, outline
from spec.checks.wiring import wire
from spec.dataflow.propagate import check_types, infer_types
from spec.dataflow.schema import DatasetSchema
from spec.diagnostic import Diagnostic, Severity
from spec.document import Dialect, Document, ReadOptions, read_file, read_text
from spec.errors import UsageError
from spec.job import JobSpec
from spec.job_secrets import named_secrets
from spec.position import Span
from spec.suppression import suppress
from spec.syntax.codes import SyntaxCode
from spec.value import Value

# With these the text could not be followed to its end; what breaks only the strict rules of JSON was understood all the same.
_LOST = frozenset({SyntaxCode.TRAILING_TEXT, SyntaxCode.TOO_DEEP, SyntaxCode.TOO_MANY_PROBLEMS, SyntaxCode.TOO_LARGE})
# Findings that something is missing: it may only be missing because its value could not be read.
_ABSENCE = frozenset(("J202", "J206", "J208", "J212", "J213", "G401", "G403", "G404", "G405"))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: ``diagnostics`` in the order of the text, and ``job``, None when any of them is an error.

    ``datasets`` has the columns of every dataset by its name, as far as they are known, errors or not.
    """

    diagnostics: tuple[Diagnostic, ...]
    job: JobSpec | None
    document: Document
    datasets: Mapping[str, DatasetSchema] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        """Whether the job cannot be submitted."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def check_file(path: Path, options: ReadOptions, engine: str = "local") -> CheckResult:
    """Check the file at ``path`` for ``engine``. Never raises for what the file says or for a file that cannot be read: those
    are diagnostics. Raises UsageError for an engine that does not exist."""
    return check_document(read_file(path, options), engine)


def check_text(text: str, name: str, options: ReadOptions, engine: str = "local") -> CheckResult:
    """Check ``text``, shown to people as ``name``; otherwise as :func:`check_file`."""
    return check_document(read_text(text, name, options), engine)


def check_document(document: Document, engine: str = "local") -> CheckResult:
    """Check a document that was read already; otherwise as :func:`check_file`."""
    if engine not in ENGINES:
        raise UsageError(f'there is no engine "{engine}"', hint=f"engines: {', '.join(ENGINES)}")
    broken = [found for found in document.diagnostics if found.severity is Severity.ERROR]
    checked = Findings(document.source.name)
    job = None
    datasets: Mapping[str, DatasetSchema] = {}
    if document.root is not None and not any(found.code in _LOST for found in broken):
        job, datasets = _check(document.root, document, checked, engine)
    else:
        _hide_secrets(document, [])
    if checked.full:
        checked.add(SyntaxCode.TOO_MANY_PROBLEMS, f"more than {MAXIMUM_FINDINGS} problems: the rest is not looked at", None)
    found = suppress([*document.diagnostics, *_reliable(checked, broken, document.doubtful)], document.sources)
    findings = Findings(document.source.name, show_inclusions(found, document.inclusions))
    secrets = {*checked.secrets, *named_secrets(document.environment_used)}
    return CheckResult(conceal(findings.sorted(), secrets), None if findings.has_errors else job, document, datasets)


def _reliable(checked: Findings, broken: list[Diagnostic], doubtful: tuple[Span, ...]) -> tuple[Diagnostic, ...]:
    """What the checks found, without what only follows from values that could not be read, or not be told apart."""
    if not broken:
        return checked.sorted()
    spans = [*(found.primary.span for found in broken if found.primary), *doubtful]
    return tuple(found for found in checked.sorted() if found.code not in _ABSENCE and not _overlaps(found, spans))


def _overlaps(found: Diagnostic, spans: list[Span]) -> bool:
    here = found.primary.span if found.primary else None
    return here is not None and any(
        here.source is span.source and here.start < span.end and span.start < here.end for span in spans
    )


def _check(
    root: Value, document: Document, findings: Findings, engine: str
) -> tuple[JobSpec | None, Mapping[str, DatasetSchema]]:
    parts = outline(root, findings, engine, blocks_are_sections=document.dialect is Dialect.HOCON)
    environment = _check_environment(parts, root, findings, engine)
    elements = [element for kind in KINDS for element in parts.elements[kind]]
    plugins = [_check_plugin(element, findings, engine) for element in elements if not findings.full]
    encrypted = environment.data.get("shade.identifier", "default") != "default"
    for plugin in plugins:
        check_secrets(plugin, findings, document.dialect, engine, encrypted=encrypted)
        check_references(plugin, findings, engine)
        check_placeholders(plugin, findings, document.dialect, engine)
        check_regular_expressions(plugin, findings, engine)
    _hide_secrets(document, plugins)
    name = job_name(environment.data, document.source.name, findings)
    if not parts.complete or len(plugins) < len(elements):
        # The wiring of a job with holes would only be guessed at, but what can be told of its columns helps those who write it.
        return None, infer_types(wire(plugins, Findings(findings.file)), engine)
    graph = wire(plugins, findings)
    # Where values could not be read, columns may only be missing because of that.
    unread = any(found.severity is Severity.ERROR for found in document.diagnostics)
    datasets = check_types(graph, Findings(findings.file) if unread else findings, engine)
    if findings.has_errors:
        return None, datasets
    # Every setting has a value whatever the engine: those it does not act on were told above.
    settings = environment_spec(with_defaults(environment.data, environment_schema(), "local"), environment.data)
    check_delivery(plugins, settings, findings)
    return assemble(name, settings, graph, engine), datasets


def _hide_secrets(document: Document, plugins: list[CheckedPlugin]) -> None:
    """Hide what looks like a secret wherever no schema says what it is."""
    origins = (origin for plugin in plugins if plugin.known for origin in plugin.canonical.origins.values())
    explained = [origin.value.span for origin in origins]
    for source in document.sources:
        hide_named_secrets(source, explained)


def _check_environment(parts: Outline, root: Value, findings: Findings, engine: str) -> Canonical:
    block = parts.environment
    schema = environment_schema()
    if block is None:
        return Canonical({}, {(): Origin(None, root, "")})
    canonical = check_environment(block, Origin(None, block, "/env"), findings)
    check_restart_settings(canonical, findings)
    check_recovery_settings(canonical, findings, engine)
    check_old_names(canonical, schema, findings)
    check_no_references(canonical, findings)
    check_option_support(canonical, schema, findings, engine)
    return canonical


def _check_plugin(element: Element, findings: Findings, engine: str) -> CheckedPlugin:
    plugin = check_plugin(element, findings, engine)
    schema = plugin.schema.document
    check_field_types(plugin.canonical, schema, findings)
    if engine == "local":
        check_column_names(plugin.canonical, findings)
    check_old_names(plugin.canonical, schema, findings)
    check_plugin_support(plugin, findings, engine)
    return plugin
