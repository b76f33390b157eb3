"""The tables of words: what plugins and options mean, in our own sentences, and where the catalogue needs correcting.

A table belongs to a plugin of one kind (``source.Kafka``), to a plugin of any kind (``Kafka``), to a family (``file``), or to
all (``any``); the first that has an option's words counts. An option's entry is a sentence, or a sentence and an example.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schema_generation.catalogue import Plugin

_FOLDER = Path(__file__).parent / "words"
_FAMILIES = {
    "connector-file-": "file",
    "connector-http-": "http",
    "connector-cdc-": "cdc",
    "seatunnel-transforms": "transform",
    "connector-elasticsearch": "search",
    "connector-easysearch": "search",
    "connector-typesense": "search",
}


def family(plugin: Plugin) -> str:
    """The family of plugins that share options: by what they are built from, else the connector itself."""
    for prefix, name in _FAMILIES.items():
        if plugin.module.startswith(prefix):
            return name
    return plugin.module.removeprefix("connector-").replace("-", "_")


@dataclass
class Words:
    """All tables, and what was asked for in vain."""

    tables: Mapping[str, Mapping[str, Any]]
    _missing: list[str] = field(default_factory=list)

    def of(self, plugin: Plugin) -> Iterator[Mapping[str, Any]]:
        """The tables that speak of ``plugin``, the nearest first."""
        for key in (f"{plugin.kind}.{plugin.name}", plugin.name, f"{plugin.kind}.{family(plugin)}", family(plugin), "any"):
            if key in self.tables:
                yield self.tables[key]

    def setting(self, plugin: Plugin, name: str, default: Any = None) -> Any:
        """A setting of the plugin itself (``description``, ``delivery`` …), from the nearest table that has it."""
        return next((table[name] for table in self.of(plugin) if name in table), default)

    def merged(self, plugin: Plugin, name: str) -> dict[str, Any]:
        """A table of settings by option (``change``, ``add`` …): all of them, the nearest winning."""
        result: dict[str, Any] = {}
        for table in reversed(list(self.of(plugin))):
            result.update(table.get(name, {}))
        return result

    def sentence(self, plugin: Plugin, option: str) -> tuple[str, Any]:
        """The sentence of an option and its example (None: none given)."""
        for table in self.of(plugin):
            entry = table.get("options", {}).get(option)
            if entry is not None:
                return (entry, None) if isinstance(entry, str) else (entry[0], entry[1])
        self.lacks(f"{plugin.kind}.{plugin.name}: {option} has no words")
        return f"{option}.", None

    def lacks(self, line: str) -> None:
        """Note something that a table should have."""
        self._missing.append(line)

    def missing(self) -> list[str]:
        """What was asked for in vain."""
        return self._missing


def read_words() -> Words:
    """All tables of the folder as one."""
    tables: dict[str, dict[str, Any]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        for key, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            known = tables.setdefault(key, {})
            for name, value in table.items():
                known[name] = {**known[name], **value} if isinstance(known.get(name), dict) else value
    return Words(tables)
