"""Filter: keeps or drops columns."""

from __future__ import annotations

import pyarrow as pa

from runner.transforms.base import Transform, select
from spec.job import PluginSpec
from spec.sql.text import identifier


class FilterTransform(Transform):
    """``include_fields`` (their order is the output's) or ``exclude_fields``."""

    def __init__(self, plugin: PluginSpec) -> None:
        super().__init__(plugin)
        self._included = self.options.texts("include_fields", "fields")
        self._excluded = self.options.texts("exclude_fields")
        if (self._included is None) == (self._excluded is None):
            raise self.options.error("include_fields", "and 'exclude_fields' exclude each other, and one of them is needed")

    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """The columns that stay."""
        self.require(self._included or self._excluded or (), input_schema)
        kept = self._included
        if kept is None:
            excluded = set(self._excluded or ())
            kept = tuple(name for name in input_schema.names if name not in excluded)
        if not kept:
            raise self.options.error("exclude_fields", "leaves no column")
        return select(map(identifier, kept), input_sql)
