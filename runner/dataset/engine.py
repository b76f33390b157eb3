"""The worker's DuckDB: one sandboxed in-memory instance, one cursor per thread."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from spec.sql.settings import CONFINED, MEANING
from spec.sql.text import literal

INPUT = "flowdeck_input"
"""The relation that a stage's query reads."""

PASS_THROUGH = f"SELECT * FROM {INPUT}"  # noqa: S608 - a constant
"""The query that changes nothing."""

MEMORY_LIMIT = "1GB"


class Engine:
    """Opens the instance and locks it: SQL can write below ``directories`` and reach no other file, network or extension."""

    def __init__(self, directories: Sequence[str], memory_limit: str = MEMORY_LIMIT) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        spill = Path(tempfile.gettempdir()) / f"flowdeck-spill-{os.getpid()}"
        allowed = ", ".join(literal(directory) for directory in directories)
        for setting in (
            f"memory_limit = {literal(memory_limit)}",
            f"temp_directory = {literal(str(spill))}",
            *MEANING,
            *CONFINED,
            f"allowed_directories = [{allowed}]",
            "enable_external_access = false",
        ):
            self.connection.execute(f"SET {setting}")

    def lock(self) -> None:
        """No setting can change from here on."""
        self.connection.execute("SET lock_configuration = true")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection to the instance for one thread."""
        return self.connection.cursor()

    def bind(self, sql: str, input_schema: pa.Schema) -> pa.Schema:
        """The columns of ``sql`` when :data:`INPUT` has ``input_schema``. Raises duckdb.Error as the query would."""
        with self._bound(input_schema) as cursor:
            bound: pa.Table = cursor.sql(sql).to_arrow_table()
            return bound.schema

    def columns(self, sql: str, input_schema: pa.Schema) -> list[tuple[str, Any]]:
        """The names of the columns of ``sql`` with the engine's own types (DuckDBPyType). Raises duckdb.Error."""
        with self._bound(input_schema) as cursor:
            relation = cursor.sql(sql)
            return list(zip(relation.columns, relation.types, strict=True))

    def operators(self, sql: str, input_schema: pa.Schema) -> set[str]:
        """The names of the physical operators that would run ``sql``."""
        with self._bound(input_schema) as cursor:
            rows = cursor.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
        found: set[str] = set()
        for plan in json.loads(rows[0][1]):
            _collect(plan, found)
        return found

    @contextmanager
    def _bound(self, input_schema: pa.Schema) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self.cursor()
        cursor.register(INPUT, input_schema.empty_table())
        try:
            yield cursor
        finally:
            cursor.unregister(INPUT)
            cursor.close()


def _collect(node: dict[str, Any], found: set[str]) -> None:
    found.add(str(node.get("name", "")).strip().upper())
    for child in node.get("children", ()):
        _collect(child, found)
