"""The worker's DuckDB: one sandboxed in-memory instance, one cursor per thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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

_ASYNC_THREADS = 0
"""Threads beside those that run queries, to read files ahead and decode them. The default is eight, which wake each other 3,000
times a second and cost a tenth of what it takes to read JSON lines."""


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What the engine may take. ``spill``: the directory for what does not fit into ``memory`` bytes, which may hold
    ``spill_bytes``; None: what does not fit fails."""

    memory: int = 1 << 30
    threads: int = 1
    spill: Path | None = None
    spill_bytes: int = 0


class Engine:
    """Opens the instance and locks it: SQL can write below ``directories``, read what is or lies below one of ``readable``, and
    reach no other file, network or extension."""

    def __init__(self, directories: Sequence[str], limits: EngineLimits | None = None, *, readable: Sequence[str] = ()) -> None:
        limits = limits or EngineLimits()
        self.connection = duckdb.connect(":memory:", config={"threads": limits.threads, "async_threads": _ASYNC_THREADS})
        allowed = ", ".join(literal(directory) for directory in (*directories, *readable))
        files = ", ".join(map(literal, readable))
        for setting in (
            f"memory_limit = {literal(f'{limits.memory}B')}",
            f"temp_directory = {literal(str(limits.spill or ''))}",
            f"max_temp_directory_size = {literal(f'{limits.spill_bytes}B')}",
            *MEANING,
            *CONFINED,
            "enable_external_file_cache = false",
            "parquet_metadata_cache = true",
            f"allowed_directories = [{allowed}]",
            f"allowed_paths = [{files}]",
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

    def columns_read(self, sql: str, input_schema: pa.Schema) -> frozenset[str]:
        """Which columns of :data:`INPUT` the engine would ask for to run ``sql``: all of them when its plan does not tell."""
        everything = frozenset(input_schema.names)
        with self._bound(input_schema) as cursor:
            rows = cursor.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
        scans: list[Any] = []
        for plan in json.loads(rows[0][1]):
            _collect_scans(plan, scans)
        if not scans:
            return everything
        read: set[str] = set()
        for projections in scans:
            read.update([projections] if isinstance(projections, str) else projections or everything)
        return frozenset(read) if read <= everything else everything

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


def _collect_scans(node: dict[str, Any], found: list[Any]) -> None:
    if "ARROW_SCAN" in str(node.get("name", "")).upper():
        found.append(node.get("extra_info", {}).get("Projections"))
    for child in node.get("children", ()):
        _collect_scans(child, found)
