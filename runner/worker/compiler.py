"""Compiles a stage's chain of transforms to one nested query, binding it against the real columns of its input."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from runner.connectors.base import PluginError
from runner.dataset.engine import PASS_THROUGH, Engine
from runner.transforms.base import Transform
from runner.transforms.registry import create_transform
from runner.worker.failure import blame, sql_message
from runner.worker.stage import StageQuery
from runner.worker.verdicts import Step
from spec.job import PluginSpec
from spec.sql.types import canonical_query


class SqlError(PluginError):
    """The SQL of a transform does not fit its input."""

    code = "sql"


class Compiler:
    """Holds the job's transforms and the engine they are bound in."""

    def __init__(self, transforms: Sequence[PluginSpec], engine: Engine) -> None:
        self.engine = engine
        self._transforms: dict[str, Transform] = {}
        for plugin in transforms:
            with blame(plugin.id):
                transform = create_transform(plugin)
                transform.install(engine)
            self._transforms[plugin.id] = transform

    def keeps_rows(self, plugin: PluginSpec) -> bool:
        """Whether the transform lets every row through."""
        return self._transforms[plugin.id].keeps_rows and not plugin.error_policy.tolerates

    def compile(self, chain: Sequence[PluginSpec], input_schema: pa.Schema) -> StageQuery:
        """The query of ``chain`` over :data:`INPUT`. Raises StageError naming the transform that does not fit."""
        if not chain:
            return StageQuery(None, input_schema, input_schema)
        sql, schema = PASS_THROUGH, input_schema
        steps = []
        for plugin in chain:
            with blame(plugin.id):
                sql, schema = self._extend(self._transforms[plugin.id], sql, schema, input_schema)
            steps.append(Step(plugin.id, sql, plugin.error_policy.tolerates))
        return StageQuery(sql, input_schema, schema, tuple(steps))

    def _extend(self, transform: Transform, sql: str, schema: pa.Schema, input_schema: pa.Schema) -> tuple[str, pa.Schema]:
        try:
            compiled = transform.compile(sql, schema)
            columns = self.engine.columns(compiled, input_schema)
            self._refuse_duplicates(transform.plugin, [name for name, _ in columns])
            transform.check(compiled, input_schema, self.engine)
            compiled = canonical_query(compiled, columns)
            return compiled, self.engine.bind(compiled, input_schema)
        except duckdb.Error as error:
            name, problem = transform.plugin.name, sql_message(error)
            raise SqlError(f"{name}: {problem}", hint=f"the input has: {', '.join(schema.names)}") from error

    @staticmethod
    def _refuse_duplicates(plugin: PluginSpec, names: Sequence[str]) -> None:
        seen = set()
        for name in names:
            if name.casefold() in seen:
                raise SqlError(f"{plugin.name}: two columns of the result are called '{name}'")
            seen.add(name.casefold())
