"""Replace: changes text in one column."""

from __future__ import annotations

import pyarrow as pa

from runner.dataset.arrow_types import field_type_of
from runner.transforms.base import Transform, select, with_columns
from spec.job import PluginSpec
from spec.sql.patterns import replacement_of
from spec.sql.text import identifier, literal
from spec.types import ArrayType, MapType, RowType


class ReplaceTransform(Transform):
    """Literal (all occurrences) or by regular expression (all or the first). Null stays null, the column keeps its type."""

    def __init__(self, plugin: PluginSpec) -> None:
        super().__init__(plugin)
        options = self.options
        self._field = options.text("replace_field")
        self._pattern = options.text("pattern")
        self._replacement = options.text("replacement")
        self._is_regex = options.boolean("is_regex", default=False)
        self._first = options.boolean("replace_first", default=False)

    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """All columns, one of them changed."""
        self.require([self._field], input_schema)
        data_type = input_schema.field(self._field).type
        if isinstance(field_type_of(data_type), ArrayType | MapType | RowType):
            raise self.options.error("replace_field", f"is a column of type {field_type_of(data_type)}, which is no text")
        column = identifier(self._field)
        replaced = self._replaced(column if pa.types.is_string(data_type) else f"CAST({column} AS VARCHAR)")
        if not pa.types.is_string(data_type):
            replaced = f"cast_to_type({replaced}, {column})"
        return select(with_columns(input_schema.names, {self._field: replaced}), input_sql)

    def _replaced(self, text: str) -> str:
        if not self._is_regex:
            return f"replace({text}, {literal(self._pattern)}, {literal(self._replacement)})"
        options = "" if self._first else ", 'g'"
        return f"regexp_replace({text}, {literal(self._pattern)}, {literal(replacement_of(self._replacement))}{options})"
