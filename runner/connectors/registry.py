"""Connectors by name; a module is imported only when a job uses it."""

from __future__ import annotations

import importlib
from typing import Any

from runner.connectors.base import PluginError, Sink, Source

_SOURCES = {
    "FakeSource": "runner.connectors.fake.source:FakeSource",
    "LocalFile": "runner.connectors.file.source:LocalFileSource",
}
_SINKS = {
    "Assert": "runner.connectors.assertion.sink:AssertSink",
    "Console": "runner.connectors.console:ConsoleSink",
    "LocalFile": "runner.connectors.file.sink:LocalFileSink",
}


def source_names() -> tuple[str, ...]:
    """The sources of the local engine."""
    return tuple(_SOURCES)


def sink_names() -> tuple[str, ...]:
    """The sinks of the local engine."""
    return tuple(_SINKS)


def source_class(name: str) -> type[Source]:
    """The source called ``name`` (any case). Raises PluginError when the local engine has none."""
    found: type[Source] = _load(_SOURCES, name, "source")
    return found


def sink_class(name: str) -> type[Sink]:
    """The sink called ``name`` (any case). Raises PluginError when the local engine has none."""
    found: type[Sink] = _load(_SINKS, name, "sink")
    return found


def _load(known: dict[str, str], name: str, kind: str) -> Any:
    for candidate, target in known.items():
        if candidate.lower() == name.lower():
            module, _, attribute = target.partition(":")
            return getattr(importlib.import_module(module), attribute)
    raise PluginError(
        f"the local engine has no {kind} '{name}'", hint=f"it has: {', '.join(sorted(known))}", code="unknown-plugin"
    )
