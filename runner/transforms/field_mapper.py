"""FieldMapper: chooses, orders and renames columns."""

from __future__ import annotations

import pyarrow as pa

from runner.transforms.base import Transform, renamed, select
from spec.job import PluginSpec
from spec.sql.text import identifier


class FieldMapperTransform(Transform):
    """``field_mapper { old = new }``: the output has exactly these columns, in this order."""

    def __init__(self, plugin: PluginSpec) -> None:
        super().__init__(plugin)
        mapping = self.options.mapping("field_mapper")
        if not mapping:
            raise self.options.error("field_mapper", "is required")
        self._mapping = {old: str(new) for old, new in mapping.items()}
        if len({new.casefold() for new in self._mapping.values()}) < len(self._mapping):
            raise self.options.error("field_mapper", "gives two columns the same name")

    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """The mapped columns."""
        self.require(self._mapping, input_schema)
        return select((renamed(identifier(old), new) for old, new in self._mapping.items()), input_sql)
