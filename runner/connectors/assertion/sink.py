"""Assert: fails the job when rows break rules, or when there are too few or too many of them.

Rules are checked by SQL, a part at a time. The number of rows is part of every checkpoint, so a restored job counts on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from runner.connectors.assertion.rules import RowRule, RuleType, field_rules, row_rules
from runner.connectors.base import (
    FinishedSegment,
    Part,
    PartLimit,
    PluginContext,
    PluginError,
    Sink,
    SinkCheckpoint,
    SinkSegment,
)
from runner.connectors.options import Options
from runner.connectors.refusal import Refusal
from runner.connectors.row_text import row_text
from runner.dataset.rejected import RejectionKind
from runner.model import CheckpointKind

CHECK_SECONDS = 1.0


class AssertionFailed(PluginError):
    """A rule does not hold."""

    code = "assert"


class AssertSink(Sink):
    """Counts and checks rows; writes nothing."""

    maximum_workers = 1
    part_limit = PartLimit(seconds=CHECK_SECONDS)

    def __init__(self, context: PluginContext, schema: pa.Schema) -> None:
        super().__init__(context, schema)
        options = Options(context.plugin.options, context.plugin.name)
        mapping = options.mapping("rules")
        if not mapping:
            raise options.error("rules", "is empty: add row_rules or field_rules")
        rules = Options(mapping, context.plugin.name)
        rules.refuse("catalog_table_rule", "tables are not described yet")
        rules.refuse("table-names", "tables have no names yet")
        rules.refuse("tables_configs", "tables have no names yet")
        self._row_rules = row_rules(rules)
        self._field_rules = field_rules(rules, schema)
        self._rows = 0

    def restore(self, states: Sequence[dict[str, Any]]) -> None:
        """Count on from the restore point."""
        self._rows = sum(int(state["rows"]) for state in states)

    def refusals(self) -> Sequence[Refusal]:
        """Rows that break a rule on values; those on the number of rows are about the others then."""
        return [Refusal(RejectionKind.RULE, f"the rule {rule.words} does not hold", rule.broken) for rule in self._field_rules]

    def write(self, part: Part) -> int:
        """Check every row of the part."""
        rows = self._check(part) if self._field_rules else sum(batch.num_rows for batch in part.batches())
        self._rows += rows
        self._check_count(RuleType.MAX_ROW)
        return rows

    def _check(self, part: Part) -> int:
        columns = ["count(*)"]
        for rule in self._field_rules:
            columns.append(f"count(*) FILTER (WHERE {rule.broken})")
            columns.append(f"first({row_text(self.schema)}) FILTER (WHERE {rule.broken})")
        select = ", ".join(f"{column} AS c{number}" for number, column in enumerate(columns))
        batches = list(part.query(f'SELECT {select} FROM "rows"'))  # noqa: S608 - quoted identifiers
        values = [column[0].as_py() for column in batches[0].columns]
        for number, rule in enumerate(self._field_rules):
            broken, row = values[1 + 2 * number], values[2 + 2 * number]
            if broken:
                raise AssertionFailed(f"the rule {rule.words} does not hold for {broken} rows, the first: {row}")
        return int(values[0])

    def _check_count(self, kind: RuleType) -> None:
        for rule in self._row_rules:
            if rule.kind is kind and not _holds(rule, self._rows):
                raise AssertionFailed(f"the rule {kind} {rule.bound:g} does not hold: there are {self._rows} rows")

    def end_segment(self, kind: CheckpointKind) -> SinkSegment:
        """The count so far; at the end of the input it must be large enough."""
        if kind is CheckpointKind.FINAL:
            self._check_count(RuleType.MIN_ROW)
        return FinishedSegment(SinkCheckpoint(state={"rows": self._rows}))


def _holds(rule: RowRule, rows: int) -> bool:
    return rows >= rule.bound if rule.kind is RuleType.MIN_ROW else rows <= rule.bound
