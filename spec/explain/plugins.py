"""The pages of plugins and of their options, from the schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from schemas.loader import OptionDocument, PluginDocument, common_options
from spec.explain.page import Page


def plugin_page(document: PluginDocument, page: Page) -> None:
    """What the plugin does, where it runs, and its options: the required ones first."""
    page.heading(_title(document))
    page.paragraph(document.description)
    page.blank()
    for sentence in _facts(document):
        page.paragraph(sentence, hanging=2)
    own = [option for option in document.options if option.name not in common_options()]
    for heading, options in (
        ("Options that it needs", [option for option in own if option.required]),
        ("Options", [option for option in own if not option.required]),
        ("Options of every plugin", [option for option in document.options if option.name in common_options()]),
    ):
        if options:
            page.heading(heading)
        for option in options:
            page.blank()
            _option(option, document, page, 2)
    if document.rules:
        page.heading("Rules")
    for rule in document.rules:
        page.paragraph(f"- {rule}", 2, 4)


def option_page(document: PluginDocument, option: OptionDocument, page: Page) -> None:
    """One option, and those inside it."""
    page.heading(f"{_title(document)}: {option.path}")
    _option(option, document, page, 0, titled=False)


def plugin_data(document: PluginDocument) -> dict[str, Any]:
    """The same for programs."""
    return asdict(document)


def option_data(document: PluginDocument, option: OptionDocument) -> dict[str, Any]:
    """One option for programs, with the plugin that it belongs to."""
    return {"plugin": document.name, "kind": document.kind, **asdict(option)}


def _title(document: PluginDocument) -> str:
    return "env" if document.kind == "env" else f"{document.kind} {document.name}"


def _facts(document: PluginDocument) -> Iterator[str]:
    if document.kind == "env":
        return
    yield f"Engines: {', '.join(document.engines)}."
    if document.kind == "sink" and document.delivery:
        words = {
            "exactly-once": "exactly-once: after a restart no row is there twice.",
            "at-least-once": "at-least-once: after a restart it may see rows again.",
        }
        yield f"Delivery: {words.get(document.delivery, document.delivery)}"


def _option(option: OptionDocument, document: PluginDocument, page: Page, indent: int, *, titled: bool = True) -> None:
    marks = [option.type_words, *(["required"] if option.required else []), *(["deprecated"] if option.deprecated else [])]
    if titled:
        page.term(option.name, f"({', '.join(marks)})", indent)
    else:
        page.paragraph(f"Type: {', '.join(marks)}.", indent)
    page.paragraph(option.description, indent + 2 * titled)
    for detail in _details(option, document):
        page.paragraph(detail, indent + 2 * titled, indent + 2 * titled + 2)
    for inner in option.options:
        page.blank()
        _option(inner, document, page, indent + 4)


def _details(option: OptionDocument, document: PluginDocument) -> Iterator[str]:
    if option.enum_values:
        yield f"Values: {', '.join(str(value) for value in option.enum_values)}."
    if option.default is not None:
        yield f"Default: {_written(option.default)}{f' {option.unit}' if option.unit else ''}."
    elif option.unit:
        yield f"Unit: {option.unit}."
    if option.replaced_by:
        yield f"Use {option.replaced_by} instead."
    if option.aliases:
        yield f"Also written: {', '.join(option.aliases)}."
    if option.secret:
        yield "A secret: give it as a variable, such as ${PASSWORD}, and not in the file."
    if option.engines != document.engines:
        yield f"Only with: {', '.join(option.engines) or 'no engine'}."
    for example in option.examples[:1]:
        yield f"Example: {option.name} = {_written(example)}"


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
