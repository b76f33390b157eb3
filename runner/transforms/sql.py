"""Sql: one SELECT over one dataset, row by row. What the query means, :mod:`spec.sql` knows."""

from __future__ import annotations

import pyarrow as pa

from runner.connectors.base import PluginError
from runner.dataset.arrow_types import field_type_of
from runner.dataset.engine import Engine
from runner.transforms.base import Transform
from spec.job import PluginSpec
from spec.sql.dialect import Dialect
from spec.sql.errors import QueryError
from spec.sql.shape import check_plan


class SqlTransform(Transform):
    """``query``: any name in FROM means the input, as in SeaTunnel (``dual`` too)."""

    keeps_rows = False

    def __init__(self, plugin: PluginSpec) -> None:
        super().__init__(plugin)
        self._query = self.options.text("query")
        self._dialect: Dialect | None = None

    def install(self, engine: Engine) -> None:
        """Remember the engine: queries are parsed and typed by it."""
        self._dialect = Dialect(engine.connection)

    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """The query over its input as a common table expression. Raises PluginError or duckdb.Error."""
        if self._dialect is None:
            raise RuntimeError("install comes before compile")
        columns = [(field.name, field_type_of(field.type)) for field in input_schema]
        try:
            return self._dialect.translate(self._query, columns).over(input_sql)
        except QueryError as error:
            raise self._refused(error) from error

    def check(self, sql: str, input_schema: pa.Schema, engine: Engine) -> None:
        """Refuse what needs more than one row at a time."""
        try:
            check_plan(engine.operators(sql, input_schema))
        except QueryError as error:
            raise self._refused(error) from error

    def _refused(self, error: QueryError) -> PluginError:
        if error.at is None:
            return PluginError(error.message, hint=error.hint, code=error.code)
        before = self._query[: error.at[0]]
        where = f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))} of the query"
        return PluginError(f"{error.message} ({where})", hint=error.hint, code=error.code, position=where)
