"""What a schema says of a plugin, for people: the words that hover, completion and ``explain`` show.

One :class:`PluginDocument` per plugin and one for ``env``, made from the same files that validation uses. Not here: how it is
drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from schemas.rule_words import rule_words

ENGINES = ("local", "flink", "seatunnel")
_MAXIMUM_DEPTH = 8
_TYPE_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class OptionDocument:
    """One option. ``name`` is what one writes inside the block it belongs to, ``path`` what one writes from the plugin's own
    block on (``schema.fields``; a list is passed through without a step of its own: ``rules.row_rules.rule_type``).

    ``type_words`` is the type in words ("list of texts"), ``enum_values`` the only values allowed (empty: any), ``required``
    whether the plugin always needs it, ``aliases`` other spellings, ``replaced_by`` what to use instead of a deprecated option,
    ``engines`` the engines that act on it, ``options`` the options inside it, ``is_open`` whether names of one's own choice may
    stand in it. ``default`` is None when there is none.
    """

    name: str
    path: str
    description: str
    type_words: str
    default: Any = None
    enum_values: tuple[Any, ...] = ()
    required: bool = False
    aliases: tuple[str, ...] = ()
    deprecated: bool = False
    replaced_by: str | None = None
    secret: bool = False
    unit: str | None = None
    examples: tuple[Any, ...] = ()
    engines: tuple[str, ...] = ENGINES
    options: tuple[OptionDocument, ...] = ()
    is_list: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class PluginDocument:
    """One plugin, or ``env`` (of kind ``env``). ``options`` are its own and the common ones (``plugin_input`` …), in the order
    of the schema; ``rules`` say in words which options need or exclude each other. ``exactly_once_with``: an at-least-once
    plugin is exactly-once when all these options have one of these values."""

    name: str
    kind: str
    description: str
    engines: tuple[str, ...]
    delivery: str
    options: tuple[OptionDocument, ...]
    rules: tuple[str, ...] = ()
    exactly_once_with: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def option(self, path: str) -> OptionDocument | None:
        """The option at ``path`` (``schema.fields``), by its own name or an alias; None when there is none."""
        return _lookup(self.options, path)

    def every_option(self) -> Iterator[OptionDocument]:
        """All options, those inside others right after them."""
        for option in self.options:
            yield from _walk(option)


def read_document(kind: str, name: str, schema: Mapping[str, Any]) -> PluginDocument:
    """The document that ``schema`` (one self-contained JSON Schema) makes of the plugin."""
    engines = tuple(schema.get("x-flowdeck-engines", ENGINES))
    return PluginDocument(
        name=name,
        kind=kind,
        description=str(schema["description"]),
        engines=engines,
        delivery=str(schema.get("x-flowdeck-delivery", "")),
        options=_options(schema, "", engines, 0),
        rules=rule_words(schema),
        exactly_once_with={name: tuple(values) for name, values in schema.get("x-flowdeck-exactly-once-with", {}).items()},
    )


def _options(schema: Mapping[str, Any], prefix: str, engines: tuple[str, ...], depth: int) -> tuple[OptionDocument, ...]:
    required = frozenset(schema.get("required", ()))
    if depth > _MAXIMUM_DEPTH:
        return ()
    return tuple(
        _option(name, prefix + name, option, engines, depth, required=name in required)
        for name, option in schema.get("properties", {}).items()
    )


def _option(
    name: str, path: str, schema: Mapping[str, Any], around: tuple[str, ...], depth: int, *, required: bool
) -> OptionDocument:
    engines = tuple(engine for engine in schema.get("x-flowdeck-engines", around) if engine in around)
    block = _block(schema)
    return OptionDocument(
        name=name,
        path=path,
        description=str(schema.get("description", "")),
        type_words=type_words(schema),
        default=schema.get("default"),
        enum_values=tuple(schema.get("enum", ())),
        required=required,
        aliases=tuple(schema.get("x-flowdeck-aliases", ())),
        deprecated=bool(schema.get("deprecated", False)),
        replaced_by=schema.get("x-flowdeck-replaced-by"),
        secret=bool(schema.get("writeOnly", False)),
        unit=schema.get("x-flowdeck-unit"),
        examples=tuple(schema.get("examples", ())),
        engines=engines,
        options=_options(block, path + ".", engines, depth + 1),
        is_list="array" in _types(schema),
        is_open="object" in _types(block) and block.get("additionalProperties", True) is not False,
    )


def _block(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the object that the option is, or of each that its list holds."""
    items = schema.get("items")
    return items if "array" in _types(schema) and isinstance(items, Mapping) else schema


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


@cache
def _plural(words: str) -> str:
    return words if words in ("true or false", "null") else f"{words}s"


def type_words(schema: Mapping[str, Any]) -> str:
    """The type of an option in words: ``text``, ``list of whole numbers``, ``text or object``."""
    return " or ".join(_words_of(name, schema) for name in _types(schema)) or "anything"


def _words_of(name: str, schema: Mapping[str, Any]) -> str:
    if name == "array":
        items = _types(schema.get("items", {}))
        return "list" if not items else f"list of {' or '.join(_plural(_TYPE_WORDS[item]) for item in items)}"
    if name == "object" and isinstance(schema.get("additionalProperties"), Mapping) and not schema.get("properties"):
        values = _types(schema["additionalProperties"])
        return f"object of {' or '.join(_plural(_TYPE_WORDS[value]) for value in values)}" if values else "object"
    return _TYPE_WORDS[name]


def _walk(option: OptionDocument) -> Iterator[OptionDocument]:
    yield option
    for inner in option.options:
        yield from _walk(inner)


def _lookup(options: tuple[OptionDocument, ...], path: str) -> OptionDocument | None:
    """Option names have dots themselves, so every cut of ``path`` that names an option is tried, the longest first."""
    for option in sorted(options, key=lambda option: -len(option.name)):
        for name in (option.name, *option.aliases):
            if path == name:
                return option
            if path.startswith(name + ".") and (found := _lookup(option.options, path[len(name) + 1 :])):
                return found
    return None
