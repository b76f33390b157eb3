"""Secrets that stand in the job file: whoever may read the file can read them, and so can its history.

What is found here is also hidden in the source texts, so that no message or snippet shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spec.checks.canonical import Canonical, Path, Schema, path_text
from spec.checks.findings import Findings
from spec.checks.options import CheckedPlugin
from spec.checks.secret_text import literal_in, names_a_secret, passwords_in_url
from spec.checks.suggestion import suggest
from spec.diagnostic import Severity
from spec.document import Dialect
from spec.position import Span
from spec.value import ListValue, ObjectValue, Scalar, Value

_NOT_FILES = frozenset(("<environment>", "<-i>"))


def check_secrets(plugin: CheckedPlugin, findings: Findings, dialect: Dialect, engine: str, *, encrypted: bool) -> None:
    """Hide the secrets of a plugin, and warn of those that are written out. ``encrypted``: the job says that they are not
    readable as they stand (``shade.identifier``)."""
    told: set[tuple[int, int]] = set()
    for secret in (*_whole(plugin), *_in_urls(plugin.canonical)):
        secret.span.source.hide(secret.span.start, secret.span.end)
        findings.secrets.add(secret.span.text)
        place = secret.span.start, secret.span.end
        misspelt = plugin.known and not secret.is_option  # that alone is told: the name to write is not certain
        if encrypted or misspelt or place in told or secret.span.source.name in _NOT_FILES:
            continue
        told.add(place)
        _report(secret, plugin, findings, None if engine == "local" else dialect)


@dataclass(frozen=True, slots=True)
class _Secret:
    """A secret that is written out at ``span``, in the option at ``path``. ``in_url``: as a part of it. ``is_option``: the
    schema has the option."""

    path: Path
    span: Span
    value: Scalar
    in_url: bool = False
    is_option: bool = True


def _report(secret: _Secret, plugin: CheckedPlugin, findings: Findings, dialect: Dialect | None) -> None:
    option = f'"{path_text(secret.path)}" of {plugin.name}'
    findings.add(
        "X601",
        f"the {'password in the ' if secret.in_url else ''}{option} stands in the file in plain text",
        Scalar(secret.value.data, secret.span, secret.value.via),
        label="a secret",
        severity=Severity.WARNING,
        notes=(_help(secret, dialect),),
        pointer=plugin.canonical.origin(secret.path).pointer,
    )


def _help(secret: _Secret, dialect: Dialect | None) -> str:
    """HOCON takes a variable as the value; inside a text, and in JSON, it stands in quotes, and only -i gives its value.
    Without a dialect flowdeck's own workers run the job, which put in what is referred to."""
    key = path_text(secret.path[-1:])
    variable = "PASSWORD" if secret.in_url else re.sub(r"[^A-Z0-9]+", "_", key.upper()).strip("_") or "SECRET"
    if dialect is None:
        return f'help: write "${{{{env:{variable}}}}}" in its place, which the worker alone takes from its environment'
    if secret.in_url:
        return "help: write ${PASSWORD} in its place, and give it with -i PASSWORD=..."
    if dialect is Dialect.JSON:
        return f'help: write "${{{variable}}}" in its place, and give it with -i {variable}=...'
    return f"help: write {key} = ${{{variable}}}, and set {variable} in the environment or with -i"


def _whole(plugin: CheckedPlugin) -> Iterator[_Secret]:
    """The options whose value is a secret."""
    for path, is_option in secret_options(plugin.canonical.data, plugin.schema.document):
        for value in _scalars(plugin.canonical.origin(path).value):
            span = _written_out(value)
            if span is not None:
                yield _Secret(path, span, value, is_option=is_option)


def _in_urls(canonical: Canonical) -> Iterator[_Secret]:
    """The passwords inside of longer texts."""
    for path, origin in canonical.origins.items():
        value = origin.value
        if isinstance(value, Scalar) and isinstance(value.data, str):
            for begin, end in passwords_in_url(value.span.text):
                start = value.span.start
                yield _Secret(path, Span(value.span.source, start + begin, start + end), value, in_url=True)


def _written_out(value: Scalar) -> Span | None:
    """The part of a value that is text of its own and not a variable's."""
    span = value.span
    if isinstance(value.data, bool) or value.data is None or span.source.name == "<environment>":
        return None
    text = span.text
    quote = next((sign for sign in ('"""', '"') if len(text) > len(sign) and text.startswith(sign) and text.endswith(sign)), "")
    inner = literal_in(text[len(quote) : len(text) - len(quote)])
    if inner is None:
        return None
    start = span.start + len(quote)
    return Span(span.source, start + inner[0], start + inner[1])


def secret_options(data: Mapping[str, Any], schema: Schema, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """The paths of the options in ``data`` (under canonical names) that hold secrets, at any depth, and whether the schema has
    them: others are secrets by their name."""
    properties: Mapping[str, Schema] = schema.get("properties", {})
    secrets = [name for name, option in properties.items() if option.get("writeOnly")]
    for name, value in data.items():
        option = properties.get(name)
        at = (*path, name)
        if option is None:
            if _may_be_secret(name, secrets, schema):
                yield at, False
        elif option.get("writeOnly"):
            yield at, True
        elif isinstance(value, Mapping):
            yield from secret_options(value, option, at)
        elif isinstance(value, list) and isinstance(option.get("items"), Mapping):
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from secret_options(item, option["items"], (*at, index))


def _may_be_secret(name: str, secrets: list[str], schema: Schema) -> bool:
    """An option that no schema has: a misspelt secret, or one whose name says it. Where names are the user's to choose
    (columns, properties of a library) only one with dots is an option's name and not a column's."""
    if schema.get("x-flowdeck-field-types"):
        return False
    if isinstance(schema.get("additionalProperties"), Mapping):
        return "." in name and names_a_secret(name)
    return names_a_secret(name) or bool(suggest(name, secrets).names)


def _scalars(value: Value) -> Iterator[Scalar]:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Scalar):
            yield current
        else:
            stack.extend(_children(current))


def _children(value: ListValue | ObjectValue) -> list[Value]:
    return list(value.items) if isinstance(value, ListValue) else [entry.value for entry in value.fields]
