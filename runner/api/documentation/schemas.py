"""JSON Schemas of what goes over: made by msgspec from the records themselves, so that they cannot say anything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from runner.api.documentation.field_words import words_of

_TEMPLATE = "#/components/schemas/{name}"
_ROLE = re.compile(r":[a-z:]+:`~?(?:[^`]*\.)?([^`.]+)`")


class Schemas:
    """The schemas of ``kinds`` and of everything in them, under their names."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        self._kinds = list(dict.fromkeys(kinds))
        found, components = msgspec.json.schema_components(self._kinds, ref_template=_TEMPLATE)
        self._of_kind = dict(zip(self._kinds, found, strict=True))
        self.components: dict[str, Any] = {name: _finished(name, schema) for name, schema in sorted(components.items())}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of one of the kinds: mostly a reference to a component."""
        return dict(self._of_kind[kind])


def _finished(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What msgspec cannot know: answers have all their fields, always; what fields are; and descriptions are Markdown there."""
    finished = {**schema}
    if "properties" in finished:
        fields = finished["properties"].items()
        finished["properties"] = {field: {**found, "description": words_of(name, field)} for field, found in fields}
    if "description" in finished:
        finished["description"] = plain(str(finished["description"]))
    is_answer = finished.get("type") == "object" and "properties" in finished and "additionalProperties" not in finished
    if is_answer:
        # What has no default may be left out of an answer: it is UNSET then.
        always = {name for name, schema in finished["properties"].items() if "default" in schema}
        finished["required"] = sorted(always | set(finished.get("required", ())))
    return finished


def plain(text: str) -> str:
    """A docstring as Markdown: no roles, single backquotes, one line break a paragraph."""
    unmarked = _ROLE.sub(r"`\1`", text).replace("``", "`")
    paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", unmarked.strip())]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
