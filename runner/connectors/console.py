"""Console: rows as lines of the execution's log, level ``output``."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pyarrow as pa

from runner.connectors.base import Part, PartLimit, PluginContext, Sink
from runner.connectors.options import Options
from runner.connectors.row_text import row_text
from runner.dataset.arrow_types import field_type_of

FLUSH_SECONDS = 0.5
"""How long a row may take to appear while the input trickles."""


class ConsoleSink(Sink):
    """``log.print.data`` false: rows are only counted. ``log.print.delay.ms`` waits after each row."""

    part_limit = PartLimit(seconds=FLUSH_SECONDS)

    def __init__(self, context: PluginContext, schema: pa.Schema) -> None:
        super().__init__(context, schema)
        options = Options(context.plugin.options, context.plugin.name)
        self._print = options.boolean("log.print.data", default=True)
        self._delay = options.integer("log.print.delay.ms", default=0, minimum=0) / 1000
        self._rows = 0
        if self._print:
            types = ", ".join(f"{field.name}<{field_type_of(field.type)}>" for field in schema)
            context.log.write("info", f"output rowType: {types}", plugin=context.plugin.id)

    def write(self, part: Part) -> int:
        """One line per row."""
        if not self._print:
            return sum(batch.num_rows for batch in part.batches())
        rows = 0
        for batch in part.query(f'SELECT {row_text(self.schema)} FROM "rows"'):  # noqa: S608 - quoted identifiers
            self._write_lines([str(text) for text in batch.column(0).to_pylist()])
            rows += batch.num_rows
        return rows

    def _write_lines(self, texts: Sequence[str]) -> None:
        worker, log, plugin = self.context.worker, self.context.log, self.context.plugin.id
        lines = [
            f"subtaskIndex={worker}  rowIndex={number}:  SeaTunnelRow#tableId= SeaTunnelRow#kind=INSERT : {text}"
            for number, text in enumerate(texts, self._rows + 1)
        ]
        self._rows += len(lines)
        if not self._delay:
            log.output(lines, plugin=plugin)
            return
        for line in lines:
            log.output([line], plugin=plugin)
            time.sleep(self._delay)
