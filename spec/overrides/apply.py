"""Puts the values of overrides in their places in a document that was read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from schemas.loader import KINDS, plugin_schema
from spec.checks.suggestion import suggest
from spec.diagnostic import Diagnostic, Severity
from spec.document import Dialect, Document, ReadOptions, read_text
from spec.overrides.path import OverrideError, Parts, parse_path
from spec.position import MASK
from spec.secret_references import refers
from spec.value import Field, ListValue, ObjectValue, Scalar, Value

ORIGIN = "--set "
"""What the names of the texts that overrides come from begin with; the path follows."""

_UNKNOWN_OPTION = "J201"

Container: TypeAlias = ObjectValue | ListValue


@dataclass(slots=True)
class _Walk:
    """The way from the root to the place of the new value: each container with the step taken in it."""

    steps: list[tuple[Container, str | int]]

    def into(self, container: Container, step: str | int) -> Value | None:
        """Take a step; what is there, None for a field that is new."""
        self.steps.append((container, step))
        if isinstance(container, ListValue):
            return container.items[int(step)]
        return container.get(str(step))


def override(document: Document, overrides: Mapping[str, str], options: ReadOptions) -> Document:
    """``document`` with the value at each path replaced; a value is HOCON text, ``null`` takes an option away.

    ``options`` hold the variables and environment that values may refer to; they include nothing. Raises
    :class:`OverrideError` for a path that leads nowhere and for a value that cannot be read.
    """
    for path, text in overrides.items():
        if document.root is None:
            return document
        walk = _walk(document.root, path, parse_path(path))
        read = _read_value(path, text, walk.steps[-1][1], options)
        environment = {**document.environment_used, **read.environment_used}
        document = replace(document, root=_rebuilt(walk, _only_field(path, read)), environment_used=environment)
    return document


def shown_overrides(overrides: Mapping[str, str], root: Value) -> dict[str, str]:
    """The overrides as people may see them: the values of secret options are masked, references to them are not. ``root`` is
    what they apply to."""
    return {path: MASK if _is_secret(root, path) and not refers(text) else text for path, text in overrides.items()}


def override_errors(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What the checks have against the overrides: errors, and options that do not exist, which a file may have in ``env``."""
    own = [found for found in diagnostics if found.file.startswith(ORIGIN)]
    return [found for found in own if found.severity is Severity.ERROR or found.code == _UNKNOWN_OPTION]


# from the path to the place


def _walk(root: Value, path: str, parts: Parts) -> _Walk:
    walk = _Walk([])
    section, rest = parts[0], parts[1:]
    if not isinstance(root, ObjectValue) or section not in ("env", *KINDS):
        raise OverrideError(f"{section!r} in {path!r} is no section of a job file", hint=_hint(section, ("env", *KINDS)))
    block = walk.into(root, section)
    if section == "env":
        block = block or ObjectValue((), root.span)
    else:
        block, rest = _plugin(walk, path, block, parts), parts[2:]
    if not isinstance(block, ObjectValue):
        raise OverrideError(f"{path!r} leads to no block of options")
    if not rest:
        raise OverrideError(f"{path!r} names no option", hint="write the option after the plugin")
    _descend(walk, path, block, rest)
    return walk


def _plugin(walk: _Walk, path: str, section: Value | None, parts: Parts) -> Value | None:
    kind, wanted = parts[0], parts[1]
    blocks: list[tuple[str | int, Value]] = []
    if isinstance(section, ListValue):
        blocks = list(enumerate(section.items))
    elif isinstance(section, ObjectValue):  # the general HOCON dialect
        blocks = [(entry.key, entry.value) for entry in section.fields]
    found = [place for index, place in enumerate(blocks) if wanted in _names(index, place)]
    if len(found) == 1 and isinstance(section, Container):
        return walk.into(section, found[0][0])
    names = [name for index, place in enumerate(blocks) for name in sorted(_names(index, place)) if not name.isdigit()]
    if found:
        numbers = ", ".join(f"{kind}.{index}" for index, place in enumerate(blocks) if place in found)
        raise OverrideError(f"{kind}.{wanted} in {path!r} may mean several plugins", hint=f"say which by number: {numbers}")
    raise OverrideError(f"the job has no {kind} {wanted!r}", hint=_hint(wanted, names))


