"""Runs a chain of transforms over rows, in the real engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from runner.dataset.engine import INPUT, Engine
from runner.worker.compiler import Compiler
from spec.job import PluginKind, PluginSpec

Run = Callable[..., pa.Table]


@pytest.fixture
def run_chain() -> Run:
    """``run_chain(table, (name, options), ...)``: the result of the transforms, the first reading dataset ``input``."""

    def run(table: pa.Table, *steps: tuple[str, dict[str, Any]]) -> pa.Table:
        plugins = [
            PluginSpec(
                id=f"step{number}",
                kind=PluginKind.TRANSFORM,
                name=name,
                index=number,
                options=options,
                inputs=("input",) if number == 0 else (f"step{number - 1}",),
                output=f"step{number}",
            )
            for number, (name, options) in enumerate(steps)
        ]
        compiler = Compiler(plugins, Engine([]))
        query = compiler.compile(plugins, table.schema)
        compiler.engine.lock()
        cursor = compiler.engine.cursor()
        cursor.register(INPUT, table)
        result: pa.Table = cursor.sql(query.sql or "").to_arrow_table()
        assert result.schema == query.output_schema
        return result

    return run
