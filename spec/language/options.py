"""Which option of a plugin a place in its block means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.documents import OptionDocument, PluginDocument, read_document
from schemas.loader import environment_document, open_schema, plugin_document
from spec.language.cursor import Cursor

_MAXIMUM_STEPS = 32


class OptionPlace(NamedTuple):
    """A place among the options of a plugin.

    ``options`` are those that may stand in the block there. ``option`` is the one whose block or value it is, None in the
    plugin's own block. ``prefix`` is what the place already says of a dotted name: in ``row { | }`` it is ``row.``. ``is_own``:
    the place is named by a name of the author's choice that ``option`` allows in its block.
    """

    options: tuple[OptionDocument, ...]
    option: OptionDocument | None = None
    prefix: str = ""
    is_own: bool = False

    def names(self) -> Iterator[tuple[str, OptionDocument]]:
        """What may be written as a key there, with its option; older names left out."""
        for option in self.options:
            if option.name.startswith(self.prefix):
                yield option.name[len(self.prefix) :], option


def document_of(cursor: Cursor) -> PluginDocument | None:
    """The document of the plugin (or env) that the place is in. A plugin without a schema has the common options."""
    if cursor.section == "env":
        return environment_document()
    if not cursor.in_plugin or cursor.section is None or not cursor.plugin_name:
        return None
    return any_plugin_document(cursor.section, cursor.plugin_name)


def any_plugin_document(kind: str, name: str) -> PluginDocument:
    """The document of a plugin; of the common options when no schema has its name."""
    found = plugin_document(kind, name)
    return found or read_document(kind, name, open_schema(kind, name).document)


def place_of(options: tuple[OptionDocument, ...], steps: Sequence[str]) -> OptionPlace | None:
    """The place that ``steps`` lead to below ``options``; None when no option has such names."""
    words = [word for step in steps[:_MAXIMUM_STEPS] for word in step.split(".")][:_MAXIMUM_STEPS]
    option: OptionDocument | None = None
    while words:
        cut = next((cut for cut in range(len(words), 0, -1) if _named(options, ".".join(words[:cut]))), 0)
        if not cut:
            prefix = ".".join(words) + "."
            if any(candidate.name.startswith(prefix) for candidate in options):
                return OptionPlace(options, option, prefix)
            return OptionPlace((), option, is_own=True) if option is not None and option.is_open else None
        option = _named(options, ".".join(words[:cut]))
        options = option.options if option else ()
        words = words[cut:]
    return OptionPlace(options, option)


def _named(options: tuple[OptionDocument, ...], name: str) -> OptionDocument | None:
    return next((option for option in options if name == option.name or name in option.aliases), None)
