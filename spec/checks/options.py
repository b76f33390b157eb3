"""Each plugin's options, and those of ``env``, against their schema. The schema is chosen by the plugin's name first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.loader import KINDS, PluginSchema, environment_schema, open_schema, plugin_names, plugin_schema
from spec.checks.canonical import Canonical, Origin, canonical_options, path_text
from spec.checks.findings import Findings
from spec.checks.schema_errors import Subject, report
from spec.checks.sections import Element
from spec.checks.suggestion import Suggestion, suggest
from spec.checks.validation import environment_validation, plugin_validation
from spec.diagnostic import Label, Severity
from spec.fix.removal import removal_of
from spec.value import ObjectValue

_MAXIMUM_NAMES = 12


@dataclass(frozen=True, slots=True)
class CheckedPlugin:
    """A plugin with its schema and its options in canonical form (without defaults). ``known`` is False when no schema has
    its name: then only the common options were checked."""

    element: Element
    schema: PluginSchema
    canonical: Canonical
    known: bool = True

    @property
    def name(self) -> str:
        """The canonical spelling of the plugin's name."""
        return self.schema.name


def check_plugin(element: Element, findings: Findings, engine: str) -> CheckedPlugin:
    """Validate one plugin. A name that no schema has is reported, and the common options are checked all the same."""
    found = plugin_schema(element.kind, element.name)
    if found is None:
        _unknown_plugin(element, findings, engine)
    schema = found or open_schema(element.kind, element.name)
    origin = Origin(element.name_span, element.block, element.pointer)
    canonical = canonical_options(element.block, schema.document, origin)
    canonical.data["plugin_name"] = schema.name
    subject = Subject(schema.name, schema.document, canonical, findings, unknown=_unknown_option(schema, engine))
    report(subject, plugin_validation(element.kind, schema.name).errors(canonical.data))
    _orders(subject)
    _near_misses(subject)
    _repetitions(subject)
    return CheckedPlugin(element, schema, canonical, known=found is not None)


def _unknown_option(schema: PluginSchema, engine: str) -> Severity:
    """How bad an option is that no schema knows. SeaTunnel passes over such options, and a newer release may know more of them
    than the schema; what runs here knows all it can do."""
    return Severity.ERROR if engine == "local" and engine in schema.engines else Severity.WARNING


def check_environment(block: ObjectValue, origin: Origin, findings: Findings) -> Canonical:
    """Validate the ``env`` block. Unknown keys are only warned about: SeaTunnel hands them on to its engines."""
    schema = environment_schema()
    canonical = canonical_options(block, schema, origin)
    subject = Subject("env", schema, canonical, findings, unknown=Severity.WARNING)
    report(subject, environment_validation().errors(canonical.data))
    _repetitions(subject)
    return canonical


def with_defaults(given: Mapping[str, Any], schema: Mapping[str, Any], engine: str) -> dict[str, Any]:
    """The options given that the schema allows, and its defaults of the others that mean something to ``engine``."""
    options: dict[str, Any] = {}
    for name, option in schema["properties"].items():
        if name in given:
            options[name] = given[name]
        elif "default" in option and engine in option.get("x-flowdeck-engines", (engine,)):
            options[name] = option["default"]
    if schema.get("additionalProperties", True) is True or engine == "seatunnel":  # SeaTunnel gets all that was said
        options.update((name, value) for name, value in given.items() if name not in options)
    return options


def _unknown_plugin(element: Element, findings: Findings, engine: str) -> None:
    suggestion = suggest(element.name, plugin_names(element.kind))
    findings.add(
        "J210",
        f'unknown {element.kind} "{element.name}"',
        element.name_span,
        label=f"no {element.kind} plugin has this name",
        notes=suggestion.note() or _known_plugins(element, engine),
        fix=suggestion.fix(element.name_span, element.name),
        pointer=element.pointer,
    )


def _known_plugins(element: Element, engine: str) -> tuple[str, ...]:
    """What else there is, for a name that resembles nothing."""
    elsewhere = [kind for kind in KINDS if kind != element.kind and plugin_schema(kind, element.name) is not None]
    if elsewhere:
        return (f'help: "{element.name}" is a {" and a ".join(elsewhere)}, not a {element.kind}',)
    names = plugin_names(element.kind, engine)
    if len(names) > _MAXIMUM_NAMES:
        return (f"help: `flowdeck schema` lists the {len(names)} {element.kind} plugins of the {engine} engine",)
    return (f"{element.kind} plugins of the {engine} engine: {', '.join(names)}",)


def _orders(subject: Subject) -> None:
    """Lower bounds that are above their upper one: what JSON Schema cannot say, ``x-flowdeck-at-most`` does."""
    given = subject.canonical.data
    for name, option in subject.schema["properties"].items():
        upper = option.get("x-flowdeck-at-most")
        if upper is None or not (name in given or upper in given):
            continue
        low, high = (given.get(key, subject.schema["properties"][key].get("default")) for key in (name, upper))
        if not isinstance(low, int | float) or not isinstance(high, int | float) or low <= high:
            continue
        origin = subject.canonical.origin((name if name in given else upper,))
        subject.findings.add(
            "J205",
            f'"{name}" must be at most "{upper}", but {low} is more than {high}',
            origin.value,
            label=f'"{upper}" is {high}' if name in given else f'"{name}" is {low}',
            pointer=origin.pointer,
        )


def _near_misses(subject: Subject) -> None:
    """Keys that are only passed on and look like an option that is not given: most likely that option was meant."""
    options = subject.schema["properties"]
    given = subject.canonical.data
    for key in given if subject.schema.get("patternProperties") else ():
        suggestion = suggest(key, options, taken=given) if key not in options else Suggestion()
        if suggestion.certain is None or any(found.path == (key,) for found in subject.canonical.repeated):
            continue
        origin = subject.canonical.origin((key,))
        subject.findings.add(
            "J201",
            f'"{key}" is not an option of {subject.name} itself, and only passed on',
            origin.span,
            label="is this spelt right?",
            severity=Severity.WARNING,
            notes=suggestion.note(),
            fix=suggestion.fix(origin.key_span, key),
            pointer=origin.pointer,
        )


def _repetitions(subject: Subject) -> None:
    for use in subject.canonical.repeated:
        counts = subject.canonical.origin(use.path)
        subject.findings.add(
            "J215",
            f'"{use.written}" has no effect: "{path_text(use.path)}", which is the same option, is given too',
            use.origin.span,
            label="has no effect",
            severity=Severity.WARNING,
            secondary=(Label(counts.span, "counts"),),
            fix=removal_of(use.origin.key_span, use.origin.value.span, f'remove "{use.written}"'),
            pointer=use.origin.pointer,
        )
