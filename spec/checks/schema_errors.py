"""What a schema's refusal means to a person: each error of the JSON Schema library becomes a finding at the exact place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spec.checks.canonical import Canonical, Path, Schema, path_text
from spec.checks.findings import Findings
from spec.checks.suggestion import suggest
from spec.checks.wording import all_of, any_of, described, example, expected, quoted, shown
from spec.diagnostic import Label, Severity
from spec.types import FieldTypeError, parse_field_type

if TYPE_CHECKING:  # see spec.checks.validation
    from jsonschema.exceptions import ValidationError

_NAMED = 3
_PLACEHOLDER = re.compile(r"\$\{([^:{}]+)(?::[^}]*)?\}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is being validated: ``name`` as people call it ("FakeSource", "env"), its schema, its options and where to report.

    ``unknown`` is how bad an unknown option is.
    """

    name: str
    schema: Schema
    canonical: Canonical
    findings: Findings
    unknown: Severity = Severity.ERROR

    def owner(self, path: Path) -> str:
        """What the options at ``path`` belong to: the subject, or one of its options."""
        return f"{self.name}'s {path_text(path)}" if path else self.name


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of the library, typed: the ``keyword`` that refused, its value (``rule``), what it refused and where."""

    keyword: str
    rule: Any
    instance: Any
    schema: Mapping[str, Any]
    path: Path
    schema_path: tuple[str | int, ...]
    message: str


def report(subject: Subject, errors: Iterable[ValidationError]) -> None:
    """Add a finding for every error. Of several errors of one value only the one about its type is told, and of several
    enums that refuse it the first."""
    problems = [_problem(error) for error in errors]
    mistyped = {problem.path for problem in problems if problem.keyword == "type"}
    told: set[Path] = set()
    for problem in problems:
        if subject.findings.full:
            return
        if (problem.keyword != "type" and problem.path in mistyped) or (problem.keyword == "enum" and problem.path in told):
            continue
        if problem.keyword == "enum":
            told.add(problem.path)
        _REPORTERS.get(problem.keyword, _other)(subject, problem)


def _problem(error: ValidationError) -> Problem:
    return Problem(
        keyword=str(error.validator),
        rule=error.validator_value,
        instance=error.instance,
        schema=error.schema if isinstance(error.schema, Mapping) else {},
        path=tuple(error.absolute_path),
        schema_path=tuple(error.absolute_schema_path),
        message=error.message,
    )


def _unknown(subject: Subject, problem: Problem) -> None:
    known = problem.schema.get("properties", {})
    unknown = [key for key in problem.instance if key not in known and not _by_pattern(key, problem.schema)]
    if "fields" in known and not problem.instance.keys() & {"fields", "columns"} and _are_columns(problem, unknown):
        _columns_outside_fields(subject, problem, unknown)
        return
    for key in unknown:
        if subject.findings.full:
            return
        origin = subject.canonical.origin((*problem.path, key))
        suggestion = suggest(key, known, taken=problem.instance)
        subject.findings.add(
            "J201",
            f'unknown option "{key}"',
            origin.key_span or origin.value,
            label=f"{subject.owner(problem.path)} has no such option",
            severity=subject.unknown,
            notes=suggestion.note(),
            fix=suggestion.fix(origin.key_span, key),
            pointer=origin.pointer,
        )


def _are_columns(problem: Problem, keys: Iterable[str]) -> bool:
    """Whether all of these look like columns with their types, and none like a misspelt option."""
    try:
        for key in keys:
            parse_field_type(problem.instance[key])
    except FieldTypeError:
        return False
    return not any(suggest(key, problem.schema["properties"]).names for key in keys)


def _columns_outside_fields(subject: Subject, problem: Problem, columns: list[str]) -> None:
    """One finding for all columns that stand in ``schema`` itself."""
    origins = [subject.canonical.origin((*problem.path, column)) for column in columns]
    more = len(columns) - _NAMED
    names = all_of([*quoted(columns[:_NAMED]), *([f"{more} more"] if more > 0 else ())])
    subject.findings.add(
        "J201",
        f"columns of {subject.owner(problem.path)} stand outside of its fields: {names}",
        origins[0].key_span or origins[0].span,
        label="a column, no option",
        severity=subject.unknown,
        notes=("help: put them into a block of their own: schema { fields { ... } }",),
        pointer=origins[0].pointer,
    )


def _by_pattern(key: str, schema: Mapping[str, Any]) -> bool:
    return any(re.search(pattern, key) for pattern in schema.get("patternProperties", ()))


def _required(subject: Subject, problem: Problem) -> None:
    missing = next(name for name in problem.rule if f"'{name}'" in problem.message)
    owner = subject.canonical.origin(problem.path)
    condition = _condition(subject, problem, problem.path)
    because = f" because {condition.words}" if condition else ""
    option = subject.schema.get("properties", {}).get(missing, {}) if not problem.path else {}
    subject.findings.add(
        "J208" if condition else "J202",
        f'missing option "{missing}": {subject.owner(problem.path)} needs it{because}',
        owner.span,
        label=f'"{missing}" is missing',
        secondary=condition.labels if condition else (),
        notes=example(missing, option),
        pointer=owner.pointer,
    )


@dataclass(frozen=True, slots=True)
class _Condition:
    words: str
    labels: tuple[Label, ...]


def _condition(subject: Subject, problem: Problem, owner: Path) -> _Condition | None:
    """The condition on options of ``owner`` under which a rule holds that stands in the ``then`` of an ``if``."""
    steps = list(problem.schema_path)
    if "then" not in steps:
        return None
    at = len(steps) - 1 - steps[::-1].index("then")
    node: Any = subject.schema
    for step in steps[:at]:  # down to the schema that holds the `if`
        node = node[step]
    tested = node["if"].get("properties", {})
    given = {name for name in tested if (*owner, name) in subject.canonical.origins}
    words = [_condition_words(name, rule) + ("" if name in given else " by default") for name, rule in tested.items()]
    if not words:
        return None
    labels = [Label(subject.canonical.origin((*owner, name)).span, "asked for here") for name in tested if name in given]
    return _Condition(all_of(words), tuple(labels))


def _condition_words(name: str, rule: Mapping[str, Any]) -> str:
    values = [rule["const"]] if "const" in rule else rule["enum"]
    return f"{name} is {any_of([shown(value) for value in values])}"


def _type(subject: Subject, problem: Problem) -> None:
    origin = subject.canonical.origin(problem.path)
    subject.findings.add(
        "J203",
        f'"{path_text(problem.path)}" must be {expected(problem.rule)}, found {described(problem.instance)}',
        origin.value,
        label=f"expected {expected(problem.rule)}",
        notes=_unset_variable(problem.instance) or _example(problem),
        pointer=origin.pointer,
    )


def _enum(subject: Subject, problem: Problem) -> None:
    origin = subject.canonical.origin(problem.path)
    allowed = [str(value) for value in problem.rule]
    suggestion = suggest(str(problem.instance), allowed)
    condition = _condition(subject, problem, problem.path[:-1])
    because = f" because {condition.words}" if condition else ""
    subject.findings.add(
        "J204",
        f'{shown(problem.instance)} is not a value of "{path_text(problem.path)}"{because}',
        origin.value,
        label=f"expected {any_of(allowed)}",
        secondary=condition.labels if condition else (),
        notes=_unset_variable(problem.instance) or suggestion.note(),
        fix=suggestion.fix(origin.value.span, str(problem.instance)),
        pointer=origin.pointer,
    )


def _example(problem: Problem) -> tuple[str, ...]:
    key = problem.path[-1] if problem.path else None
    return example(key, problem.schema) if isinstance(key, str) else ()


def _unset_variable(value: Any) -> tuple[str, ...]:
    """A reference in quotes that nobody gave a value stays as it is, and then is seldom what an option takes."""
    found = _PLACEHOLDER.search(value) if isinstance(value, str) else None
    return (f"help: give the variable a value: -i {found[1]}=...",) if found else ()


_BOUNDS: Mapping[str, Callable[[Any], str]] = {
    "minimum": lambda bound: f"at least {bound}",
    "maximum": lambda bound: f"at most {bound}",
    "minLength": lambda bound: "not empty" if bound == 1 else f"at least {bound} characters long",
    "maxLength": lambda bound: f"at most {bound} characters long",
    "minItems": lambda bound: "not empty" if bound == 1 else f"a list of at least {bound}",
    "minProperties": lambda bound: "not empty" if bound == 1 else f"an object of at least {bound}",
    "uniqueItems": lambda _bound: "a list without repetitions",
}


def _bound(subject: Subject, problem: Problem) -> None:
    origin = subject.canonical.origin(problem.path)
    words = _BOUNDS[problem.keyword](problem.rule)
    must = "must not be empty" if words == "not empty" else f"must be {words}"
    subject.findings.add(
        "J205",
        f'"{path_text(problem.path) if problem.path else subject.name}" {must}, found {shown(problem.instance)}',
        origin.value,
        label=must,
        pointer=origin.pointer,
    )


def _pattern(subject: Subject, problem: Problem) -> None:
    origin = subject.canonical.origin(problem.path)
    subject.findings.add(
        "J209",
        f'{shown(problem.instance)} is not allowed as "{path_text(problem.path)}"',
        origin.value,
        label="not in the form that is asked for",
        notes=(f"help: {description}",) if (description := problem.schema.get("description")) else (),
        pointer=origin.pointer,
    )


def _exclusive(subject: Subject, problem: Problem) -> None:
    """``oneOf`` of requirements: exactly one of these options."""
    names = [name for branch in problem.rule for name in branch.get("required", ())]
    present = [name for name in names if name in problem.instance]
    options = any_of(quoted(names))
    if not present:
        owner = subject.canonical.origin(problem.path)
        subject.findings.add(
            "J206",
            f"{subject.owner(problem.path)} needs one of {options}",
            owner.span,
            label="none of them is given",
            notes=("help: give exactly one of them",),
            pointer=owner.pointer,
        )
        return
    _clash(subject, problem.path, present)


def _forbidden(subject: Subject, problem: Problem) -> None:
    """``not`` of a requirement: never these options together."""
    _clash(subject, problem.path, problem.rule["required"])


def _clash(subject: Subject, path: Path, present: list[str]) -> None:
    origins = sorted((subject.canonical.origin((*path, name)) for name in present), key=lambda origin: origin.span.start)
    subject.findings.add(
        "J206",
        f"{all_of(quoted(present))} exclude each other: {subject.owner(path)} takes only one of them",
        origins[-1].span,
        label="given as well",
        secondary=[Label(origin.span, "given here") for origin in origins[:-1]],
        notes=("help: keep one of them and remove the others",),
        pointer=origins[-1].pointer,
    )


def _bundled(subject: Subject, problem: Problem) -> None:
    """``dependentRequired``: these options only together. The library reports each missing one on its own."""
    pairs = ((given, missing) for given, needed in problem.rule.items() for missing in needed)
    given, missing = next(pair for pair in pairs if problem.message == f"{pair[1]!r} is a dependency of {pair[0]!r}")
    origin = subject.canonical.origin((*problem.path, given))
    subject.findings.add(
        "J207",
        f'"{given}" also needs "{missing}"',
        origin.span,
        label=f'given without "{missing}"',
        notes=example(missing, subject.schema.get("properties", {}).get(missing, {}) if not problem.path else {}),
        pointer=origin.pointer,
    )


def _other(subject: Subject, problem: Problem) -> None:
    """A rule without words of its own: still a finding, in the library's words."""
    origin = subject.canonical.origin(problem.path)
    subject.findings.add("J209", f"{subject.owner(problem.path)}: {problem.message}", origin.span, pointer=origin.pointer)


_REPORTERS: Mapping[str, Callable[[Subject, Problem], None]] = {
    "additionalProperties": _unknown,
    "required": _required,
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "oneOf": _exclusive,
    "not": _forbidden,
    "dependentRequired": _bundled,
    **dict.fromkeys(_BOUNDS, _bound),
}
