"""What the chosen engine cannot do, told before the job starts and not after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spec.checks.canonical import Canonical, Path, Schema, path_text
from spec.checks.findings import Findings
from spec.checks.options import CheckedPlugin
from spec.checks.wording import shown
from spec.diagnostic import Severity
from spec.job import EnvSpec
from spec.units import counted
from spec.value import Scalar


def check_plugin_support(plugin: CheckedPlugin, findings: Findings, engine: str) -> None:
    """Report a plugin, its options and their values where ``engine`` does not support them."""
    if not plugin.known:
        return  # told already
    if engine not in plugin.schema.engines:
        findings.add(
            "E801",
            f'the {engine} engine does not run the {plugin.element.kind} "{plugin.name}"',
            plugin.element.name_span,
            label=f"not supported by the {engine} engine yet",
            notes=_engines_that_run(plugin),
            pointer=plugin.element.pointer,
        )
        return
    check_option_support(plugin.canonical, plugin.schema.document, findings, engine)


def _engines_that_run(plugin: CheckedPlugin) -> tuple[str, ...]:
    engines = plugin.schema.engines
    return (f"engines that run it: {', '.join(engines)}", f"help: check the file for one of them with --engine {engines[-1]}")


def check_option_support(canonical: Canonical, schema: Schema, findings: Findings, engine: str) -> None:
    """Report the options given, and their values, that ``engine`` does not support. An option that says what holds anyway
    (its default) is no problem."""
    for path, option, value in _given(canonical.data, schema, ()):
        if engine not in option.get("x-flowdeck-engines", (engine,)):
            _option(path, option, canonical, findings, engine)
            continue
        _unit(path, option, canonical, findings, engine)
        supported = option.get("x-flowdeck-supported-values", {}).get(engine)
        if supported is not None and _is_unsupported(value, option, supported):
            origin = canonical.origin(path)
            findings.add(
                "E803",
                f'{shown(value)} for "{path_text(path)}" is not supported by the {engine} engine yet',
                origin.value,
                label="not supported yet",
                notes=(f"supported: {', '.join(supported)}",),
                pointer=origin.pointer,
            )


def _unit(path: Path, option: Schema, canonical: Canonical, findings: Findings, engine: str) -> None:
    """SeaTunnel takes plain numbers only: it refuses `30s` where it counts milliseconds."""
    unit, origin = option.get("x-flowdeck-unit", ""), canonical.origin(path)
    data = origin.value.data if isinstance(origin.value, Scalar) else None
    if engine == "seatunnel" and isinstance(data, str) and counted(data, unit) is not None:
        message = f'"{path_text(path)}" is a plain number for the {engine} engine: it counts {unit}'
        notes = (f"help: write {counted(data, unit)}",)
        findings.add("E803", message, origin.value, label="has a unit", notes=notes, pointer=origin.pointer)


def _is_unsupported(value: Any, option: Schema, supported: list[str]) -> bool:
    """Whether a value that the option may have is none of the supported ones."""
    if not isinstance(value, str) or value not in option.get("enum", (value,)):
        return False
    return value.casefold() not in {name.casefold() for name in supported}


def _given(data: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[tuple[Path, Schema, Any]]:
    """Every option given that differs from its default, with its schema; options inside an unsupported one not again."""
    conditional = _conditional(data, schema)
    for name, option in schema.get("properties", {}).items():
        if name not in data or _same(data[name], option.get("default")):
            continue
        at = (*path, name)
        yield at, {**option, **conditional.get(name, {})}, data[name]
        if "x-flowdeck-engines" not in option:
            yield from _inside(data[name], option, at)


def _conditional(data: Mapping[str, Any], schema: Schema) -> dict[str, Schema]:
    """What the schema says of options under conditions that hold."""
    found: dict[str, Schema] = {}
    for rule in schema.get("allOf", ()):
        options = rule.get("then", {}).get("properties")
        if options and _holds(rule["if"], data):
            found.update(options)
    return found


def _holds(condition: Schema, data: Mapping[str, Any]) -> bool:
    """Whether options have the values that an ``if`` of ours asks for."""
    tested: Mapping[str, Schema] = condition["properties"]
    return all(name in data and data[name] in rule.get("enum", [rule.get("const")]) for name, rule in tested.items())


def _inside(value: Any, option: Schema, path: Path) -> Iterator[tuple[Path, Schema, Any]]:
    if isinstance(value, Mapping):
        yield from _given(value, option, path)
    elif isinstance(value, list) and isinstance(option.get("items"), Mapping):
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield from _given(item, option["items"], (*path, index))


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, str) and isinstance(default, str):
        return value.casefold() == default.casefold()
    return bool(value == default)


def _option(path: Path, option: Schema, canonical: Canonical, findings: Findings, engine: str) -> None:
    if option.get("deprecated"):
        return  # told as an older name
    origin = canonical.origin(path)
    changes_outcome = option.get("x-flowdeck-unsupported") == "error"
    findings.add(
        "E802",
        f'"{path_text(path)}" is not supported by the {engine} engine yet',
        origin.span,
        label="not supported yet" if changes_outcome else "has no effect here",
        severity=Severity.ERROR if changes_outcome else Severity.WARNING,
        notes=("without it the job would give another result",) if changes_outcome else (),
        pointer=origin.pointer,
    )


def check_delivery(plugins: list[CheckedPlugin], environment: EnvSpec, findings: Findings) -> None:
    """Note the sinks that may see rows twice after a restart, in jobs that take checkpoints."""
    if environment.checkpoint.interval is None:
        return
    for plugin in plugins:
        if plugin.element.kind == "sink" and plugin.schema.delivery_with(plugin.canonical.data) == "at-least-once":
            findings.add(
                "E804",
                f'the sink "{plugin.name}" is at-least-once: after a restart it may see rows again',
                plugin.element.name_span,
                label="takes no part in checkpoints",
                severity=Severity.NOTE,
                notes=_exactly_once(plugin),
                pointer=plugin.element.pointer,
            )


def _exactly_once(plugin: CheckedPlugin) -> tuple[str, ...]:
    """What to write for a sink that can do better."""
    settings = [f"{name} = {shown(values[0])}" for name, values in plugin.schema.exactly_once_with.items()]
    return (f"help: with {' and '.join(settings)} it is exactly-once",) if settings else ()
