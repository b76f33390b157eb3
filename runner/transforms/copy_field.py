"""Copy: adds columns that are copies of others."""

from __future__ import annotations

import pyarrow as pa

from runner.transforms.base import Transform, select, with_columns
from spec.job import PluginSpec
from spec.sql.text import identifier


class CopyTransform(Transform):
    """``fields { new = old }`` (or ``src_field`` and ``dest_field``); an existing column is overwritten in place."""

    def __init__(self, plugin: PluginSpec) -> None:
        super().__init__(plugin)
        fields = self.options.mapping("fields")
        if fields is None:
            fields = {self.options.text("dest_field"): self.options.text("src_field")}
        if not fields:
            raise self.options.error("fields", "names no column")
        self._fields = {new: str(old) for new, old in fields.items()}

    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """All columns and the copies."""
        self.require(self._fields.values(), input_schema)
        made = {new: identifier(old) for new, old in self._fields.items()}
        return select(with_columns(input_schema.names, made), input_sql)
