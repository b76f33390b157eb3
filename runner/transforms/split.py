"""Split: cuts the text of one column into several new ones."""

from __future__ import annotations

import pyarrow as pa

from runner.transforms.base import Transform, select, with_columns
from spec.job import PluginSpec
from spec.sql.patterns import literal_of
from spec.sql.text import identifier, literal

_PARTS = "flowdeck_parts"


class SplitTransform(Transform):
    """``separator`` is a regular expression; the last output field gets the rest, missing pieces are null."""

    def __init__(self, plugin: PluginSpec) -> None:
        super().__init__(plugin)
        self._separator = self.options.text("separator")
        self._field = self.options.text("split_field")
        self._outputs = self.options.texts("output_fields") or ()
        if not self._separator:
            raise self.options.error("separator", "is empty")
        if not self._outputs or len({name.casefold() for name in self._outputs}) < len(self._outputs):
            raise self.options.error("output_fields", "is a list of different names")
        self._literal = literal_of(self._separator)

    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """All columns and the pieces."""
        self.require([self._field], input_schema)
        parts = f"{self._parts()} AS {identifier(_PARTS)}"
        inner = select(["*", parts], input_sql)
        made = {name: f"{identifier(_PARTS)}[{number}]" for number, name in enumerate(self._outputs, 1)}
        return select(with_columns(input_schema.names, made), inner)

    def _parts(self) -> str:
        """A list of at most as many pieces as there are output fields."""
        text = f"CAST({identifier(self._field)} AS VARCHAR)"
        count = len(self._outputs)
        if count == 1:
            return f"CASE WHEN {text} IS NOT NULL THEN [{text}] END"
        if self._literal is not None:
            separator = literal(self._literal)
            pieces = f"string_split({text}, {separator})"
            rest = f"array_to_string({pieces}[{count}:], {separator})"
            return f"CASE WHEN len({pieces}) > {count} THEN {pieces}[:{count - 1}] || [{rest}] ELSE {pieces} END"
        return self._regex_parts(text, count)

    def _regex_parts(self, text: str, count: int) -> str:
        """The pieces before the first ``count - 1`` matches, then everything after them."""
        separator = f"(?:{self._separator})"
        pieces = f"regexp_split_to_array({text}, {literal(separator)})"
        skip = "^" + f"(?s:.*?){separator}" * (count - 1)
        rest = f"regexp_replace({text}, {literal(skip)}, '')"
        return f"CASE WHEN len({pieces}) > {count} THEN {pieces}[:{count - 1}] || [{rest}] ELSE {pieces} END"