def _names(index: int, place: tuple[str | int, Value]) -> set[str]:
    """What the plugin at a place of its section may be called."""
    step, block = place
    names = {str(index), str(step)}
    if isinstance(block, ObjectValue):
        for key in ("plugin_name", "plugin_output", "result_table_name"):
            value = block.get(key)
            if isinstance(value, Scalar) and isinstance(value.data, str):
                names.add(value.data)
    return names


def _descend(walk: _Walk, path: str, block: ObjectValue, parts: Parts) -> None:
    """Follow the option's parts as far as there are blocks and lists; what is left over is one key, dots and all."""
    value: Container = block
    while True:
        step, length = _next_step(path, value, parts)
        inner = walk.into(value, step)
        parts = parts[length:]
        if not parts:
            return
        if not isinstance(inner, Container):
            raise OverrideError(f"{path!r} leads into a single value")  # a list's item; keys are looked at before
        value = inner


def _next_step(path: str, value: Container, parts: Parts) -> tuple[str | int, int]:
    """The next step of the walk, and how many parts it is made of."""
    if isinstance(value, ListValue):
        if not (parts[0].isascii() and parts[0].isdigit() and int(parts[0]) < len(value.items)):
            raise OverrideError(f"{path!r}: the list has no item {parts[0]!r}", hint=f"it has {len(value.items)}, from 0")
        return int(parts[0]), 1
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        inner = value.get(key)
        if isinstance(inner, Container) or (inner is not None and length == len(parts)):
            return key, length
    return ".".join(parts), len(parts)


def _hint(written: str, known: Sequence[str]) -> str:
    near = suggest(written, known).names
    return f"did you mean {' or '.join(near)}?" if near else f"there is {', '.join(known)}" if known else ""


# from the text to the value


def _read_value(path: str, text: str, step: str | int, options: ReadOptions) -> Document:
    key = json.dumps(step if isinstance(step, str) else f"item {step}")
    own = ReadOptions(Dialect.HOCON, options.variables, options.environment, include_root=None)
    return read_text(f"{key} = {text}\n", ORIGIN + path, own)


def _only_field(path: str, read: Document) -> Field:
    errors = [found for found in read.diagnostics if found.severity is Severity.ERROR]
    if errors:
        hint = 'the value is HOCON: put text with special characters in double quotes, as in path="s3://bucket"'
        raise OverrideError(f"the value of {path!r} cannot be read: {errors[0].message}", hint=hint)
    if not isinstance(read.root, ObjectValue) or len(read.root.fields) != 1:
        raise OverrideError(f"the value of {path!r} is not one value", hint="give each path a --set of its own")
    return read.root.fields[0]


def _rebuilt(walk: _Walk, new: Field) -> Value:
    """The root with the new value in its place; nothing else changes."""
    value = new.value
    for depth, (container, step) in enumerate(reversed(walk.steps)):
        if isinstance(container, ListValue):
            items = (value if index == step else item for index, item in enumerate(container.items))
            value = ListValue(tuple(items), container.span, container.via)
            continue
        old = container.field(str(step))
        key_span = new.key_span if depth == 0 or old is None else old.key_span
        entry = Field(str(step), key_span, value)
        fields = tuple(entry if found.key == step else found for found in container.fields)
        value = ObjectValue(fields if old else (*fields, entry), container.span, container.via)
    return value


def _is_secret(root: Value, path: str) -> bool:
    walk = _walk(root, path, parse_path(path))
    kind = str(walk.steps[0][1])
    if kind not in KINDS or len(walk.steps) < 3:
        return False
    block, _ = walk.steps[2]
    name = block.get("plugin_name") if isinstance(block, ObjectValue) else None
    # In the general HOCON dialect the plugin's name is the key of its block.
    written = name.data if isinstance(name, Scalar) else walk.steps[1][1]
    schema = plugin_schema(kind, str(written))
    key = ".".join(str(step) for _, step in walk.steps[2:])
    hidden = [(name, option) for name, option in schema.options.items() if option.get("writeOnly")] if schema else []
    secrets = [spelling for name, option in hidden for spelling in (name, *option.get("x-flowdeck-aliases", ()))]
    return any(key == name or key.startswith(f"{name}.") for name in secrets)
