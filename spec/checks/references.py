"""References to secrets (:mod:`spec.secret_references`): well written, and where the worker puts their values in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.loader import common_options
from spec.checks.canonical import Canonical, Origin, Path, path_text
from spec.checks.findings import Findings
from spec.checks.options import CheckedPlugin
from spec.checks.path_names import makes_a_path
from spec.checks.secret_text import names_a_secret
from spec.checks.secrets import secret_options
from spec.diagnostic import Applicability, Edit, Fix, Severity
from spec.position import Span
from spec.secret_references import is_query, mistakes, outside_of_quotes, references, refers
from spec.value import Scalar

# Other defaults ("${env:dev}") are what SeaTunnel's files mean by them.
_LOOKALIKE: Final = re.compile(r"\$\{(?P<kind>env(?=:[A-Z_])|file(?=:/)):(?:(?P<env>[A-Z0-9_]+)|(?P<file>/[^{}\n]+))\}")
_OUTSIDE: Final = frozenset({"<environment>", "<-i>"})
_FORMS: Final = 'help: a reference is written "${{env:NAME}}" or "${{file:/run/secrets/name}}"'


def check_references(plugin: CheckedPlugin, findings: Findings, engine: str) -> None:
    """Tell of references in a plugin that are written wrongly, or that stand where they stay what they are; and of secrets that
    come into the job when it is read and might wait until it runs."""
    options = plugin.canonical.data
    secrets = {path for path, is_option in secret_options(options, plugin.schema.document) if is_option}
    for path, text in _texts(options):
        if findings.full:
            return
        _check_form(plugin.canonical, path, text, findings, secret=any(path[: len(one)] == one for one in secrets))
        _check_place(plugin, path, text, findings, engine)
    for path, origin in plugin.canonical.origins.items():
        if path in secrets or engine == "local":
            _check_lookalike(path, origin, findings)
    if engine == "local":
        for path in (path for path in plugin.canonical.origins if path):
            _advise(plugin, path, findings, is_secret=path in secrets)


def check_no_references(environment: Canonical, findings: Findings) -> None:
    """The ``env`` block is the daemon's business, which knows no secret."""
    for path, text in _texts(environment.data):
        for found in references(text):
            _misplaced(environment.origin(path), str(found), findings, "the settings of a job take no secrets")


def _check_form(canonical: Canonical, path: Path, text: str, findings: Findings, *, secret: bool) -> None:
    for found in mistakes(text, secret=secret):
        origin = canonical.origin(path)
        written = text[found.start : found.end]
        at = _place(origin, written)
        findings.add("X602", f"this is no reference to a secret: {found.reason}", at, notes=(_FORMS,), pointer=origin.pointer)


def _check_lookalike(path: Path, origin: Origin, findings: Findings) -> None:
    """One brace where two are meant: the name of a variable, or a file, that was used as the text itself."""
    value = origin.value
    if not path or not isinstance(value, Scalar) or not isinstance(value.data, str):
        return
    for found in _LOOKALIKE.finditer(value.span.text):
        kind, name = found["kind"], found["env"] or found["file"]
        if name not in value.data or (kind == "file" and makes_a_path(str(path[0]))):
            continue
        span = Span(value.span.source, value.span.start + found.start(), value.span.start + found.end())
        findings.add(
            "X602",
            f'this is a placeholder "{kind}", and its default is taken as the text: a reference to a secret has two braces',
            Scalar(value.data, span, value.via),
            severity=Severity.WARNING,
            notes=(_FORMS,),
            fix=Fix("write two braces", (Edit(span, f"${{{{{kind}:{name}}}}}"),), Applicability.UNSAFE),
            pointer=origin.pointer,
        )


def _check_place(plugin: CheckedPlugin, path: Path, text: str, findings: Findings, engine: str) -> None:
    origin = plugin.canonical.origin(path)
    names = [str(step) for step in path if isinstance(step, str)]
    for found in references(text):
        if engine != "local":
            why = f"the {engine} engine is given the text as it stands: only flowdeck's own workers put secrets in"
            _misplaced(origin, str(found), findings, why, Severity.WARNING)
        elif names[0] in common_options():
            _misplaced(origin, str(found), findings, f'"{names[0]}" is looked at before a worker runs')
        elif any(makes_a_path(name) for name in names):
            why = "the names of files are no secrets: whoever lists the directory sees them, and checkpoints have them"
            _misplaced(origin, str(found), findings, why)
    if engine == "local" and is_query(plugin.element.kind, plugin.name, path[0]):
        for found in outside_of_quotes(text):
            _misplaced(origin, str(found), findings, "in a query a secret stands inside of single quotes, as a text")


def _misplaced(origin: Origin, written: str, findings: Findings, why: str, severity: Severity = Severity.ERROR) -> None:
    message = "a secret cannot be put in here" if severity is Severity.ERROR else "no secret is put in here"
    at = _place(origin, written)
    findings.add("X603", f"{message}: {why}", at, severity=severity, pointer=origin.pointer)


def _advise(plugin: CheckedPlugin, path: Path, findings: Findings, *, is_secret: bool) -> None:
    origin = plugin.canonical.origin(path)
    value = origin.value
    if not isinstance(value, Scalar) or value.span.source.name not in _OUTSIDE or not isinstance(value.data, str):
        return
    name = value.span.source.text.partition("=")[0]
    if refers(value.data) or not (is_secret or names_a_secret(name)) or makes_a_path(str(path[0])):
        return
    at = value.via[0] if value.via else origin.span
    findings.add(
        "X604",
        f'"{path_text(path)}" of {plugin.name} gets its value when the job is read',
        at,
        label="the daemon keeps the value, sealed",
        severity=Severity.NOTE,
        notes=(f'help: with "${{{{env:{name}}}}}" only the worker has it, from its own environment; or "${{{{file:/path}}}}"',),
        pointer=origin.pointer,
    )


def _place(origin: Origin, written: str) -> Span | Scalar:
    """The reference itself where the text has it as it is written, else the whole value."""
    value = origin.value
    span = value.span
    at = span.text.find(written)
    if at < 0 or not isinstance(value, Scalar):
        return span
    return Scalar(value.data, Span(span.source, span.start + at, span.start + at + len(written)), value.via)


def _texts(options: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    stack: list[tuple[Path, Any]] = [((), options)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            if "${{" in value:
                yield path, value
        elif isinstance(value, Mapping):
            stack.extend(((*path, str(name)), item) for name, item in value.items())
        elif isinstance(value, list):
            stack.extend(((*path, index), item) for index, item in enumerate(value))
