"""What hover and completion say of plugins and options, as Markdown. The words come from the schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from schemas.documents import ENGINES, OptionDocument, PluginDocument
from spec.render.escape import safe

_MAXIMUM_CODE: Final = 200
_MAXIMUM_EXAMPLES: Final = 2


def code(text: str) -> str:
    """``text`` (which may come from a file) as a span of code: on one line, bounded, and with backticks that do no harm."""
    shown = safe(text)
    if len(shown) > _MAXIMUM_CODE:
        shown = shown[: _MAXIMUM_CODE - 1] + "…"
    if "`" not in shown:
        return f"`{shown}`"
    fence = "`" * (_longest_run(shown) + 1)
    return f"{fence} {shown} {fence}"


def value_text(value: Any) -> str:
    """A default or example as one writes it in a job file."""
    return json.dumps(value, ensure_ascii=False)


def option_markdown(option: OptionDocument) -> str:
    """The whole documentation of one option."""
    head = f"{code(option.path)} · {option.type_words}" + (" · required" if option.required else "")
    return "\n\n".join(part for part in (head, option.description, "\n".join(_facts(option))) if part)


def plugin_markdown(plugin: PluginDocument) -> str:
    """The whole documentation of one plugin, its options by name."""
    head = f"**{plugin.name}** · {plugin.kind}"
    required = [code(option.name) for option in plugin.options if option.required]
    others = [code(option.name) for option in plugin.options if not option.required and not option.deprecated]
    facts = [
        f"- Engines: {', '.join(plugin.engines)}",
        f"- Delivery: {plugin.delivery}" if plugin.kind == "sink" and plugin.delivery else "",
        f"- Required: {', '.join(required)}" if required else "",
        f"- Options: {', '.join(others)}" if others else "",
        *(f"- {rule}" for rule in plugin.rules),
    ]
    return "\n\n".join((head, plugin.description, "\n".join(fact for fact in facts if fact)))


def option_detail(option: OptionDocument) -> str:
    """The one line beside an option in a list of completions."""
    if option.required:
        return f"{option.type_words}, required"
    if option.default is None:
        return option.type_words
    return f"{option.type_words}, default {safe(value_text(option.default))[:_MAXIMUM_CODE]}"


def _facts(option: OptionDocument) -> Iterator[str]:
    if option.deprecated:
        yield f"- Deprecated: use {code(option.replaced_by)}" if option.replaced_by else "- Deprecated"
    if option.default is not None:
        yield f"- Default: {code(value_text(option.default))}"
    if option.enum_values:
        yield f"- One of: {', '.join(code(value_text(value)) for value in option.enum_values)}"
    if option.unit:
        yield f"- Unit: {option.unit}"
    if option.aliases:
        yield f"- Older names: {', '.join(code(alias) for alias in option.aliases)}"
    if option.secret:
        yield "- A secret: better a variable than plain text"
    if option.engines != ENGINES:
        yield f"- Engines: {', '.join(option.engines) or 'none'}"
    for example in option.examples[:_MAXIMUM_EXAMPLES]:
        yield f"- Example: {code(f'{option.name} = {value_text(example)}')}"


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
