"""From one source text to its values: build, evaluate, force."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spec.diagnostic import Diagnostic, Severity
from spec.position import SourceText, Span
from spec.resolver.budget import Budget, Endless, OutputTooLarge
from spec.resolver.build import Builder
from spec.resolver.codes import ResolveCode
from spec.resolver.dialect import PROFILES, Dialect, Profile
from spec.resolver.evaluate import Evaluator
from spec.resolver.externals import RESERVED_NAMES, Externals
from spec.resolver.findings import Findings
from spec.resolver.force import Forcer
from spec.resolver.include import Included, Includer
from spec.resolver.nodes import ListNode, ObjectNode, Via
from spec.resolver.steps import run
from spec.syntax.codes import SyntaxCode
from spec.value import Value


@dataclass(frozen=True, slots=True)
class Resolution:
    """The values of a document, what is wrong with it, and what it took from elsewhere."""

    root: Value | None
    diagnostics: tuple[Diagnostic, ...]
    inclusions: Mapping[SourceText, Via]
    environment_used: Mapping[str, str]
    doubtful: tuple[Span, ...] = ()


def resolve(
    source: SourceText,
    path: Path,
    dialect: Dialect,
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    include_root: Path | None,
) -> Resolution:
    """Resolve ``source``, which lies (or would lie) at ``path``. Never raises for what the text says."""
    profile = PROFILES[dialect]
    findings = Findings()
    externals = Externals(variables, environment)
    includer = Includer(include_root, findings)
    _check_variables(variables, profile, findings)
    chain = (Path(os.path.realpath(path)),) if include_root else ()
    start = Included(source, path, (), chain)
    root_node: ObjectNode | ListNode = run(Builder(start, profile, includer, findings).root())
    root = _values(root_node, profile, externals, findings)
    for name, span in externals.shadowed.items():
        message = f"-i {name} has no effect here: the environment variable of that name wins"
        findings.warn(ResolveCode.VARIABLE_SHADOWED, span, message)
    if isinstance(root_node, ListNode) and profile.sections:
        findings.add(SyntaxCode.JSON_ROOT, root_node.span, "a job file holds env, source, transform and sink, not a list")
        root = None
    return Resolution(root, findings.all(), includer.inclusions, externals.environment_used, findings.doubtful)


def _values(root: ObjectNode | ListNode, profile: Profile, externals: Externals, findings: Findings) -> Value | None:
    budget = Budget()
    outer = root if isinstance(root, ObjectNode) else ObjectNode(root.span)
    enclosing: dict[int, Span] = {}
    evaluator = Evaluator(outer, externals, findings, budget, enclosing)
    try:
        value: Value = run(Forcer(evaluator, profile, externals, findings, budget, enclosing).value(root, ()))
    except OutputTooLarge as problem:
        findings.add(ResolveCode.OUTPUT_TOO_LARGE, problem.span, problem.message, label="this makes too much")
        return None
    except Endless as problem:
        findings.add(ResolveCode.CYCLE, problem.span, problem.message, label="part of a cycle")
        return None
    return value


def _check_variables(variables: Mapping[str, str], profile: Profile, findings: Findings) -> None:
    """Names that the engine fills in per table cannot be given."""
    if not profile.placeholders:
        return
    for name in sorted(RESERVED_NAMES & variables.keys()):
        source = SourceText("<-i>", f"{name}={variables[name]}")
        message = f"`{name}` is filled in per table and cannot be given with -i"
        findings.add(ResolveCode.RESERVED_VARIABLE, Span(source, 0, len(name)), message, severity=Severity.ERROR)
